"""A choice among the components of a record, by their names or numbers."""

from collections.abc import Sequence

import numpy as np

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import iterate_blocks
from sciml_bench.data.trajectories import Trajectories

MOST_NAMED = 20
"""Components that a message lists."""


def as_vectors(trajectories: Trajectories) -> Trajectories:
    """The same with vector states, whose components have the names of `Trajectories.column_names`; vectors as is."""
    return trajectories if len(trajectories.state_shape) == 1 else _as_columns(trajectories)


def as_components(trajectories: Trajectories) -> Trajectories:
    """The same with vector states of which every number is a component; also the points of a field on a grid."""
    vectors = as_vectors(trajectories)
    return _as_columns(vectors) if len(vectors.named_components) < vectors.state_shape[0] else vectors


def _as_columns(trajectories: Trajectories) -> Trajectories:
    flat = trajectories.mapped(lambda states: states.reshape(len(states), -1))
    names = trajectories.column_names
    facts = {name: fact for name, fact in trajectories.facts.items() if name not in ("grid", "axes", "body_names")}
    if (units := facts.get("component_units")) is not None:  # of the last axis, or of the only field
        facts["component_units"] = tuple(units) * (len(names) // len(units))
    return flat.unchecked(component_names=names, facts=facts, system=None)


def component_numbers(key: str, names: Sequence[str], components: Sequence[str | int] | int) -> list[int]:
    """The places of some components.

    Args:
        key: the configuration key, for the message.
        names: of all components.
        components: names, or numbers from 0, each once.

    Raises:
        ConfigurationError: there is no such component, it is named twice, or none is.
    """
    given = [components] if isinstance(components, str | int) else list(components)
    places = dict(zip(names, range(len(names)), strict=True))
    numbers = [places.get(each, each) if isinstance(each, str) else each for each in given]
    wrong = [each for each in numbers if not (is_integer(each, 0) and each < len(names))]
    if wrong or not numbers or len(set(numbers)) < len(numbers):
        shown = ", ".join(names[:MOST_NAMED]) + (f", … ({len(names)})" if len(names) > MOST_NAMED else "")
        raise ConfigurationError(f"{key}={given}: choose among {shown}, or their numbers from 0, each once.")
    return [int(number) for number in numbers]


def chosen_components(
    trajectories: Trajectories, components: Sequence[str | int], key: str = "components"
) -> Trajectories:
    """Vector states of some of the components, in the order in which they are named.

    Args:
        trajectories: any; what is no vector is taken for one.
        components: names or numbers, each once.
        key: the configuration key, for the message.

    Raises:
        ConfigurationError: there is no such component, or it is named twice.
    """
    vectors = as_components(trajectories)
    names = vectors.named_components
    columns = component_numbers(key, names, components)
    chosen = vectors.mapped(lambda states: states[:, columns])
    system = vectors.system if columns == list(range(len(names))) else None
    units = vectors.facts.get("component_units")
    facts = {name: fact for name, fact in vectors.facts.items() if name != "axes"}
    if units is not None:
        facts["component_units"] = tuple(units[column] for column in columns)
    if (areas := facts.get("cell_areas")) is not None:
        facts["cell_areas"] = areas.picked(columns)
    return chosen.unchecked(component_names=tuple(names[column] for column in columns), facts=facts, system=system)


def logarithmic(trajectories: Trajectories, columns: Sequence[int]) -> Trajectories:
    """Natural logarithms of some components, which are then called `log(name)`.

    Args:
        trajectories: vector states.
        columns: which components.

    Raises:
        DataError: values that are not positive, with the components and their number.
    """
    columns = list(columns)
    require_positive(trajectories, columns)

    def logarithms(states: np.ndarray) -> np.ndarray:
        taken = states.astype(np.float64)
        taken[:, columns] = np.log(taken[:, columns])
        return taken

    names = [f"log({name})" if n in columns else name for n, name in enumerate(trajectories.named_components)]
    facts = dict(trajectories.facts)
    if (units := facts.get("component_units")) is not None:  # a logarithm has none
        facts["component_units"] = tuple(None if n in columns else unit for n, unit in enumerate(units))
    return trajectories.mapped(logarithms).unchecked(component_names=tuple(names), facts=facts, system=None)


def require_positive(trajectories: Trajectories, columns: Sequence[int]) -> None:
    """Stop at values without a logarithm.

    Raises:
        DataError: with the components and the number of such values.
    """
    counts = np.zeros(len(columns), dtype=int)
    for states in trajectories.states:
        for _, block in iterate_blocks(states):
            counts += (block[:, list(columns)] <= 0).sum(axis=0)
    if counts.any():
        names = trajectories.named_components
        bad = [f"{names[column]}: {count}" for column, count in zip(columns, counts, strict=True) if count]
        more = f", … ({len(bad)} components)" if len(bad) > MOST_NAMED else ""
        fine = [names[column] for column, count in zip(columns, counts, strict=True) if not count]
        remedy = f"data.logarithm=[{','.join(fine)}]" if 0 < len(fine) <= MOST_NAMED else "data.logarithm=false"
        raise DataError(
            f"data.logarithm: values that are not positive have none ({', '.join(bad[:MOST_NAMED])}{more}); "
            f"use {remedy}, or shift them."
        )
