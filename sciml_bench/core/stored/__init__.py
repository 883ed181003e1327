"""What stays on disk: files written whole or not at all, run folders, and learned objects without pickles."""
