"""Names as words on the page."""

from sciml_bench.report.leaderboard.plain_text import plain


def title(name: str) -> str:
    """A name of a task, a method or a score as it is read, but for what was typed; the name in the files stands beside its definition."""
    words, parenthesis, typed = plain(name).partition(" (")
    return words.replace("_", " ") + parenthesis + typed
