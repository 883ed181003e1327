"""Numbers as people read them: as many digits as are known, powers of ten spelled out."""

import math

from sciml_bench.report.aligned_table import MISSING
from sciml_bench.report.comparison import Estimate

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW_BLANK = "\u202f"
_MOST_DIGITS = 5


def number(value: float | None, digits: int = 3) -> str:
    """A number, such as 0.920, 3, 35 094, 8.04 × 10⁻⁷ or ∞.

    Args:
        value: None where it is not known.
        digits: that are significant.
    """
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value != 0 and not _is_plain(value):
        power = _power(value, digits)
        return f"{_signed(f'{value / 10.0**power:.{digits - 1}f}')} × 10{str(power).translate(_SUPERSCRIPTS)}"
    if abs(value) >= 1000 or value == int(value):
        return _signed(f"{value:,.0f}").replace(",", _NARROW_BLANK)
    decimals = max(0, digits - 1 - _power(value, digits))
    return _signed(f"{value:.{decimals}f}")


def measured(found: Estimate | None) -> str:
    """Mean ± standard deviation: the deviation with two digits, the mean as far as these reach."""
    if found is None:
        return MISSING
    mean, deviation = found.mean, found.standard_deviation
    if not deviation or not math.isfinite(mean) or not math.isfinite(deviation):
        return number(mean)
    power = 0 if _is_plain(mean) else _power(mean, 3)
    scale = 10.0**power
    decimals = max(0, 1 - _power(deviation / scale, 2))
    decimals = min(decimals, max(0, _MOST_DIGITS - 1 - _power(mean / scale, 3)) if mean else decimals)
    spread = f"{deviation / scale:.{decimals}f}"
    spread = f"{deviation / scale:.1g}" if float(spread) == 0 else spread
    text = f"{_signed(f'{mean / scale:.{decimals}f}')} ± {spread}"
    return f"({text}) × 10{str(power).translate(_SUPERSCRIPTS)}" if power else text


def placed(rank: float | None) -> str:
    """A rank, such as 1, 4.5 or 2.33."""
    return MISSING if rank is None else f"{rank:.3g}"


def _is_plain(value: float) -> bool:
    return value == 0 or 1e-3 <= abs(value) < 1e6


def _power(value: float, digits: int) -> int:
    """The exponent of a number when it is written with so many digits."""
    return int(f"{abs(value):.{digits - 1}e}".partition("e")[2])


def _signed(text: str) -> str:
    return text.replace("-", "−")
