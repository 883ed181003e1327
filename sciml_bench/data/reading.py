"""What was read, in a line at the start of a run: `hare, lynx: 91 rows, every 1 year, 1 gap`."""

import logging
from collections.abc import Sequence

import numpy as np

from sciml_bench.data.regular_clock import whole_steps
from sciml_bench.data.trajectories import Trajectories

log = logging.getLogger(__name__)

SHOWN_NAMES = 6
SHOWN_TRAJECTORIES = 3
"""Of those that are left out."""


def described(trajectories: Trajectories) -> str:
    """Names, number of rows and clock of trajectories; nothing large is read.

    Args:
        trajectories: any.
    """
    lengths = trajectories.lengths
    rows = f"{sum(lengths)} rows" if len(lengths) == 1 else f"{len(lengths)} trajectories of {_between(lengths)} rows"
    if trajectories.weights:
        weights = np.concatenate(trajectories.weights)
        rows += f" (weighted, as many as {weights.sum() ** 2 / np.square(weights).sum():.4g} that count alike)"
    acting = f" with input {', '.join(trajectories.named_inputs)}" if trajectories.inputs else ""
    return ", ".join([f"{named(trajectories)}{acting}: {rows}", *_clock(trajectories)])


def named(trajectories: Trajectories) -> str:
    """The names of the components, the first of many; of a field over several axes also how many points each has."""
    names, shape = list(trajectories.named_components), trajectories.state_shape
    points = shape[:-1] if len(names) == shape[-1] > 1 else shape
    told = ", ".join(names if len(names) <= SHOWN_NAMES else [*names[: SHOWN_NAMES - 1], f"… ({len(names)})"])
    return told if len(points) < 2 else f"{told} ({' × '.join(map(str, points))})"


def tell_left_out(part: Trajectories, kept: Sequence[int], where: str) -> None:
    """A line that names the trajectories that are too short to count; none where all are kept.

    Args:
        part: all of them.
        kept: numbers of those that count.
        where: what the others are left out of, and what it needs.
    """
    lengths = part.lengths
    short = [number for number in range(len(lengths)) if number not in kept]
    if short:
        named = ", ".join(f"{part.name(number)} of {lengths[number]} rows" for number in short[:SHOWN_TRAJECTORIES])
        more = f" and {len(short) - SHOWN_TRAJECTORIES} others" if len(short) > SHOWN_TRAJECTORIES else ""
        log.info("left out of %s: %s%s", where, named, more)


def tell_short_pieces(part: Trajectories, kept: Sequence[tuple[int, slice]], where: str) -> None:
    """A line that counts the rows between gaps that are too few, and names trajectories that have no others.

    Args:
        part: all of them.
        kept: what counts, as from `spans_between_gaps`.
        where: what the others are left out of.
    """
    if n_rows := part.n_states - sum(span.stop - span.start for _, span in kept):
        gone = [part.name(number) for number in range(part.n_trajectories) if number not in dict(kept)]
        named = f", among them all of {', '.join(gone[:SHOWN_TRAJECTORIES])}" if gone else ""
        more = f" and {len(gone) - SHOWN_TRAJECTORIES} others" if len(gone) > SHOWN_TRAJECTORIES else ""
        log.info("left out of %s: %d rows in pieces between gaps that are too short%s%s", where, n_rows, named, more)


def _between(values: tuple[int, ...]) -> str:
    return str(values[0]) if min(values) == max(values) else f"{min(values)} to {max(values)}"


def _clock(trajectories: Trajectories) -> list[str]:
    step, unit = trajectories.time_step, trajectories.time_unit
    every = "every step" if unit == "step" and step == 1 else f"every {step:.6g} {unit}"
    if trajectories.is_regular:
        return [every]
    counts = [whole_steps(times, step) for times in trajectories.times or ()]
    if any(count is None for count in counts):
        intervals = np.concatenate([np.diff(times) for times in trajectories.times or ()])
        return [f"every {intervals.min():.6g} to {intervals.max():.6g} {unit}"]
    n_gaps = sum(int((count > 1).sum()) for count in counts if count is not None)
    return [every, f"{n_gaps} gap" + ("s" if n_gaps != 1 else "")]
