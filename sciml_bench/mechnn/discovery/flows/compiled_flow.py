"""The flow of fields that a table describes, and its derivatives, in compiled loops.

The innermost loops run over `LANES` rows, which take the same path: the compiler turns them into vector instructions.
"""

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float
from numba import njit

from sciml_bench.mechnn.discovery.flows.term_table import TermTable

LANES = 64
_FAST = {"contract", "reassoc", "nsz", "arcp"}


def compiled_flow(
    table: TermTable,
    method: tuple[np.ndarray, np.ndarray, np.ndarray],
    coefficients: Float[np.ndarray, "terms dim"],
    support: Bool[np.ndarray, "terms dim"] | None,
    states: Float[np.ndarray, "rows dim"],
    intervals: Float[np.ndarray, " rows"],
    n_steps: int,
    inputs: Float[np.ndarray, "rows ends dim_in"] | None,
) -> tuple[Float[np.ndarray, "rows dim"], Float[np.ndarray, "_ dim dim"], Float[np.ndarray, "_ dim unknowns"]]:
    """States after their interval, and the derivatives by the states and by the coefficients of a support.

    Args:
        table: of the candidate terms.
        method: stages, weights and nodes of an explicit Runge–Kutta method.
        coefficients: of the terms.
        support: which of them the derivatives are wanted by; None: no derivatives at all.
        states: at the beginning.
        intervals: of time.
        n_steps: per interval.
        inputs: at the beginning and the end of every interval.
    """
    rows, dim = states.shape
    acting = np.zeros((rows, 2, 0)) if inputs is None else inputs
    wanted = np.zeros((0, dim), bool) if support is None else support
    term, component = np.nonzero(wanted)
    n_derived = 0 if support is None else rows
    arrived = np.empty((rows, dim))
    by_state, by_coefficient = np.empty((n_derived, dim, dim)), np.empty((n_derived, dim, len(term)))
    stages, of_stages, nodes = method
    x, step, acting = (np.ascontiguousarray(given) for given in (states, intervals, acting))
    unknowns = np.stack([table.places[term], component], axis=1)
    rates, slopes = table.rates(coefficients), table.jacobian(coefficients)
    _flow(table.factors, table.multiples, table.angles, table.deviations, *rates, *slopes, unknowns,
          1 / table.sizes[term], stages, of_stages, nodes, x, step, acting, n_steps, arrived, by_state,
          by_coefficient)  # fmt: skip
    return arrived, by_state, by_coefficient


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _evaluate(factors, multiples, angles, variables, values):
    """All monomials, sines and cosines at some variables."""
    for place in range(len(factors)):
        first, second = factors[place]
        for lane in range(LANES):
            if first < 0:
                values[place, lane] = 1.0
            elif second < 0:
                values[place, lane] = variables[first, lane]
            else:
                values[place, lane] = values[first, lane] * values[second, lane]
    for wave in range(len(multiples)):
        place = len(factors) + 2 * wave
        for lane in range(LANES):
            angle = multiples[wave] * variables[angles[wave], lane]
            values[place, lane] = np.sin(angle)
            values[place + 1, lane] = np.cos(angle)


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _carry(stages, of_stages, nodes, factors, multiples, angles, deviations, rate_places, rate_weights, acting, n_steps,
           step, x, rates, variables, visited):  # fmt: skip
    """Runge–Kutta steps of the rows in the lanes; what every function is at every stage stays in `visited`."""
    dim, n_inputs = x.shape[0], acting.shape[1]
    for number in range(n_steps):
        for stage in range(len(nodes)):
            for component in range(dim):
                for lane in range(LANES):
                    variables[component, lane] = 0.0
                for before in range(stage):
                    weight = stages[stage, before]
                    if weight != 0.0:
                        for lane in range(LANES):
                            variables[component, lane] += weight * rates[before, component, lane]
                for lane in range(LANES):
                    moved = x[component, lane] + step[lane] * variables[component, lane]
                    variables[component, lane] = deviations[component] * moved
            share = (number + nodes[stage]) / n_steps
            for place in range(n_inputs):
                for lane in range(LANES):
                    between = (1.0 - share) * acting[0, place, lane] + share * acting[1, place, lane]
                    variables[dim + place, lane] = deviations[dim + place] * between
            values = visited[number * len(nodes) + stage]
            _evaluate(factors, multiples, angles, variables, values)
            rates[stage] = 0.0
            for entry in range(len(rate_places)):
                place, component = rate_places[entry]
                weight = rate_weights[entry]
                for lane in range(LANES):
                    rates[stage, component, lane] += weight * values[place, lane]
        for stage in range(len(nodes)):
            weight = of_stages[stage]
            if weight != 0.0:
                for component in range(dim):
                    for lane in range(LANES):
                        x[component, lane] += step[lane] * weight * rates[stage, component, lane]


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _differentiate(stages, of_stages, slope_places, slope_weights, unknowns, unknown_weights, n_steps, step, visited,
                   carry, slopes, moved, along, by_state, by_coefficient):  # fmt: skip
    """Derivatives of what the steps computed, from the last one backwards.

    A change of the rate at a stage is carried to the end of its step by a matrix, and from there by that of the later
    steps, so that all coefficients share what is carried.
    """
    dim, n_stages = by_state.shape[0], len(of_stages)
    by_coefficient[:] = 0.0
    by_state[:] = 0.0
    for one in range(dim):
        by_state[one, one] = 1.0
    for number in range(n_steps - 1, -1, -1):
        along[:] = 0.0
        for one in range(dim):
            along[one, one] = 1.0
        for stage in range(n_stages - 1, -1, -1):
            values = visited[number * n_stages + stage]
            carry[:] = 0.0
            for one in range(dim):
                carry[one, one] = of_stages[stage]
            for later in range(stage + 1, n_stages):
                weight = stages[later, stage]
                if weight != 0.0:
                    for one in range(dim):
                        for other in range(dim):
                            for lane in range(LANES):
                                carry[one, other, lane] += weight * moved[later, one, other, lane]
            slopes[:] = 0.0
            for entry in range(len(slope_places)):
                place, one, other = slope_places[entry]
                weight = slope_weights[entry]
                for lane in range(LANES):
                    slopes[one, other, lane] += weight * values[place, lane]
            for one in range(dim):
                for other in range(dim):
                    for lane in range(LANES):
                        moved[stage, one, other, lane] = 0.0
                    for inner in range(dim):
                        for lane in range(LANES):
                            moved[stage, one, other, lane] += carry[one, inner, lane] * slopes[inner, other, lane]
                    for lane in range(LANES):
                        moved[stage, one, other, lane] *= step[lane]
                        along[one, other, lane] += moved[stage, one, other, lane]
            # the slopes are no longer needed: what the stage adds to the end of the interval takes their place
            for one in range(dim):
                for other in range(dim):
                    for lane in range(LANES):
                        slopes[one, other, lane] = 0.0
                    for inner in range(dim):
                        for lane in range(LANES):
                            slopes[one, other, lane] += by_state[one, inner, lane] * carry[inner, other, lane]
            for unknown in range(len(unknowns)):
                place, component = unknowns[unknown]
                weight = unknown_weights[unknown]
                for one in range(dim):
                    for lane in range(LANES):
                        added = step[lane] * weight * slopes[one, component, lane] * values[place, lane]
                        by_coefficient[one, unknown, lane] += added
        for one in range(dim):
            for other in range(dim):
                for lane in range(LANES):
                    slopes[one, other, lane] = 0.0
                for inner in range(dim):
                    for lane in range(LANES):
                        slopes[one, other, lane] += by_state[one, inner, lane] * along[inner, other, lane]
        by_state[:] = slopes


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _flow(factors, multiples, angles, deviations, rate_places, rate_weights, slope_places, slope_weights, unknowns,
          unknown_weights, stages, of_stages, nodes, states, intervals, inputs, n_steps, arrived, by_state_of,
          by_coefficient_of):  # fmt: skip
    """Row after row, `LANES` at a time; the last ones are filled up with the last row."""
    n_rows, dim = states.shape
    n_inputs, n_functions, n_stages = inputs.shape[2], len(factors) + 2 * len(multiples), len(nodes)
    visited = np.empty((n_steps * n_stages, n_functions, LANES))
    x, step, acting = np.empty((dim, LANES)), np.empty(LANES), np.empty((2, n_inputs, LANES))
    rates, variables = np.empty((n_stages, dim, LANES)), np.empty((dim + n_inputs, LANES))
    carry, slopes, along = np.empty((dim, dim, LANES)), np.empty((dim, dim, LANES)), np.empty((dim, dim, LANES))
    moved, by_state = np.empty((n_stages, dim, dim, LANES)), np.empty((dim, dim, LANES))
    by_coefficient = np.empty((dim, len(unknowns), LANES))
    for first in range(0, n_rows, LANES):
        for lane in range(LANES):
            row = min(first + lane, n_rows - 1)
            step[lane] = intervals[row] / n_steps
            for component in range(dim):
                x[component, lane] = states[row, component]
            for place in range(n_inputs):
                acting[0, place, lane], acting[1, place, lane] = inputs[row, 0, place], inputs[row, 1, place]
        _carry(stages, of_stages, nodes, factors, multiples, angles, deviations, rate_places, rate_weights, acting,
               n_steps, step, x, rates, variables, visited)  # fmt: skip
        n_lanes = min(LANES, n_rows - first)
        for lane in range(n_lanes):
            for component in range(dim):
                arrived[first + lane, component] = x[component, lane]
        if len(by_state_of) == 0:
            continue
        _differentiate(stages, of_stages, slope_places, slope_weights, unknowns, unknown_weights, n_steps, step,
                       visited, carry, slopes, moved, along, by_state, by_coefficient)  # fmt: skip
        for lane in range(n_lanes):
            for one in range(dim):
                for other in range(dim):
                    by_state_of[first + lane, one, other] = by_state[one, other, lane]
                for unknown in range(len(unknowns)):
                    by_coefficient_of[first + lane, one, unknown] = by_coefficient[one, unknown, lane]
