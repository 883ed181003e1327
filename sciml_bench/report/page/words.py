"""Names as words on the page."""

from sciml_bench.report.leaderboard.grouping import Task
from sciml_bench.report.leaderboard.plain_text import plain


def title(name: str) -> str:
    """A name as it is read, but for what was typed in parentheses; that of the files stands beside its definition."""
    words, parenthesis, typed = plain(name).partition(" (")
    return words.replace("_", " ") + parenthesis + typed


def task_title(task: Task) -> str:
    """A task as its runs call it, otherwise its name as words."""
    return title(task.name) if task.title == task.name else task.title
