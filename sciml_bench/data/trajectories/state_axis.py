"""An axis of a state, as a file names it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StateAxis:
    """What stands along an axis of a state.

    Args:
        name: such as latitude.
        positions: one for each entry, as numbers or labels; None where the file tells none.
    """

    name: str
    positions: tuple[float | int | str, ...] | None = None
