"""Equations from Lorenz records: ours beside pySINDy's on the same rows: python -m benchmarks.equation_discovery

Worst relative coefficient error over the seven true terms (infinite for other terms), and CPU seconds. With --data, the
Lorenz files X1 to X10 of the Common Task Framework for Science as well; with --look-alikes, how much of the noise of
simulated records of the same kind is removed.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery, Discovery
from sciml_bench.mechnn.discovery.sparse_equations import exact_coefficients
from sciml_bench.systems import Lorenz63

NAMES = ["x", "y", "z"]
TIME_STEP, N_ROWS, COARSE_STEP = 0.01, 10_000, 0.05


def discovered(rows: np.ndarray, time_step: float, **recipe: str | int) -> Discovery:
    times = time_step * np.arange(len(rows))
    record = TrajectoryFiles.from_arrays(times, rows, split={"train": 1.0}, component_names=NAMES)
    view = WholeTrajectoriesView(record)
    return ClosedFormDiscovery(**recipe)(BasisLibrary(view.spec, 2), view.train)  # type: ignore[arg-type]


def worst_error(coefficients: np.ndarray, truth: np.ndarray) -> float:
    there = truth != 0
    if not np.array_equal(coefficients != 0, there):
        return float("inf")
    return float((np.abs(coefficients - truth)[there] / np.abs(truth[there])).max())


def sindy_error(rows: np.ndarray, truth_by_name: dict[str, np.ndarray], differentiation: str) -> float:
    import pysindy

    method = {
        "finite difference 2": pysindy.FiniteDifference(order=2),
        "finite difference 4": pysindy.FiniteDifference(order=4),
        "smoothed difference": pysindy.SmoothedFiniteDifference(),
    }[differentiation]
    model = pysindy.SINDy(
        differentiation_method=method,
        feature_library=pysindy.PolynomialLibrary(degree=2),
        optimizer=pysindy.STLSQ(threshold=0.1, alpha=0.0),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows, t=TIME_STEP, feature_names=NAMES)
    truth = np.stack([truth_by_name[name] for name in model.get_feature_names()])
    return worst_error(model.coefficients().T, truth)


def timed(call: Callable[[], float]) -> str:
    start = time.process_time()
    error = call()
    return f"worst error {error:8.1e}   {time.process_time() - start:6.2f} CPU s"


def compare() -> None:
    system = Lorenz63()
    clean = system.reference(np.ones(3), TIME_STEP * np.arange(N_ROWS))
    library = discovered(clean[:300], TIME_STEP).equations.library
    truth = exact_coefficients(library, system)
    assert truth is not None
    by_name = {name.replace("_", " "): row for name, row in zip(library.names, truth, strict=True)}
    for level in (0.0, 0.01):
        noise = level * clean.std(axis=0) * np.random.default_rng(0).standard_normal(clean.shape)
        rows = clean + noise
        for refinement in ("never", "auto"):

            def ours(refinement: str = refinement, rows: np.ndarray = rows) -> float:
                return worst_error(discovered(rows, TIME_STEP, refinement=refinement).equations.coefficients, truth)

            print(f"noise {level:.0%}  ours, refinement {refinement:8s} {timed(ours)}", flush=True)
        for kind in ("finite difference 2", "finite difference 4", "smoothed difference"):

            def theirs(kind: str = kind, rows: np.ndarray = rows) -> float:
                return sindy_error(rows, by_name, kind)

            print(f"noise {level:.0%}  pySINDy, {kind:19s} {timed(theirs)}", flush=True)


def third_party(folder: Path) -> None:
    for number in range(1, 11):
        content = loadmat(folder / f"X{number}train.mat")
        rows = next(np.asarray(value, dtype=np.float64) for key, value in content.items() if not key.startswith("_"))
        start = time.process_time()
        found = discovered(rows, COARSE_STEP)
        seconds = time.process_time() - start
        print(
            f"X{number:<2d} {len(rows):5d} rows  noise {found.residual_deviation:6.3f}  one-step residual "
            f"{found.one_step_residual:.1e}  {seconds:5.1f} CPU s  {'; '.join(found.equations.text)}",
            flush=True,
        )


def look_alikes(count: int) -> None:
    for deviation in (1.0, 2.0):
        for seed in range(count):
            clean = Lorenz63(rayleigh_number=28.5).sample(N_ROWS, seed, time_step=COARSE_STEP)[0]
            noise = deviation * np.random.default_rng(seed).standard_normal(clean.shape)
            found = discovered(clean + noise, COARSE_STEP)
            size = np.linalg.norm(clean)
            print(
                f"noise {deviation:g}, seed {seed}: {int(found.equations.support.sum())} terms, reconstruction error "
                f"{np.linalg.norm(found.states[0] - clean) / size:.2%} (observed {np.linalg.norm(noise) / size:.2%})",
                flush=True,
            )


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with X1train.mat … X10train.mat")
    parser.add_argument("--look-alikes", type=int, default=0, help="simulated records of each noise")
    asked = parser.parse_args()
    compare()
    if asked.data is not None:
        third_party(asked.data)
    look_alikes(asked.look_alikes)


if __name__ == "__main__":
    main()
