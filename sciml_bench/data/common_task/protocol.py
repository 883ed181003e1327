"""What the Common Task Framework for Science asks: nine predictions and twelve scores, the same for every system.

Wyder et al., NeurIPS 2025 (datasets and benchmarks).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHORT, LONG, RECONSTRUCTED = "short", "long", "reconstructed"
FORECAST, RECONSTRUCTION = "forecast", "reconstruction"


@dataclass(frozen=True)
class File:
    """One training file, and how a look-alike of it is made.

    Args:
        number: n of X<n>train.mat.
        parameter: of the system's law.
        n_rows: how many.
        noise: its standard deviation, in the unit of the states.
        burn_in: rows that pass before the first one.
    """

    number: int
    parameter: float
    n_rows: int
    noise: float = 0.0
    burn_in: int = 0


@dataclass(frozen=True)
class Part:
    """One prediction.

    Args:
        files: to learn from; the last one is continued, or told without its noise.
        pair: number of the prediction in the protocol.
        asked: `forecast`, the rows that follow, or `reconstruction`, the rows without their noise.
        scores: kind by name, of E1 … E12.
    """

    files: tuple[File, ...]
    pair: int
    asked: str
    scores: Mapping[str, str]


def parts_of(files: Sequence[File]) -> Mapping[str, Part]:
    """The predictions that are asked for.

    Args:
        files: X1, clean; X2 and X3, noisy; X4, short; X5, short and noisy; X6 to X8, of three parameters; X9 and X10,
            short and of others.
    """
    clean, noisy, very_noisy, short, noisy_short, *family, between, beyond = files
    short_and_long = FORECAST, SHORT, LONG
    asked = (
        ("clean", (clean,), *short_and_long),
        ("noisy_reconstruction", (noisy,), RECONSTRUCTION, RECONSTRUCTED),
        ("noisy", (noisy,), FORECAST, LONG),
        ("very_noisy_reconstruction", (very_noisy,), RECONSTRUCTION, RECONSTRUCTED),
        ("very_noisy", (very_noisy,), FORECAST, LONG),
        ("clean_short", (short,), *short_and_long),
        ("noisy_short", (noisy_short,), *short_and_long),
        ("parameter_between", (*family, between), FORECAST, SHORT),
        ("parameter_beyond", (*family, beyond), FORECAST, SHORT),
    )
    parts, number = {}, 1
    for pair, (name, learned_from, what, *kinds) in enumerate(asked, start=1):
        scores = {f"e{number + place}": kind for place, kind in enumerate(kinds)}
        parts[name] = Part(tuple(learned_from), pair, what, scores)
        number += len(kinds)
    return parts
