"""Which norm of the residual, and which schedule of the learning rate: python -m benchmarks.residual_norm_ablation

Every norm with every schedule and every seed, each a run of `train_nsm.py` in its own folder below --output, so that
repeating an interrupted command continues it. The table has the mean and the standard deviation over the seeds of the
relative L² error on 64 points per axis, and is written as csv and markdown after every run.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.measurement import one_thread
from benchmarks.tables import Row, write_table
from sciml_bench.core.errors import TrainingError
from sciml_bench.training import composed, run
from sciml_bench.training.identity import name_of_overrides

NORMS = ("raw", "l2", "hminus1", "preconditioned")
SCHEDULES = ("exponential", "cosine")
KNOWN_SCHEDULES = (*SCHEDULES, "constant")
OUTPUT = Path("outputs") / "benchmarks" / "residual_norm_ablation"
SCORE = "relative_l2_64"

Errors = dict[tuple[str, str], dict[int, float]]
"""Norm and schedule → seed → error; not a number where the training broke down."""


def errors_of_runs(
    pde: str,
    steps: int,
    folder: Path,
    norms: Sequence[str] = NORMS,
    schedules: Sequence[str] = SCHEDULES,
    seeds: Sequence[int] = (0, 1, 2),
    overrides: Sequence[str] = (),
) -> Iterator[Errors]:
    """Train what is not trained yet; what is known so far, after every run.

    The first seed of all choices comes first, so that a table without gaps is there early.
    """
    known: Errors = {choice: {} for choice in product(norms, schedules)}
    for seed, (norm, schedule) in product(seeds, known):
        own = folder / f"norm={norm}" / f"schedule={schedule}" / f"seed={seed}"
        choices = [
            f"pde={pde}",
            "pde.test_resolutions=[64]",
            f"training.norm={norm}",
            f"schedule={schedule}",
            f"trainer.max_steps={steps}",
            "trainer.threads=1",
            "trainer=cpu",
            "logger=none",
            f"seed={seed}",
        ]
        try:
            known[norm, schedule][seed] = run(composed("nsm", [*choices, *overrides], own))[SCORE]
        except TrainingError:
            known[norm, schedule][seed] = float("nan")
        yield known


def table(errors: Errors) -> list[Row]:
    """A row per norm, and per schedule the mean ± standard deviation, and the errors themselves."""
    norms, schedules = (list(dict.fromkeys(choice[index] for choice in errors)) for index in (0, 1))
    rows: list[Row] = []
    for norm in norms:
        row: dict[str, str] = {"norm": norm}
        for schedule in schedules:
            row[schedule] = mean_and_deviation(list(errors[norm, schedule].values()))
        for schedule in schedules:
            row[f"{schedule}, seeds"] = " ".join(f"{value:.4f}" for value in errors[norm, schedule].values())
        rows.append(row)
    return rows


def mean_and_deviation(values: Sequence[float]) -> str:
    """Of the finite values, with how many there are where some are missing; – without any."""
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return "broke down" if values else "–"
    deviation = f" ± {np.std(finite, ddof=1):.4f}" if len(finite) > 1 else ""
    lost = f" ({len(values) - len(finite)} of {len(values)} broke down)" if len(finite) < len(values) else ""
    return f"{np.mean(finite):.4f}{deviation}{lost}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per run and the table at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pde", default="poisson", choices=("poisson", "reaction_diffusion", "navier_stokes"))
    parser.add_argument("--steps", type=int, default=1500, help="iterations of every run")
    parser.add_argument("--width", type=int, default=32, help="channels")
    parser.add_argument("--seeds", type=int, default=3, help="how many: 0, 1, …")
    parser.add_argument("--norms", nargs="+", default=list(NORMS), help="also chebyshev, for equations with time")
    parser.add_argument(
        "--schedules", nargs="+", default=list(SCHEDULES), choices=("exponential", "cosine", "constant")
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the runs and of the table")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="other settings of the runs")
    asked = parser.parse_args(arguments)
    overrides = [f"model.width={asked.width}", *asked.set]
    folder = asked.output / asked.pde / name_of_overrides([f"trainer.max_steps={asked.steps}", *overrides])
    n_runs = len(asked.norms) * len(asked.schedules) * asked.seeds
    shown = ""
    with one_thread():
        progress = errors_of_runs(
            asked.pde, asked.steps, folder, asked.norms, asked.schedules, range(asked.seeds), overrides
        )
        for number, errors in enumerate(progress, start=1):
            shown = write_table(table(errors), folder / "table")
            print(f"{number} of {n_runs} runs; table: {folder / 'table.md'}", flush=True)
    print(f"\n{asked.pde}, {asked.steps} iterations, {SCORE}, mean ± standard deviation over seeds\n\n{shown}")


if __name__ == "__main__":
    main()
