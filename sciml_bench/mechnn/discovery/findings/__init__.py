"""What is said about equations that were found: what they explain, and what a record conserves."""
