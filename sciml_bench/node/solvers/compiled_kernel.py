"""dx/dt = A x + network(x, u(t)) + forcing(t), integrated by an explicit Runge–Kutta method, with its discrete adjoint.

Forward: the method's own equations, row by row; every stage leaves its input, its activations and their slopes.
Backward: the exact transpose of those equations (the discrete adjoint: gradients of the numbers computed, not of the
continuous solution). With g = ∂L/∂x_{n+1} and, from the last stage to the first,

    κ_i = h b_i g + h Σ_{j>i} a_ji v_j,   v_i = J(X_i)ᵀ κ_i,   then ∂L/∂x_n = g + Σ_i v_i

(Hager, Runge–Kutta methods in optimal control and the transformed adjoint system, Numerische Mathematik 87, 2000).
The gradient of the weights is left to one matrix product over all stages (`compiled_solver.py`): the
backward loop only keeps the gradients at the layers' outputs.

Layout: of A only the numbers that are not zero are kept, row by row: of 2000 components, each is pulled by its own
(the whole of A would take 300 times as long as the network). `weights` holds, per member and layer, the matrix (inputs,
outputs) row by row and then the bias. `kept` holds, per row and stage, the state, u and all hidden activations one
after the other.
"""

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from numba import njit

from sciml_bench.node.solvers.compiled_activations import activate


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def _affine(x, matrix, bias, out):
    """out = bias + x · matrix; four inputs share every load and store of the output."""
    n_in, n_out = x.size, out.size
    for o in range(n_out):
        out[o] = bias[o]
    whole = n_in - n_in % 4
    for i in range(0, whole, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        row0, row1 = matrix[i * n_out : (i + 1) * n_out], matrix[(i + 1) * n_out : (i + 2) * n_out]
        row2, row3 = matrix[(i + 2) * n_out : (i + 3) * n_out], matrix[(i + 3) * n_out : (i + 4) * n_out]
        for o in range(n_out):
            out[o] += (x0 * row0[o] + x1 * row1[o]) + (x2 * row2[o] + x3 * row3[o])
    for i in range(whole, n_in):
        row = matrix[i * n_out : (i + 1) * n_out]
        for o in range(n_out):
            out[o] += x[i] * row[o]


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def _transposed(delta, matrix, out, factor):
    """out = factor · (matrix · delta); four outputs share every load of delta."""
    n_in, n_out = out.size, delta.size
    whole = n_in - n_in % 4
    for i in range(0, whole, 4):
        row0, row1 = matrix[i * n_out : (i + 1) * n_out], matrix[(i + 1) * n_out : (i + 2) * n_out]
        row2, row3 = matrix[(i + 2) * n_out : (i + 3) * n_out], matrix[(i + 3) * n_out : (i + 4) * n_out]
        s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
        for o in range(n_out):
            s0 += row0[o] * delta[o]
            s1 += row1[o] * delta[o]
            s2 += row2[o] * delta[o]
            s3 += row3[o] * delta[o]
        out[i], out[i + 1] = s0 * factor[i], s1 * factor[i + 1]
        out[i + 2], out[i + 3] = s2 * factor[i + 2], s3 * factor[i + 3]
    for i in range(whole, n_in):
        total = 0.0
        for o in range(n_out):
            total += matrix[i * n_out + o] * delta[o]
        out[i] = total * factor[i]


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def integrate(
    x0, weights, member, linear, sizes, matrix, stage_weights, step_sizes, arrivals, activation, forcing, driving, keep
):
    """Integrate every row.

    Args:
        x0: initial states (rows, dim).
        weights: (members, parameters).
        member: which weights every row has (rows,).
        linear: A, the same for all rows: where each of its rows begins (dim + 1,), columns and numbers.
        sizes: of the layers, the state with u first (layers + 1,).
        matrix: a of the method (stages, stages).
        stage_weights: b of the method (stages,).
        step_sizes: (rows, steps).
        arrivals: number of the time that a step ends at, −1 for none (steps,).
        activation: its code.
        forcing: (rows, steps, stages, dim), or without rows where there is none.
        driving: u (rows, steps, stages, dim_in), or without rows where there is none.
        keep: whether the backward pass will follow.

    Returns:
        states (rows, times, dim); kept values (rows, steps · stages, state, u and hidden units); their slopes (rows,
        steps · stages, hidden units). The last two are empty without `keep`.
    """
    n_rows, dim = x0.shape
    n_steps, n_stages = step_sizes.shape[1], stage_weights.size
    n_layers = sizes.size - 1
    n_hidden = sizes[1:n_layers].sum()
    widest = sizes.max()
    states = np.empty((n_rows, arrivals.max() + 1 if n_steps > 0 else 1, dim))
    n_kept = n_steps * n_stages if keep else 1
    kept = np.empty((n_rows, n_kept, sizes[0] + n_hidden))
    slopes = np.empty((n_rows, n_kept, n_hidden))
    z, work, bits = np.empty(widest), np.empty(widest), np.empty(widest, np.int64)
    derivative = np.empty((n_stages, dim))
    x = np.empty(dim)
    forced = forcing.shape[0] > 0
    begins, columns, entries = linear
    for row in range(n_rows):
        w = weights[member[row]]
        x[:] = x0[row]
        states[row, 0] = x
        for step in range(n_steps):
            h = step_sizes[row, step]
            for stage in range(n_stages):
                at = step * n_stages + stage if keep else 0
                values, slope = kept[row, at], slopes[row, at]
                for d in range(dim):
                    total = 0.0
                    for j in range(stage):
                        total += matrix[stage, j] * derivative[j, d]
                    values[d] = x[d] + h * total
                for d in range(dim, sizes[0]):
                    values[d] = driving[row, step, stage, d - dim]
                begin, offset, hidden = 0, 0, 0
                for layer in range(n_layers):
                    n_in, n_out = sizes[layer], sizes[layer + 1]
                    bias = offset + n_in * n_out
                    if layer < n_layers - 1:
                        out = z[:n_out]
                        _affine(values[begin : begin + n_in], w[offset:bias], w[bias : bias + n_out], out)
                        begin += n_in
                        value, end = values[begin : begin + n_out], hidden + n_out
                        activate(activation, out, value, slope[hidden:end], bits[:n_out], work[:n_out])
                        hidden = end
                    else:
                        out = derivative[stage]
                        _affine(values[begin : begin + n_in], w[offset:bias], w[bias : bias + n_out], out)
                        for o in range(n_out):
                            total = out[o]
                            for at_entry in range(begins[o], begins[o + 1]):
                                total += entries[at_entry] * values[columns[at_entry]]
                            if forced:
                                total += forcing[row, step, stage, o]
                            out[o] = total
                    offset = bias + n_out
            for d in range(dim):
                total = 0.0
                for stage in range(n_stages):
                    total += stage_weights[stage] * derivative[stage, d]
                x[d] += h * total
            if arrivals[step] >= 0:
                states[row, arrivals[step]] = x
    return states, kept, slopes


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def pull_back(grad_states, weights, member, linear, sizes, matrix, stage_weights, step_sizes, arrivals, slopes):
    """The transpose of `integrate`, from the gradient with respect to the recorded states (rows, times, dim).

    The other arguments are those of `integrate`, and the slopes that it returned.

    Returns:
        gradient with respect to the initial states (rows, dim); gradients at the outputs of all layers before their
        activation (rows, steps · stages, hidden units and dim).
    """
    n_rows, n_times, dim = grad_states.shape
    n_steps, n_stages = step_sizes.shape[1], stage_weights.size
    n_layers = sizes.size - 1
    n_hidden = sizes[1:n_layers].sum()
    offsets = np.empty(n_layers, np.int64)
    position = 0
    for layer in range(n_layers):
        offsets[layer] = position
        position += (sizes[layer] + 1) * sizes[layer + 1]
    deltas = np.empty((n_rows, n_steps * n_stages, n_hidden + dim))
    grad_x0 = np.empty((n_rows, dim))
    stage_grad = np.empty((n_stages, dim))
    x_grad, ones = np.empty(dim), np.ones(dim)
    begins, columns, entries = linear
    for row in range(n_rows):
        w = weights[member[row]]
        x_grad[:] = grad_states[row, n_times - 1]
        for step in range(n_steps - 1, -1, -1):
            h = step_sizes[row, step]
            for stage in range(n_stages - 1, -1, -1):
                at = step * n_stages + stage
                delta, slope = deltas[row, at], slopes[row, at]
                for d in range(dim):
                    total = stage_weights[stage] * x_grad[d]
                    for j in range(stage + 1, n_stages):
                        total += matrix[j, stage] * stage_grad[j, d]
                    delta[n_hidden + d] = h * total
                end = n_hidden  # where the gradient at the output of the layer begins
                for layer in range(n_layers - 1, 0, -1):
                    n_in, n_out, offset = sizes[layer], sizes[layer + 1], offsets[layer]
                    start = end - n_in
                    _transposed(
                        delta[end : end + n_out], w[offset : offset + n_in * n_out], delta[start:end], slope[start:end]
                    )
                    end = start
                _transposed(delta[end : end + sizes[1]], w[: dim * sizes[1]], stage_grad[stage], ones)
                for o in range(dim):
                    for at_entry in range(begins[o], begins[o + 1]):
                        stage_grad[stage, columns[at_entry]] += entries[at_entry] * delta[n_hidden + o]
            for d in range(dim):
                for stage in range(n_stages):
                    x_grad[d] += stage_grad[stage, d]
            began_at = arrivals[step - 1] if step > 0 else 0
            if began_at >= 0:
                for d in range(dim):
                    x_grad[d] += grad_states[row, began_at, d]
        grad_x0[row] = x_grad
    return grad_x0, deltas
