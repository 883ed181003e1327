"""What a search may change, in the words of Hydra's sweeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError


def divided(overrides: Sequence[Override]) -> tuple[list[str], dict[str, Any]]:
    """The overrides that all trials share, as typed, and the distributions of Optuna that the others stand for.

    Args:
        overrides: `interval(1e-4,1e-1)`, which `tag(log,…)` makes logarithmic and `int(…)` whole, `range(…)`, or
            choices with commas between them.

    Raises:
        ConfigurationError: there is nothing to choose.
    """
    fixed, space = [], {}
    for override in overrides:
        if override.is_sweep_override():
            space[override.get_key_element()] = _distribution(override)
        else:
            fixed.append(str(override.input_line))
    if not space:
        raise ConfigurationError(
            "hydra/sweeper=search: nothing is to be chosen; give intervals or choices, such as "
            "'training.learning_rate=tag(log,interval(1e-4,1e-1))' or model.n_modes=2,4,8"
        )
    return fixed, space


def as_overrides(parameters: Mapping[str, Any]) -> list[str]:
    """What a trial has chosen, as it would be typed."""
    return [f"{key}={value}" for key, value in parameters.items()]


def _distribution(override: Override) -> Any:
    from optuna import distributions

    sweep: Any = override.value()
    if isinstance(sweep, IntervalSweep):
        whole = is_integer(sweep.start) and is_integer(sweep.end)
        make: Any = distributions.IntDistribution if whole else distributions.FloatDistribution
        try:
            return make(sweep.start, sweep.end, log="log" in sweep.tags)
        except ValueError as error:
            raise ConfigurationError(f"{override.input_line}: {error}") from None
    if isinstance(sweep, RangeSweep) and all(is_integer(edge) for edge in (sweep.start, sweep.stop, sweep.step)):
        values = list(sweep.range())
        return distributions.IntDistribution(min(values), max(values), step=abs(int(sweep.step)))
    return distributions.CategoricalDistribution([str(value) for value in override.sweep_string_iterator()])
