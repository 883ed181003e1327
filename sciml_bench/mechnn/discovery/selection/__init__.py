"""Which of the candidate terms are in the law."""
