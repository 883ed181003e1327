"""What was learned of an operator: its spectrum and its functions."""
