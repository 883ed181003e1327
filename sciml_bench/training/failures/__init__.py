"""What is said where the command line, or a job of a sweep, failed."""
