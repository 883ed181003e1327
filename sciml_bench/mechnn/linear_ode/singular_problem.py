"""The error for rows that do not determine the solution, in the terms of the block."""

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem


def singular_problem(problem: LinearODEProblem, member: int, step: int, state: int, derivative: int) -> SolverError:
    """Say which unknown is undetermined and which rows are missing.

    Args:
        problem: that was to be solved.
        member: of the batch.
        step: of the unknown.
        state: of the unknown.
        derivative: of the unknown.
    """
    coefficients = problem.coefficients[min(member, len(problem.coefficients) - 1)].detach()
    is_zero = (coefficients == 0).flatten(2).all(dim=2)
    touches = (coefficients != 0).any(dim=(0, 1, 3))
    given = problem.initial_values.shape[1:].numel()
    missing = []
    if is_zero.any():
        equation, where = is_zero.nonzero()[0].tolist()
        missing.append(f"all coefficients of equation {equation} are zero at step {where}")
    if not touches.all():
        missing.append(f"no equation contains state {int((~touches).nonzero()[0])}")
    if problem.n_equations < problem.n_states:
        missing.append(f"there are {problem.n_equations} equations for {problem.n_states} states")
    if not problem.periodic and given < problem.n_states * problem.order:
        missing.append(
            f"there are {given} initial values, and {problem.n_states} states of order {problem.order} need up to "
            f"{problem.n_states * problem.order}"
        )
    return SolverError(
        f"the linear ODE number {member} of the batch is singular: derivative {derivative} of state {state} at step "
        f"{step} is not determined by the rows ({'; '.join(missing) or 'its coefficients are nearly dependent'}); give "
        "more initial values or equations, or equations that do not vanish"
    )


def singular_unknown(problem: LinearODEProblem, member: int, unknown: int) -> SolverError:
    """The same for an unknown by its number in the order (step, state, derivative)."""
    step, rest = divmod(unknown, problem.width)
    return singular_problem(problem, member, step, *divmod(rest, problem.order + 1))
