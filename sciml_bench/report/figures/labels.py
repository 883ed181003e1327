"""Labels of methods, made to fit beside a curve or above a panel."""

import re
import textwrap

MOST_LETTERS = 66


def wrapped(label: str, width: int = 26) -> str:
    """Break a label behind slashes, commas and underscores; of a very long one, the middle is left out.

    Args:
        label: as in the table.
        width: letters per line.
    """
    if len(label) <= width:
        return label
    if len(label) > MOST_LETTERS:
        half = (MOST_LETTERS - 1) // 2
        label = f"{label[:half]}…{label[-half:]}"
    # textwrap breaks at blanks only
    pieces = re.sub(r"(?<=[/,_…])", " ", label)
    lines = textwrap.wrap(pieces, width)
    return "\n".join(line.replace(" ", "") for line in lines)
