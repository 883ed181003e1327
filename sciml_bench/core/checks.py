"""Checks of single values of a configuration, at the place where they enter.

A value from the command line may be of any type, so the constructors are typed for the reader and
the type checker (`ConfiguredInteger` is `int`), and these functions do the checking at run time with a message that
names the key as a person typed it.
"""

import math
from collections.abc import Collection
from numbers import Integral, Real
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard

from sciml_bench.core.errors import ConfigurationError

if TYPE_CHECKING:
    ConfiguredInteger = int
    ConfiguredNumber = float
    ConfiguredWord = str
    ConfiguredBoolean = bool
else:
    # Under pytest the annotations are enforced; a wrong type must reach our own message instead.
    ConfiguredInteger = Annotated[Any, int]
    ConfiguredNumber = Annotated[Any, float]
    ConfiguredWord = Annotated[Any, Any]  # require_choice tells the words
    ConfiguredBoolean = Annotated[Any, bool]


def is_integer(value: object, minimum: float | int = -math.inf) -> TypeGuard[int]:
    """Whether a value is a whole number, of Python or of NumPy, that is at least `minimum`; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= minimum


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite real number, of Python or of NumPy; True and False are none."""
    try:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def require_integer(key: str, value: object, minimum: int, remedy: str) -> int:
    """Return `value` as an int that is at least `minimum`.

    Args:
        key: the configuration key, such as "data.lag".
        value: what the configuration holds.
        minimum: smallest value allowed.
        remedy: what to write instead, as a sentence without a full stop.

    Raises:
        ConfigurationError: `value` is not an integer or too small.
    """
    if not is_integer(value, minimum):
        raise ConfigurationError(f"{key}={value}: {remedy}.")
    return int(value)


def require_number(key: str, value: object, remedy: str, *, positive: bool = True) -> float:
    """Return `value` as a finite float that is positive (or, with `positive=False`, not negative).

    Args:
        key: the configuration key, such as "data.time_step".
        value: what the configuration holds.
        remedy: what to write instead, as a sentence without a full stop.
        positive: whether zero is refused as well.

    Raises:
        ConfigurationError: `value` is not such a number.
    """
    if not is_number(value) or value < 0 or (positive and value == 0):
        raise ConfigurationError(f"{key}={value}: {remedy}.")
    return float(value)


def require_choice(key: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Raises:
        ConfigurationError: it is not; the message lists the choices.
    """
    if not isinstance(value, str) or value not in choices:
        raise ConfigurationError(f"{key}={value}: choose one of {', '.join(sorted(choices))}.")
    return value


def require_boolean(key: str, value: object) -> bool:
    """Return `value` if it is a truth value; `no` and `off` are words, which would count as true.

    Args:
        key: the configuration key, such as "force".
        value: what the configuration holds.

    Raises:
        ConfigurationError: `value` is neither true nor false.
    """
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key}={value}: give true or false.")
    return value
