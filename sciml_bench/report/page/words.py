"""Names as words on the page."""


def title(name: str) -> str:
    """A name of a task, a method or a score as it is read; the name in the files stands beside its definition."""
    return name.replace("_", " ")
