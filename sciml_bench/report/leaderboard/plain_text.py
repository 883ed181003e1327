"""Text from a run folder, made fit to be shown: one line, of bounded length, with nothing that steers a terminal."""

import unicodedata
from typing import Any

LONGEST_NAME = 120
LONGEST_REASON = 600

_STEERING = {"Cc", "Cf", "Co", "Cs", "Cn"}
"""Categories of letters that are not seen but act: control, direction of writing, private, half pairs."""


def plain(value: Any, most: int = LONGEST_NAME) -> str:
    """A value as text of one line.

    Args:
        value: of a record, whatever it is.
        most: letters; the middle of a longer text is left out.
    """
    text = value if isinstance(value, str) else repr(value)
    text = " ".join("".join("�" if is_steering(letter) else letter for letter in text[: 4 * most]).split())
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-(most // 2 - 3) :]}"


def plain_lines(text: str) -> str:
    """A text of several lines without letters that steer."""
    return "".join("�" if is_steering(letter) else letter for letter in text)


def is_steering(letter: str) -> bool:
    """Whether a letter is not seen but acts; blanks and breaks of lines do not count."""
    return letter not in "\n\t\r " and unicodedata.category(letter) in _STEERING
