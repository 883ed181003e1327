"""Components of a record that are no states: inputs, which act on the system from outside, and weights of the rows."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import iterate_blocks, mapped
from sciml_bench.data.trajectories import INTERPOLATIONS, LINEAR, Trajectories
from sciml_bench.data.transforms.components import chosen_components


def with_inputs(
    trajectories: Trajectories, components: Sequence[str | int] | str | int, interpolation: str = LINEAR
) -> Trajectories:
    """Vector states without some of their components, which become the inputs.

    Args:
        trajectories: any; what is no vector is taken for one.
        components: names or numbers of the inputs, each once.
        interpolation: how inputs go on from row to row, as in `Trajectories`.

    Raises:
        ConfigurationError: there is no such component, it is named twice, or no state is left; or rows may have
            missing values, which would leave out inputs that act between others.
    """
    given = [components] if isinstance(components, str | int) else list(components)
    if trajectories.masked:
        raise ConfigurationError(
            f"data.missing=mask: data.inputs={given} act in every row, also where a state is missing; use "
            "data.missing=interpolate or data.missing=split."
        )
    acting = chosen_components(trajectories, given, "data.inputs")
    return _without(trajectories, acting.named_components, f"data.inputs={given}").unchecked(
        inputs=tuple(mapped(part, lambda rows: rows.astype(np.float64)) for part in acting.states),
        input_names=acting.named_components,
        input_interpolation=require_choice("data.input_interpolation", interpolation, INTERPOLATIONS),
    )


def with_weights(
    trajectories: Trajectories, component: str | int, thermal_energy: float | int | None = None
) -> Trajectories:
    """Vector states without one of their components, which tells how much every row counts.

    Args:
        trajectories: any; what is no vector is taken for one.
        component: name or number of the weights.
        thermal_energy: k_B T in the unit of that component, where it is the bias V of an enhanced simulation: a row
            counts exp(V/k_B T), as if it had been drawn without the bias.

    Raises:
        ConfigurationError: there is no such component, or no state is left.
        DataError: a weight is missing or negative, or all are 0.
    """
    chosen = chosen_components(trajectories, [component], "data.weights")
    weights = [np.concatenate([block[:, 0] for _, block in iterate_blocks(part)]) for part in chosen.states]
    weights = [part.astype(np.float64) for part in weights]
    if thermal_energy is not None:
        largest = max(part.max() for part in weights)
        weights = [np.exp((part - largest) / thermal_energy) for part in weights]
    if not all((part >= 0).all() for part in weights) or not any(part.any() for part in weights):
        raise DataError(
            f"data.weights={component}: give numbers of at least 0, not all 0, and none missing; of the bias of a "
            "simulation give also data.thermal_energy"
        )
    left = _without(trajectories, chosen.named_components, f"data.weights={component}")
    facts = left.facts if thermal_energy is None else {**left.facts, "biased": True}
    return left.unchecked(weights=tuple(weights), facts=facts)


def _without(trajectories: Trajectories, names: Sequence[str], said: str) -> Trajectories:
    """Vector states without some components."""
    kept = [name for name in trajectories.column_names if name not in names]
    if not kept:
        raise ConfigurationError(f"{said}: no state is left; choose some of {', '.join(trajectories.column_names)}.")
    return chosen_components(trajectories, kept)
