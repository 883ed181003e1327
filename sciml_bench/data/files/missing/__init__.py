"""Values that are missing from files: in memory, and in what stays on disk."""
