"""Metastable states of a learned operator along trajectories, how often they are visited and how long passages take."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from sciml_bench.core.checks import require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import iterate_blocks, read_block
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman.kinetics.cores import core_memberships, entries, farthest_components, in_cores
from sciml_bench.koopman.kinetics.memberships import Memberships, metastable_memberships
from sciml_bench.koopman.kinetics.passages import committor, mean_first_passage_time
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.koopman.operator.self_adjoint import GENERATOR

_CORES = "give a share of at least 0.5 and below 1"
_IMAGINARY = 1e-8
"""Parts of eigenvalues below which they are real."""

STEPS, BIASED_STEPS, RATES = "steps", "biased_steps", "rates"

HALF_WAY = 0.1
"""From one half, within which the committor of a transition state lies."""


@dataclass(frozen=True, eq=False)
class Kinetics:
    """What was found, in the record's unit of time.

    Args:
        eigenvalues: of all functions over one lag, by decreasing modulus.
        timescales: of the slow ones, without the constant.
        memberships: the map from slow eigenfunctions to the states, which are ordered by their population.
        representatives: the purest state of the trajectories in each.
        centres: the mean of the rows in the core of each, by their weights.
        populations: mean memberships over the rows, each counted by its weight where they have some.
        overlap: the largest amount by which a membership leaves 0 … 1: large where the states are not metastable.
        core_memberships: least membership of a row in the core of each state.
        in_core: share of the rows in the core of each state, each counted by its weight.
        entries: how often trajectories come into each core from another one.
        farthest_components: the component of each representative that lies farthest from its mean.
        farthest_deviations: how far, in standard deviations: a state of odd rows lies far out.
        passage_times: mean first-passage time from the core of the row's state to that of the column's; 0 on the
            diagonal.
        passages_from: what passages were found from: the `steps` of the rows; `biased_steps`, of a dynamics with a
            bias, whose times these are then, of rows that count alike; or the `rates` of a generator between the states
            as wholes, which a bias does not change, without intervals and committor (they are not numbers).
        passage_times_lower: lower ends of their 95 % intervals by bootstrap.
        passage_times_upper: upper ends.
        slow_coordinates: the slow eigenfunctions at every row, without the constant.
        row_memberships: the memberships of every row.
        row_weights: how much every row counts.
        committor_ends: the states from which and to which the committor leads.
        committor: of every row, the probability of reaching the core of the second before that of the first.
        committor_lower: lower ends of its 95 % intervals by bootstrap.
        committor_upper: upper ends.
        in_transition: share of the rows whose committor is within `HALF_WAY` of one half, each counted by its weight.
        transition_state: mean of these rows, by their weights; not a number where there is none.
    """

    eigenvalues: Complex[np.ndarray, " modes"]
    timescales: Float[np.ndarray, " slow"]
    memberships: Memberships
    representatives: Float[np.ndarray, "states *state"]
    populations: Float[np.ndarray, " states"]
    centres: Float[np.ndarray, "states *state"]
    overlap: float
    core_memberships: Float[np.ndarray, " states"]
    in_core: Float[np.ndarray, " states"]
    entries: Int[np.ndarray, " states"]
    farthest_components: Int[np.ndarray, " states"]
    farthest_deviations: Float[np.ndarray, " states"]
    passages_from: str
    passage_times: Float[np.ndarray, "states states"]
    passage_times_lower: Float[np.ndarray, "states states"]
    passage_times_upper: Float[np.ndarray, "states states"]
    slow_coordinates: Float[np.ndarray, "rows slow"]
    row_memberships: Float[np.ndarray, "rows states"]
    row_weights: Float[np.ndarray, " rows"]
    committor_ends: tuple[int, int]
    committor: Float[np.ndarray, " rows"]
    committor_lower: Float[np.ndarray, " rows"]
    committor_upper: Float[np.ndarray, " rows"]
    in_transition: float
    transition_state: Float[np.ndarray, "*state"]

    def as_arrays(self) -> Mapping[str, np.ndarray]:
        """By name, for a file or a picture."""
        named = {name: np.asarray(value) for name, value in vars(self).items() if name != "memberships"}
        return {**named, "corners": self.memberships.corners, "membership_transform": self.memberships.transform}


def kinetics_of(
    learned: KoopmanModel,
    trajectories: Trajectories,
    n_states: int | None = None,
    *,
    core: float | int = 0.9,
    ends: tuple[int, int] = (0, 1),
    n_bootstrap: int = 100,
    seed: int = 0,
) -> Kinetics:
    """Metastable states, their populations and mean first-passage times, from the slow eigenfunctions.

    The Galerkin equations have the features f of the model, at its lag. Cores leave out the rows between the states,
    where a path may turn back: a passage ends in a core.

    Args:
        learned: an operator with real slow eigenvalues, such as of `training=nested_lora_reversible`.
        trajectories: in the user's units; pairs do not cross their gaps.
        n_states: metastable states; None for as many as lie before the largest gap of the timescales.
        core: least membership of the rows in the core of a state, as a share of what half of its rows reach.
        ends: states between which the committor is computed, counted from 0 by their population.
        n_bootstrap: samples behind the intervals, over trajectories, or over about twenty blocks of fewer.
        seed: of the samples.

    Raises:
        ConfigurationError: fewer than two states, more than there are functions, or a core that is no share.
        DataError: the slow eigenvalues are complex, nothing is slow, or a core is never visited.
    """
    if require_number("core", core, _CORES) >= 1 or core < 0.5:
        raise ConfigurationError(f"core={core}: {_CORES}")
    eigenvalues, constant, spec = learned.eigenvalues(), learned.constant_mode(), learned.spec
    others = np.arange(len(eigenvalues)) if constant is None else np.delete(np.arange(len(eigenvalues)), constant)
    n_states = _number_of_states(eigenvalues[others], spec.lag_time, spec.time_unit) if n_states is None else n_states
    require_integer("states", n_states, 2, "between fewer than two there are no passages; give 2 or more")
    if n_states > len(others) + 1:
        found = len(others) + 1
        raise ConfigurationError(f"states={n_states}: the operator has {found} eigenfunctions; ask for fewer")
    if len(set(ends)) != 2 or not set(ends) <= set(range(n_states)):
        shown = ",".join(str(end + 1) for end in ends)
        raise ConfigurationError(f"committor={shown}: give two different states of 1 to {n_states}")
    slow = others[: n_states - 1]
    if not _decay(eigenvalues[slow]).all():
        fewer = "ask for fewer, or " if n_states > 2 else ""
        raise DataError(
            f"the {n_states} slowest eigenvalues are not all real and positive, so these are no metastable states; "
            f"{fewer}"
            "where time may run backwards as well, learn with training=nested_lora_reversible"
        )
    pieces = trajectories.between_gaps(spec.lag + 1)
    if max(pieces.lengths) <= spec.lag:
        raise DataError(f"no trajectory has more than {spec.lag} rows without a gap; give longer ones")
    features, functions = [], []
    for states in pieces.states:
        blocks = [block for _, block in iterate_blocks(states)]
        features.append(_with_constant(np.concatenate([learned.f(block) for block in blocks])))
        functions.append(np.concatenate([np.real(learned.eigenfunctions(block)[:, slow]) for block in blocks]))
    together = np.concatenate(functions)
    together = np.column_stack([np.ones(len(together)), together])
    counts = None if pieces.weights is None else np.concatenate(pieces.weights)
    counting = np.arange(len(together)) if counts is None else np.flatnonzero(counts)  # nothing was learned from others
    found = metastable_memberships(together[counting])
    found = Memberships(counting[found.corners], found.transform)
    order = np.argsort(-np.average(found.of(together), axis=0, weights=counts), kind="stable")
    found = Memberships(found.corners[order], found.transform[:, order])
    degrees = found.of(together)
    least_degrees = core_memberships(degrees, core, counts)
    cores, starts = in_cores(degrees, least_degrees), np.cumsum([0, *map(len, functions)]).tolist()
    if not cores[counting].any(axis=0).all():
        raise DataError(f"core={core}: no row is in the core of a state; take a smaller core or fewer states")
    source_of_passages = _source_of_passages(learned, pieces)
    times, lower, upper = (np.zeros((n_states, n_states)) for _ in range(3))
    rows = np.concatenate(features)
    # weights of a bias would give neither the times of the dynamics with it nor those without
    alike = source_of_passages == BIASED_STEPS
    counted, counted_parts = (None, None) if alike else (counts, pieces.weights)
    sampling: dict[str, Any] = {"n_bootstrap": n_bootstrap, "seed": seed, "weights": counted_parts}
    if source_of_passages == RATES:
        rates = np.concatenate([[0.0], np.log(np.real(eigenvalues[slow])) / spec.lag_time])
        times = _times_between_wholes(np.linalg.solve(found.transform, rates[:, None] * found.transform))
        lower[:], upper[:] = np.nan, np.nan
    for target in range(n_states) if source_of_passages != RATES else ():
        inside = [cores[first:last, target] for first, last in pairwise(starts)]
        time_step = spec.time_step
        passage = mean_first_passage_time(features, inside, spec.lag, time_step=time_step, **sampling)
        for source in set(range(n_states)) - {target}:
            core_of = cores[:, source]
            mean = passage.mean_over(rows[core_of], weights=None if counted is None else counted[core_of])
            times[source, target], lower[source, target], upper[source, target] = mean
    away, toward = ([cores[first:last, end] for first, last in pairwise(starts)] for end in ends)
    target, source = cores[:, ends[1]], cores[:, ends[0]]
    probability = least = most = target.astype(float)
    if source_of_passages == RATES:
        probability = least = most = np.where(target | source, probability, np.nan)
    elif not (target | source).all():  # some rows lie between
        between = committor(features, away, toward, spec.lag, **sampling)
        probability, (least, most) = between.of(rows, target, source), between.interval_of(rows, target, source)
    row_weights = np.ones(len(degrees)) if counts is None else counts
    crossing = row_weights * (np.abs(probability - 0.5) < HALF_WAY)
    representatives = _rows_of(pieces, found.corners, starts)
    centres = np.stack([_mean_of(pieces, row_weights * inside, starts) for inside in cores.T])
    components, deviations = farthest_components(pieces, representatives)
    return Kinetics(
        eigenvalues=eigenvalues,
        timescales=learned.implied_timescales()[slow],
        memberships=found,
        representatives=representatives,
        centres=centres,
        passages_from=source_of_passages,
        populations=np.average(degrees, axis=0, weights=counts),
        overlap=float(max(-degrees.min(), degrees.max() - 1, 0.0)),
        core_memberships=least_degrees,
        entries=entries(cores, starts),
        farthest_components=components,
        farthest_deviations=deviations,
        in_core=np.average(cores, axis=0, weights=counts),
        passage_times=times,
        passage_times_lower=lower,
        passage_times_upper=upper,
        slow_coordinates=together[:, 1:],
        row_memberships=degrees,
        row_weights=row_weights,
        committor_ends=ends,
        committor=probability,
        committor_lower=least,
        committor_upper=most,
        in_transition=float(crossing.sum() / row_weights.sum()),
        transition_state=_mean_of(pieces, crossing, starts),
    )


def _source_of_passages(learned: KoopmanModel, pieces: Trajectories) -> str:
    """See `Kinetics.passages_from`."""
    if not pieces.facts.get("biased", False):
        return STEPS
    return RATES if learned.operator.method == GENERATOR else BIASED_STEPS


def _times_between_wholes(rates: Float[np.ndarray, "states states"]) -> Float[np.ndarray, "states states"]:
    """Mean first-passage times of a jump process; the memberships χ = ψ A of functions ψ with L ψ = ψ Λ evolve by
    L χ = χ A⁻¹ Λ A (Kube and Weber, J. Chem. Phys. 126, 024103, 2007).

    Args:
        rates: A⁻¹ Λ A, from the state of the row to that of the column.
    """
    times = np.zeros_like(rates)
    for target in range(len(rates)):
        rest = np.delete(np.arange(len(rates)), target)
        times[rest, target] = np.linalg.solve(rates[np.ix_(rest, rest)], -np.ones(len(rest)))
    return times


def _decay(eigenvalues: np.ndarray) -> Bool[np.ndarray, " modes"]:
    """Which belong to something that decays without turning back."""
    return (np.abs(np.imag(eigenvalues)) < _IMAGINARY) & (np.real(eigenvalues) > 0)


def _with_constant(features: Float[np.ndarray, "time _"]) -> Float[np.ndarray, "time _"]:
    """Features with the constant, which an operator may have added to those of its model."""
    there = (features == 1).all(axis=0).any()
    return features if there else np.column_stack([np.ones(len(features)), features])


def _number_of_states(eigenvalues: np.ndarray, lag_time: float | int, unit: str) -> int:
    """As many as lie before the largest gap of the logarithms of the timescales that are longer than the lag.

    Args:
        eigenvalues: without that of the constant.
        lag_time: between two states of a pair, for what is told where there are none.
        unit: of it.
    """
    real = _decay(eigenvalues)
    count = int(np.argmin(real)) if not real.all() else len(eigenvalues)
    decay = -np.log(np.clip(np.abs(eigenvalues), np.finfo(float).tiny, 1 - 1e-12))
    slow = int((decay[:count] < 1).sum())  # a timescale is longer than the lag
    if slow < 1 and count < len(eigenvalues) and decay[count] < 1:
        period = 2 * np.pi / np.abs(np.angle(eigenvalues[count])) * lag_time
        raise DataError(
            f"the slowest eigenvalues are complex, as of an oscillation of the period {period:.4g} {unit}, so that no "
            "states are metastable; where time may run backwards as well, learn with training=nested_lora_reversible"
        )
    if slow < 1:
        raise DataError("no eigenfunction outlasts a lag, so that no states are metastable; learn with a shorter lag")
    after = decay[1 : count + 1]
    gaps = np.log(after / decay[: len(after)])[:slow]
    return 2 + (int(gaps.argmax()) if len(gaps) else 0)


def _mean_of(pieces: Trajectories, weights: Float[np.ndarray, " rows"], starts: list[int]) -> np.ndarray:
    """The weighted mean of the rows; not a number where none counts."""
    total = np.zeros(pieces.state_shape)
    for states, first in zip(pieces.states, starts, strict=False):
        for start, block in iterate_blocks(states):
            total += np.tensordot(weights[first + start : first + start + len(block)], block, axes=1)
    return total / weights.sum() if weights.any() else np.full_like(total, np.nan)


def _rows_of(pieces: Trajectories, rows: Int[np.ndarray, " states"], starts: list[int]) -> np.ndarray:
    found = []
    for row in rows.tolist():
        number = bisect_right(starts, row) - 1
        local = row - starts[number]
        found.append(read_block(pieces.states[number], local, local + 1)[0])
    return np.stack(found).astype(float)
