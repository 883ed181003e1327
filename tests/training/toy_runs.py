"""Configurations of runs of the toy methods, as run() takes them without Hydra."""

import copy
from pathlib import Path
from typing import Any

CSV = {"_target_": "sciml_bench.training.loggers.CSVLogging"}

TRAINER: dict[str, Any] = {
    "accelerator": "cpu",
    "devices": 1,
    "strategy": "auto",
    "precision": "32-true",
    "threads": 1,
    "max_epochs": 4,
    "max_steps": -1,
    "gradient_clip_val": None,
    "limit_train_batches": 1.0,
    "limit_val_batches": 1.0,
    "profiler": None,
    "early_stopping": {"patience": None, "min_delta": 0.0},
    "seconds_between_checkpoints": 0.0,
}


def toy(
    folder: Path, target: str = "ToyMethod", trainer: dict[str, Any] | None = None, **training: Any
) -> dict[str, Any]:
    return {
        "seed": 0,
        "force": False,
        "trusted_packages": ["toy_method"],
        "run_folder": str(folder),
        "logger": {},
        "trainer": copy.deepcopy(TRAINER) | (trainer or {}),
        "data": {"_target_": "toy_method.ToyRecord"},
        "model": {"_target_": "toy_method.toy_model"},
        "training": {
            "_target_": f"toy_method.{target}",
            "view": {"_target_": "toy_method.ToyView", "_partial_": True},
            **training,
        },
        "evaluation": {"_target_": "toy_method.ToyEvaluation"},
    }
