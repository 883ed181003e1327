"""Components of a record that are no states but act on the system from outside: control inputs."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.lazy_states import mapped
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
    names = trajectories.column_names
    kept = [name for name in names if name not in acting.named_components]
    if not kept:
        raise ConfigurationError(f"data.inputs={given}: no state is left; choose some of {', '.join(names)}.")
    return chosen_components(trajectories, kept).unchecked(
        inputs=tuple(mapped(part, lambda rows: rows.astype(np.float64)) for part in acting.states),
        input_names=acting.named_components,
        input_interpolation=require_choice("data.input_interpolation", interpolation, INTERPOLATIONS),
    )
