"""Which training method forecasts best after 100 rows of the Lorenz system: python -m benchmarks.lorenz_forecast

The protocol is that of the Lorenz task of the Common Task Framework for Science (Wyder et al., NeurIPS 2025), pairs 4
(clean) and 5 (noisy): learn from 100 rows, 0.05 apart, and forecast the next 20. Its test rows are kept apart, so the
score is taken on look-alikes (the same equations, time step and number of rows; ρ = 33.7 without noise, ρ = 28.5 with
noise of deviation 1, as measured from X4 and X5) and, where the files are given, on their last 20 rows after learning
from the first 80.

score = 100 (1 − ‖truth − forecast‖/‖truth‖) over the 20 rows; 0 is what forecasting zeros gives.
"""

import argparse
import logging
import tempfile
from pathlib import Path

import numpy as np

from sciml_bench.core.errors import SolverError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.systems import Lorenz63
from sciml_bench.training import composed, restore, run

METHODS = ("homotopy", "multiple_shooting", "vanilla")
ROWS, AHEAD, TIME_STEP = 100, 20, 0.05
NOISY = ["training.smoothing=gcv", "training.forecast_start=smoothed"]
# homotopy takes fewer and smaller steps than multiple shooting, so that the same decay would be a tenth of it
OWN = {("noisy", "homotopy"): ["training.weight_decay=0.2"]}
PROTOCOLS = {"clean": (33.7, 0.0, "X4train.mat", []), "noisy": (28.5, 1.0, "X5train.mat", NOISY)}


def score(truth: np.ndarray, forecast: np.ndarray) -> float:
    """The short-time score of the task; −100 for a forecast that is not finite."""
    value = 100 * (1 - np.linalg.norm(truth - forecast) / np.linalg.norm(truth))
    return float(value) if np.isfinite(value) else -100.0


def look_alike_score(
    method: str, rayleigh_number: float, noise: float, seed: int, extra: list[str], overrides: list[str]
) -> float:
    """Learn from 100 simulated rows, forecast the next 20, compare with the truth."""
    system = Lorenz63(rayleigh_number=rayleigh_number)
    clean = system.sample(ROWS + AHEAD, seed, time_step=TIME_STEP)[0]
    observed = clean[:ROWS] + noise * np.random.default_rng(1000 + seed).standard_normal((ROWS, 3))
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "rows.npy", observed)
        choices = ["experiment=ctf_lorenz", f"training={method}", f"data.path={folder}/rows.npy", *extra, *overrides]
        config = composed("node_homotopy", [*choices, "logger=none"], Path(folder) / "run")
        try:
            run(config)
        except SolverError:
            return -100.0
        learned = restore(Path(folder) / "run").learned
        return score(clean[ROWS:], learned.forecast(learned.past, AHEAD).states[0])


def held_out_tail_score(method: str, path: Path, extra: list[str], overrides: list[str]) -> float:
    """Learn from the first 80 rows of a file, forecast its last 20."""
    with tempfile.TemporaryDirectory() as folder:
        choices = [
            "experiment=ctf_lorenz",
            f"training={method}",
            f"data.path={path}",
            f"data.split={{train:{ROWS - AHEAD},test:{AHEAD}}}",
        ]
        config = composed("node_homotopy", [*choices, *extra, *overrides, "logger=none"], folder)
        try:
            run(config)
        except SolverError:
            return -100.0
        arrays = RunFolder(folder).arrays
        return score(arrays["observed"][0, -AHEAD:], arrays["forecast"][0, -AHEAD:])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look-alikes", type=int, default=6, help="simulated data sets of each kind")
    parser.add_argument("--data", type=Path, help="folder with X4train.mat and X5train.mat")
    parser.add_argument("--kinds", nargs="+", choices=list(PROTOCOLS), default=list(PROTOCOLS))
    parser.add_argument("overrides", nargs="*", help="settings of the run, such as trainer.max_epochs=10")
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    for kind in asked.kinds:
        rayleigh_number, noise, file, _ = PROTOCOLS[kind]
        for method in METHODS:
            extra = [*PROTOCOLS[kind][3], *OWN.get((kind, method), [])]
            scores = [
                look_alike_score(method, rayleigh_number, noise, seed, extra, asked.overrides)
                for seed in range(asked.look_alikes)
            ]
            mean, error = np.mean(scores), np.std(scores, ddof=1) / np.sqrt(len(scores)) if len(scores) > 1 else np.nan
            line = f"{kind:6s} {method:18s} look-alikes {mean:7.1f} ± {error:5.1f}, median {np.median(scores):7.1f}"
            if asked.data is not None:
                tail = held_out_tail_score(method, asked.data / file, extra, asked.overrides)
                line += f"; last 20 rows of {file} {tail:7.1f}"
            print(line, " [" + " ".join(f"{value:.1f}" for value in scores) + "]", flush=True)


if __name__ == "__main__":
    main()
