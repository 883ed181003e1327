"""Records that another package simulates."""
