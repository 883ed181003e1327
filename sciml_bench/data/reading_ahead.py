"""What comes next is read while somebody works on what was read before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")


def ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """The same parts, each made in a thread of its own while the one before it is used; two are held at a time.

    An error in that thread is raised where its part would have come.

    Args:
        parts: made as they are asked for.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading-ahead") as executor:
        waiting = executor.submit(next, parts, None)
        while (part := waiting.result()) is not None:
            waiting = executor.submit(next, parts, None)
            yield part
            del part  # or three would be held
