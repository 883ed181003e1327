"""Runs of any kinds as one leaderboard: tasks, methods over seeds, intervals, ranks, costs, and what does not count."""

from sciml_bench.report.leaderboard.grouping import Entry, Leaderboard, Task, leaderboard_of

__all__ = ["Entry", "Leaderboard", "Task", "leaderboard_of"]
