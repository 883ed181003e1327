"""Look at finished runs: read their folders, compare methods in a table and in figures.

Only files are read, so that a report needs neither torch nor the code that made the runs.
"""
