"""The vocabulary every other room of the house shares: errors, array types, seeds, sampling, files."""
