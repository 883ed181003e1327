"""Whole numbers as options of a verb."""

import argparse


def whole_number(text: str, remedy: str = "give a whole number") -> int:
    """What argparse reads with, and tells of another value."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: {remedy}") from None


def steps(text: str) -> int:
    """A number of steps of a clock, which may go back."""
    return whole_number(text, "give a whole number of at least 1, or below 0 to go back")
