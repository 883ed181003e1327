"""Products with the rows M of the block and the gradient of its solution, in compiled loops over lanes.

Layout as in `band_kernel`: unknowns (chunks, unknowns + 1, lanes) in the order of the steps' positions, the slack last.
"""

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from numba import njit

from sciml_bench.mechnn.linear_ode.solvers.band_kernel import _FAST, LANES, _members, _powers


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def transposed_residual(coefficients, right_side, initial_values, step_sizes, position, central, periodic, factor, x):
    """Mᵀ (right side − M x).

    Args:
        coefficients: as in `band_kernel.factorize`.
        right_side: as there.
        initial_values: as there.
        step_sizes: as there.
        position: of the block of every step.
        central: whether there are central rows.
        periodic: whether there are periodic rows.
        factor: 1/j!.
        x: (chunks, unknowns + 1, lanes).
    """
    n_equations, n_steps, n_states, n_orders = coefficients.shape[1:]
    order, width = n_orders - 1, n_states * n_orders
    out = np.zeros(x.shape)
    rest, span, powers = np.empty(LANES), np.empty(LANES), np.empty((n_orders, LANES))
    for chunk in range(x.shape[0]):
        of_c, of_r, of_i, of_h = _members(chunk, coefficients, right_side, initial_values, step_sizes)
        u, o = x[chunk], out[chunk]
        end = u.shape[0] - 1
        for t in range(n_steps):
            here = position[t] * width
            for equation in range(n_equations):
                for lane in range(LANES):
                    rest[lane] = right_side[of_r[lane], equation, t]
                for state in range(n_states):
                    for j in range(n_orders):
                        for lane in range(LANES):
                            entry = coefficients[of_c[lane], equation, t, state, j]
                            rest[lane] -= entry * u[here + state * n_orders + j, lane]
                for state in range(n_states):
                    for j in range(n_orders):
                        for lane in range(LANES):
                            entry = coefficients[of_c[lane], equation, t, state, j]
                            o[here + state * n_orders + j, lane] += entry * rest[lane]
            if t < initial_values.shape[1]:
                for state in range(n_states):
                    for i in range(initial_values.shape[3]):
                        column = here + state * n_orders + i
                        for lane in range(LANES):
                            o[column, lane] += initial_values[of_i[lane], t, state, i] - u[column, lane]
            if t + 1 < n_steps:
                for backward in range(2):
                    from_, to = position[t + backward] * width, position[t + 1 - backward] * width
                    for state in range(n_states):
                        _powers(step_sizes, of_h, t, state, 1.0 - 2.0 * backward, powers)
                        a, b = from_ + state * n_orders, to + state * n_orders
                        for i in range(order):
                            for lane in range(LANES):
                                rest[lane] = powers[i, lane] * u[b + i, lane] - u[end, lane]
                            for j in range(i, n_orders):
                                for lane in range(LANES):
                                    rest[lane] -= powers[j, lane] * factor[j - i] * u[a + j, lane]
                            for j in range(i, n_orders):
                                for lane in range(LANES):
                                    o[a + j, lane] += powers[j, lane] * factor[j - i] * rest[lane]
                            for lane in range(LANES):
                                o[b + i, lane] -= powers[i, lane] * rest[lane]
                                o[end, lane] += rest[lane]
            if central and 0 < t < n_steps - 1:
                before, after = position[t - 1] * width, position[t + 1] * width
                for state in range(n_states):
                    k = state * n_orders + order
                    for lane in range(LANES):
                        span[lane] = step_sizes[of_h[lane], t - 1, state] + step_sizes[of_h[lane], t, state]
                        weight = span[lane] ** (order - 2)
                        gap = u[after + k - 1, lane] - u[before + k - 1, lane] - span[lane] * u[here + k, lane]
                        remaining = -weight * gap - u[end, lane]
                        o[after + k - 1, lane] += weight * remaining
                        o[before + k - 1, lane] -= weight * remaining
                        o[here + k, lane] -= weight * span[lane] * remaining
                        o[end, lane] += remaining
        if periodic:
            first, last = position[0] * width, position[n_steps - 1] * width
            for k in range(width):
                for lane in range(LANES):
                    remaining = u[last + k, lane] - u[first + k, lane]
                    o[first + k, lane] += remaining
                    o[last + k, lane] -= remaining
    return out


@njit(cache=True, fastmath=_FAST, error_model="numpy", nogil=True)
@no_type_check
def gradients(coefficients, right_side, initial_values, step_sizes, position, central, factor, batch, x, adjoint):
    """∂/∂inputs of (M λ)·(right side − M x) with x and λ = `adjoint` held fixed: the gradient of the solution.

    Returns:
        gradients with the shapes of `coefficients`, `right_side`, `initial_values` and `step_sizes`; over an array that
        the whole batch shares they are summed.
    """
    n_equations, n_steps, n_states, n_orders = coefficients.shape[1:]
    order, width = n_orders - 1, n_states * n_orders
    by_coefficients, by_right_side = np.zeros(coefficients.shape), np.zeros(right_side.shape)
    by_initial_values, by_step_sizes = np.zeros(initial_values.shape), np.zeros(step_sizes.shape)
    mx, ml, dx, dl = np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES)
    total, powers = np.empty(LANES), np.empty((n_orders, LANES))
    for chunk in range(x.shape[0]):
        active = min(LANES, batch - chunk * LANES)
        of_c, of_r, of_i, of_h = _members(chunk, coefficients, right_side, initial_values, step_sizes)
        u, v = x[chunk], adjoint[chunk]
        end = u.shape[0] - 1
        for t in range(n_steps):
            here = position[t] * width
            for equation in range(n_equations):
                for lane in range(LANES):
                    mx[lane] = ml[lane] = 0.0
                for state in range(n_states):
                    for j in range(n_orders):
                        column = here + state * n_orders + j
                        for lane in range(LANES):
                            entry = coefficients[of_c[lane], equation, t, state, j]
                            mx[lane] += entry * u[column, lane]
                            ml[lane] += entry * v[column, lane]
                for lane in range(active):
                    by_right_side[of_r[lane], equation, t] += ml[lane]
                    rest = right_side[of_r[lane], equation, t] - mx[lane]
                    for state in range(n_states):
                        for j in range(n_orders):
                            column = here + state * n_orders + j
                            change = v[column, lane] * rest - ml[lane] * u[column, lane]
                            by_coefficients[of_c[lane], equation, t, state, j] += change
            if t < initial_values.shape[1]:
                for state in range(n_states):
                    for i in range(initial_values.shape[3]):
                        for lane in range(active):
                            by_initial_values[of_i[lane], t, state, i] += v[here + state * n_orders + i, lane]
            if t + 1 < n_steps:
                for state in range(n_states):
                    for lane in range(LANES):
                        total[lane] = 0.0
                    for backward in range(2):
                        sign = 1.0 - 2.0 * backward
                        a = position[t + backward] * width + state * n_orders
                        b = position[t + 1 - backward] * width + state * n_orders
                        _powers(step_sizes, of_h, t, state, sign, powers)
                        for i in range(order):
                            for lane in range(LANES):
                                mx[lane] = u[end, lane] - powers[i, lane] * u[b + i, lane]
                                ml[lane] = v[end, lane] - powers[i, lane] * v[b + i, lane]
                                slope = sign * i * powers[max(i - 1, 0), lane]
                                dx[lane], dl[lane] = -slope * u[b + i, lane], -slope * v[b + i, lane]
                            for j in range(i, n_orders):
                                for lane in range(LANES):
                                    entry = powers[j, lane] * factor[j - i]
                                    slope = sign * j * powers[max(j - 1, 0), lane] * factor[j - i]
                                    mx[lane] += entry * u[a + j, lane]
                                    ml[lane] += entry * v[a + j, lane]
                                    dx[lane] += slope * u[a + j, lane]
                                    dl[lane] += slope * v[a + j, lane]
                            for lane in range(LANES):
                                total[lane] -= dl[lane] * mx[lane] + ml[lane] * dx[lane]
                    for lane in range(active):
                        by_step_sizes[of_h[lane], t, state] += total[lane]
            if central and 0 < t < n_steps - 1:
                before, after = position[t - 1] * width, position[t + 1] * width
                for state in range(n_states):
                    k = state * n_orders + order
                    for lane in range(LANES):
                        w = step_sizes[of_h[lane], t - 1, state] + step_sizes[of_h[lane], t, state]
                        change_x = u[after + k - 1, lane] - u[before + k - 1, lane]
                        change_l = v[after + k - 1, lane] - v[before + k - 1, lane]
                        weight, slope = w ** (order - 2), (order - 2) * w ** (order - 3)
                        top = (order - 1) * weight
                        value_x = u[end, lane] + weight * (change_x - w * u[here + k, lane])
                        value_l = v[end, lane] + weight * (change_l - w * v[here + k, lane])
                        slope_x = slope * change_x - top * u[here + k, lane]
                        slope_l = slope * change_l - top * v[here + k, lane]
                        total[lane] = -(slope_l * value_x + value_l * slope_x)
                    for lane in range(active):
                        by_step_sizes[of_h[lane], t - 1, state] += total[lane]
                        by_step_sizes[of_h[lane], t, state] += total[lane]
    return by_coefficients, by_right_side, by_initial_values, by_step_sizes
