"""The least-squares problem of the block, factorised as M = Q R by plane rotations, row by row, in compiled loops.

M is banded (see `row_schedule`) except for the column of the slack, which is kept last. Rows enter in order; each is
rotated into the triangle R, where it fills at most the band, and the slack's column and the right side take part in
every rotation. Unlike a Cholesky factorisation of MᵀM this does not square the condition number, which for fourth and
fifth derivatives at small steps decides whether there are any digits left.

The innermost loop runs over `LANES` problems of the batch, which all take the same path: the compiler turns it into
vector instructions.

Layout: `triangle[chunk, row, offset, lane]` holds R[row, row + offset], and at offset bandwidth + 1 the slack's column;
the last row holds the slack alone. Unknowns are ordered (position of the step, state, order).
"""

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from numba import njit

from sciml_bench.mechnn.linear_ode.row_schedule import BACKWARD, CENTRAL, EQUATION, FORWARD, INITIAL, PERIODIC

LANES = 8
_FAST = {"contract", "reassoc", "nsz", "arcp"}


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _rotate_in(triangle, right, last_column, row, value, first, last, slack):
    """Rotate one row per lane into the triangle; what is left of it ends in the last row, which is the slack's.

    The row's entries are those of the columns `first` to `last`; `last_column` is that of every row of the triangle, -1
    where there is none yet.
    """
    n_unknowns, border = triangle.shape[0] - 1, triangle.shape[1] - 1
    cosine, sine = np.empty(LANES), np.empty(LANES)
    column = first
    while column <= last:
        if last_column[column] < 0:
            last_column[column] = last
            for offset in range(last - column + 1):
                for lane in range(LANES):
                    triangle[column, offset, lane] = row[offset, lane]
                    row[offset, lane] = 0.0
            for lane in range(LANES):
                triangle[column, border, lane] = slack[lane]
                right[column, lane] = value[lane]
            return
        last = max(last, last_column[column])
        last_column[column] = last
        for lane in range(LANES):
            upper, lower = triangle[column, 0, lane], row[0, lane]
            length = np.sqrt(upper * upper + lower * lower)
            inverse = 1.0 / length if length > 0.0 else 0.0
            cosine[lane] = upper * inverse if length > 0.0 else 1.0
            sine[lane] = lower * inverse
            triangle[column, 0, lane] = length
        for offset in range(1, last - column + 1):
            for lane in range(LANES):
                upper, lower = triangle[column, offset, lane], row[offset, lane]
                triangle[column, offset, lane] = cosine[lane] * upper + sine[lane] * lower
                row[offset - 1, lane] = cosine[lane] * lower - sine[lane] * upper
        for lane in range(LANES):
            upper, lower = triangle[column, border, lane], slack[lane]
            triangle[column, border, lane] = cosine[lane] * upper + sine[lane] * lower
            slack[lane] = cosine[lane] * lower - sine[lane] * upper
            upper, lower = right[column, lane], value[lane]
            right[column, lane] = cosine[lane] * upper + sine[lane] * lower
            value[lane] = cosine[lane] * lower - sine[lane] * upper
            row[last - column, lane] = 0.0
        column += 1
    for lane in range(LANES):
        upper, lower = triangle[n_unknowns, 0, lane], slack[lane]
        length = np.sqrt(upper * upper + lower * lower)
        inverse = 1.0 / length if length > 0.0 else 0.0
        triangle[n_unknowns, 0, lane] = length
        right[n_unknowns, lane] = (upper * right[n_unknowns, lane] + lower * value[lane]) * inverse


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _powers(step_sizes, batch, t, state, sign, powers):
    """(sign · h)^j of one interval, for every lane; the problems of a chunk are `batch`."""
    for lane in range(LANES):
        signed = sign * step_sizes[batch[lane], t, state]
        power = 1.0
        for j in range(powers.shape[0]):
            powers[j, lane] = power
            power *= signed


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def _members(chunk, coefficients, right_side, initial_values, step_sizes):
    """Which problem of each of the four arrays every lane holds; lanes beyond the last problem repeat it."""
    lanes = chunk * LANES + np.arange(LANES)
    return (
        np.minimum(lanes, coefficients.shape[0] - 1),
        np.minimum(lanes, right_side.shape[0] - 1),
        np.minimum(lanes, initial_values.shape[0] - 1),
        np.minimum(lanes, step_sizes.shape[0] - 1),
    )


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def factorize(
    coefficients, right_side, initial_values, step_sizes, position, kinds, steps, bandwidth, inverse_factorial
):
    """R, and Qᵀ times the right side.

    Args:
        coefficients: (batch or 1, equations, steps, states, order + 1).
        right_side: (batch or 1, equations, steps).
        initial_values: (batch or 1, initial steps, states, initial orders).
        step_sizes: (batch or 1, steps − 1, states).
        position: of the block of every step, as in `RowSchedule`.
        kinds: of the groups of rows.
        steps: of the groups of rows.
        bandwidth: largest distance of two unknowns in one row.
        inverse_factorial: 1/j!.

    Returns:
        `triangle (chunks, unknowns + 1, bandwidth + 2, lanes)`, `right (chunks, unknowns + 1, lanes)`.
    """
    n_equations, n_steps, n_states, n_orders = coefficients.shape[1:]
    order, width = n_orders - 1, n_states * n_orders
    batch = max(coefficients.shape[0], right_side.shape[0], initial_values.shape[0], step_sizes.shape[0])
    n_chunks, n_unknowns = (batch + LANES - 1) // LANES, n_steps * width
    triangle = np.zeros((n_chunks, n_unknowns + 1, bandwidth + 2, LANES))
    right = np.zeros((n_chunks, n_unknowns + 1, LANES))
    row, value, slack = np.zeros((bandwidth + 1, LANES)), np.empty(LANES), np.empty(LANES)
    powers, span = np.empty((n_orders, LANES)), np.empty(LANES)
    for chunk in range(n_chunks):
        last_column = np.full(n_unknowns, -1, np.int64)
        of_c, of_r, of_i, of_h = _members(chunk, coefficients, right_side, initial_values, step_sizes)
        target, value_of = triangle[chunk], right[chunk]
        for group in range(kinds.size):
            kind, t = kinds[group], steps[group]
            here = position[t] * width
            if kind == EQUATION:
                for equation in range(n_equations):
                    for state in range(n_states):
                        for j in range(n_orders):
                            for lane in range(LANES):
                                row[state * n_orders + j, lane] = coefficients[of_c[lane], equation, t, state, j]
                    for lane in range(LANES):
                        value[lane], slack[lane] = right_side[of_r[lane], equation, t], 0.0
                    _rotate_in(target, value_of, last_column, row, value, here, here + width - 1, slack)
            elif kind == INITIAL:
                for state in range(n_states):
                    for i in range(initial_values.shape[3]):
                        for lane in range(LANES):
                            row[0, lane], slack[lane] = 1.0, 0.0
                            value[lane] = initial_values[of_i[lane], t, state, i]
                        column = here + state * n_orders + i
                        _rotate_in(target, value_of, last_column, row, value, column, column, slack)
            elif kind == CENTRAL:
                before, after = position[t - 1] * width, position[t + 1] * width
                for state in range(n_states):
                    first = min(before, after, here) + state * n_orders + order - 1
                    if here < before and here < after:
                        first += 1
                    for lane in range(LANES):
                        span[lane] = step_sizes[of_h[lane], t - 1, state] + step_sizes[of_h[lane], t, state]
                        value[lane], slack[lane] = 0.0, 1.0
                        weight = span[lane] ** (order - 2)
                        row[before + state * n_orders + order - 1 - first, lane] = -weight
                        row[after + state * n_orders + order - 1 - first, lane] = weight
                        row[here + state * n_orders + order - first, lane] = -weight * span[lane]
                    last = max(max(before, after) + state * n_orders + order - 1, here + state * n_orders + order)
                    _rotate_in(target, value_of, last_column, row, value, first, last, slack)
            elif kind == PERIODIC:
                last = position[n_steps - 1] * width
                for k in range(width):
                    for lane in range(LANES):
                        row[0, lane] = 1.0
                        row[last - here, lane] = -1.0
                        value[lane], slack[lane] = 0.0, 0.0
                    _rotate_in(target, value_of, last_column, row, value, here + k, last + k, slack)
            else:
                sign = 1.0 if kind == FORWARD else -1.0
                from_, to = position[t] * width, position[t + 1] * width
                if kind == BACKWARD:
                    from_, to = to, from_
                for state in range(n_states):
                    _powers(step_sizes, of_h, t, state, sign, powers)
                    for i in range(order):
                        first = min(from_, to) + state * n_orders + i
                        for lane in range(LANES):
                            for j in range(i, n_orders):
                                column = from_ + state * n_orders + j - first
                                row[column, lane] = powers[j, lane] * inverse_factorial[j - i]
                            row[to + state * n_orders + i - first, lane] = -powers[i, lane]
                            value[lane], slack[lane] = 0.0, 1.0
                        last = max(from_ + state * n_orders + order, to + state * n_orders + i)
                        _rotate_in(target, value_of, last_column, row, value, first, last, slack)
    return triangle, right


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def substitute_back(triangle, right):
    """R⁻¹ right, in place; one triangle, or as many as chunks of right sides."""
    border = triangle.shape[2] - 1
    for chunk in range(right.shape[0]):
        factor, x = triangle[min(chunk, triangle.shape[0] - 1)], right[chunk]
        n = x.shape[0] - 1
        for lane in range(LANES):
            x[n, lane] /= factor[n, 0, lane]
        for i in range(n - 1, -1, -1):
            for lane in range(LANES):
                x[i, lane] -= factor[i, border, lane] * x[n, lane]
            for offset in range(1, min(border, n - i)):
                for lane in range(LANES):
                    x[i, lane] -= factor[i, offset, lane] * x[i + offset, lane]
            for lane in range(LANES):
                x[i, lane] /= factor[i, 0, lane]


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def substitute_forward(triangle, right):
    """R⁻ᵀ right, in place."""
    border = triangle.shape[2] - 1
    for chunk in range(right.shape[0]):
        factor, x = triangle[min(chunk, triangle.shape[0] - 1)], right[chunk]
        n = x.shape[0] - 1
        for i in range(n):
            for lane in range(LANES):
                x[i, lane] /= factor[i, 0, lane]
            for offset in range(1, min(border, n - i)):
                for lane in range(LANES):
                    x[i + offset, lane] -= factor[i, offset, lane] * x[i, lane]
            for lane in range(LANES):
                x[n, lane] -= factor[i, border, lane] * x[i, lane]
        for lane in range(LANES):
            x[n, lane] /= factor[n, 0, lane]


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def first_undetermined(triangle, tolerance):
    """The first unknown of every lane whose pivot is small against the norm of its column (of R, hence of M), or -1."""
    n_chunks, n_rows, n_offsets = triangle.shape[:3]
    found = np.full((n_chunks, LANES), -1)
    norms = np.empty((n_rows - 1, LANES))
    for chunk in range(n_chunks):
        factor = triangle[chunk]
        norms[:] = 0.0
        for i in range(n_rows - 1):
            for offset in range(min(n_offsets - 1, n_rows - 1 - i)):
                for lane in range(LANES):
                    norms[i + offset, lane] += factor[i, offset, lane] ** 2
        for i in range(n_rows - 2, -1, -1):
            for lane in range(LANES):
                if not factor[i, 0, lane] ** 2 > tolerance**2 * norms[i, lane]:
                    found[chunk, lane] = i
    return found
