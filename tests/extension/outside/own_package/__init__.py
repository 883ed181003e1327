"""What somebody adds without touching the suite."""
