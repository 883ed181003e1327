"""Whether what a method learns can do what a task asks, as far as annotations tell before it has learned."""

from typing import Any, get_type_hints

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.core.method import Method
from sciml_bench.core.stored.learned_file import Learned
from sciml_bench.suite.baselines.baseline import BaselineTraining


def require_ability(method: Method, ability: str) -> None:
    """Stop before a fit that could not be scored.

    Args:
        method: not fitted yet.
        ability: name of the method that what is learned must have, such as `forecast`.

    Raises:
        NotApplicableError: what is learned has none.
    """
    told = method.baseline.fit if isinstance(method, BaselineTraining) else type(method).learned
    learned = get_type_hints(told).get("return", Learned)
    if isinstance(learned, type) and learned not in (Learned, Any) and not hasattr(learned, ability):
        raise NotApplicableError(f"{learned.__name__} does not {ability}")
