"""Run folders as a training run leaves them, made by hand so that every number is known."""

import json

import numpy as np

from sciml_bench.core.stored.run_folder import RunFolder

N_CLASSES = 5


def write_run(path, metrics=None, arrays=None, status="finished", **record):
    path.mkdir(parents=True)
    (path / "record.json").write_text(json.dumps({"status": status, "fit_cpu_seconds": 2.0, **record}))
    if metrics is not None:
        RunFolder(path).write_metrics(metrics)
    if arrays is not None:
        np.savez_compressed(path / "arrays.npz", **arrays)
    return path


def labelled_arrays(accuracy=0.9, steps=(-5, -2, -1, 1, 2, 5), shade=0.5):
    """The arrays of a run on labelled images whose eigenfunctions turn by one class per lag."""
    labels = np.arange(20) % N_CLASSES
    turn = np.exp(2j * np.pi * labels / N_CLASSES)
    return {
        "forecast_steps": np.array(steps),
        "forecast_accuracy": np.full(len(steps), accuracy),
        "forecast_images": np.full((len(steps), 2, 8, 8), shade),
        "given_images": np.zeros((2, 8, 8)),
        "forecast_correct": np.ones((len(steps), 2), dtype=bool),
        "eigenvalues": np.array([1.0, np.exp(2j * np.pi / N_CLASSES), np.exp(-2j * np.pi / N_CLASSES)]),
        "eigenfunctions_test": np.stack([np.ones(20), turn, turn.conj()], axis=1),
        "labels_test": labels,
    }


def labelled_metrics(accuracy=0.9):
    return {
        "vamp_2_test": 4.0,
        "oracle_accuracy": 0.98,
        **{f"accuracy_step_{step}": accuracy for step in (1, 2, 5, 10, 15)},
    }
