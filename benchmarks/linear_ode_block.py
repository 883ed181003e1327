"""Claims: the band solver of the block costs at most 1/12, 1/100, 1/400 and 1/1500 of the dense one at 50, 200, 500 and
1000 steps, half of block elimination without slack, less than five times as much for four times the steps, and less
than 1/15 of the dense solver's memory at 1000 steps.

16 oscillators of second order, forward and backward in all four inputs. The dense solver is ours: one matrix per
problem, filled at once, one batched product and Cholesky factorisation. At 1000 steps it runs once. Time and memory of
all solvers against the number of steps are drawn as well.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from benchmarks.linear_ode_cost import (
    BATCH,
    ELIMINATION,
    ORDER,
    CostWithMemory,
    cost_with_memory,
    gradient_by,
    oscillators,
    states_by,
)
from benchmarks.measurement import (
    Comparison,
    Outcome,
    Skipped,
    compare,
    compare_bytes,
    compare_costs,
    cost_of,
    require_agreement,
)
from benchmarks.presentation import main
from sciml_bench.drawing.style import save_figure, styled

AGAINST_DENSE = {50: 12.0, 200: 100.0, 500: 400.0}
LONGEST_DENSE, AT_LONGEST, MEMORY = 1000, 1500.0, 15.0
AGAINST_ELIMINATION = 2.0
LONG, GROWTH = 4000, 5.0
SOLVERS = ("band", "block", "conjugate_gradient", ELIMINATION, "dense")
STEPS = (50, 100, 200, 500, 1000, 2000, 4000)
FIGURE = Path("outputs") / "benchmarks" / "linear_ode_block.png"


def measure(
    against_dense: dict[int, float] = AGAINST_DENSE,
    longest_dense: int = LONGEST_DENSE,
    long: int = LONG,
    repetitions: int = 5,
    figure: Path = FIGURE,
) -> list[Outcome]:
    for n_steps in against_dense:
        require_same_solution(n_steps)
    outcomes: list[Outcome] = [
        against("dense", n_steps, target, repetitions if n_steps <= 200 else 3)
        for n_steps, target in against_dense.items()
    ]
    dense = cost_with_memory("dense", longest_dense)
    outcomes.append(against_known(dense, longest_dense, AT_LONGEST))
    outcomes += [
        against(ELIMINATION, n_steps, AGAINST_ELIMINATION, repetitions) for n_steps in (*against_dense, longest_dense)
    ]
    outcomes += [
        against(ELIMINATION, longest_dense, None, repetitions, ours=solver)
        for solver in ("block", "conjugate_gradient")
    ]
    outcomes.append(growth(longest_dense, long, repetitions))
    outcomes.append(memory(dense, longest_dense))
    draw({("dense", longest_dense): dense}, longest_dense, long, figure)
    return outcomes


def require_same_solution(n_steps: int) -> None:
    inputs = oscillators(n_steps)
    reference = states_by("dense", inputs).detach()
    for solver, tolerance in {"band": 1e-9, "block": 1e-9, "conjugate_gradient": 1e-7, ELIMINATION: 3e-2}.items():
        require_agreement(f"{solver}, {n_steps} steps", states_by(solver, inputs).detach(), reference, tolerance)


def against(reference: str, n_steps: int, target: float | None, repetitions: int, ours: str = "band") -> Comparison:
    inputs = oscillators(n_steps)
    functions = gradient_by(ours, inputs), gradient_by(reference, inputs)
    if reference != "dense" or n_steps <= 200:
        return compare(name(ours, n_steps), reference, *functions, target=target, repetitions=repetitions)
    # seconds per call: neither needs to be repeated within a sample, nor called before
    return compare_costs(
        name(ours, n_steps),
        reference,
        lambda: cost_of(functions[0], 20),
        lambda: cost_of(functions[1]),
        target=target,
        repetitions=repetitions,
    )


def against_known(dense: CostWithMemory, n_steps: int, target: float) -> Comparison:
    function = gradient_by("band", oscillators(n_steps))
    function()
    return compare_costs(
        name("band", n_steps),
        "dense, once",
        lambda: cost_of(function, 20),
        lambda: dense.cost,
        target=target,
        repetitions=5,
    )


def growth(n_steps: int, long: int, repetitions: int) -> Comparison:
    one, other = gradient_by("band", oscillators(long)), gradient_by("band", oscillators(n_steps))
    return compare(
        name("band", long), f"itself with {n_steps} steps", one, other, target=1 / GROWTH, repetitions=repetitions
    )


def memory(dense: CostWithMemory, n_steps: int) -> Outcome:
    claim = name("band", n_steps, "peak memory")
    band = [cost_with_memory("band", n_steps).peak for _ in range(3)]
    known = [peak for peak in band if peak]
    if dense.peak is None or not known:
        return Skipped(claim, "this system does not tell how much memory was in use")
    return compare_bytes(claim, "dense", known, [dense.peak] * len(known), target=MEMORY)


def name(solver: str, n_steps: int, what: str = "gradient") -> str:
    return f"linear ODE, {what}: {solver}, {BATCH} x {n_steps} steps, K = {ORDER}"


def draw(known: dict[tuple[str, int], CostWithMemory], longest_dense: int, long: int, file: Path) -> None:
    """Milliseconds and MiB against the number of steps."""
    with styled():
        figure, (milliseconds, mebibytes) = plt.subplots(1, 2, figsize=(9.6, 3.8))
        for solver, marker in zip(SOLVERS, "os^Dv", strict=False):
            steps = [n for n in STEPS if n <= (longest_dense if solver == "dense" else long)]
            costs = [known.get((solver, n)) or cost_with_memory(solver, n, calls_for(solver, n)) for n in steps]
            drawn = {"marker": marker, "label": solver.replace("_", " ")}
            milliseconds.plot(steps, [1e3 * each.cost.cpu for each in costs], **drawn)
            # what fits into memory that was in use before shows as nothing
            mebibytes.plot(steps, [each.peak / 2**20 if each.peak else float("nan") for each in costs], **drawn)
        milliseconds.set(xlabel="steps", ylabel="CPU time, forward and backward [ms]", xscale="log", yscale="log")
        mebibytes.set(xlabel="steps", ylabel="peak memory [MiB]", xscale="log", yscale="log")
        milliseconds.legend(fontsize=8)
        file.parent.mkdir(parents=True, exist_ok=True)
        save_figure(figure, file)
        plt.close(figure)


def calls_for(solver: str, n_steps: int) -> int:
    """More where calls are quick, so that a machine that is busy for a moment does not show."""
    if solver == "dense":
        return 3 if n_steps <= 200 else 1
    return max(3, min(20, 5_000 // n_steps))


if __name__ == "__main__":
    main(measure)
