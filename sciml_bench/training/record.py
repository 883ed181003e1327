"""What a run says about itself: where, when, with what, at which cost, and how it ended."""

import os
import platform
import resource
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from sciml_bench import __version__

RECORDED_PACKAGES = ("torch", "lightning", "hydra-core", "numpy", "scipy", "scikit-learn")


def environment() -> dict[str, Any]:
    """Versions, git commit and hardware of this process, in plain values."""
    versions = {"python": platform.python_version(), "sciml-bench": __version__}
    for package in RECORDED_PACKAGES:
        versions[package] = metadata.version(package)
    return {
        "versions": versions,
        "git_commit": _git_commit(),
        "hardware": {
            "machine": platform.machine(),
            "system": platform.system(),
            "processor_count": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "accelerators": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        },
    }


def peak_memory_mebibytes() -> float:
    """The largest resident size that this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def n_trainable_parameters(module: torch.nn.Module) -> int:
    """How many numbers a fit adjusts."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def utc_now() -> str:
    """The time of day, to the second, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _git_commit() -> str | None:
    """The commit of the source tree that runs, with `+changes` where it is not clean; None outside a checkout."""
    source = Path(__file__).resolve().parents[2]
    if not (source / ".git").exists():
        return None
    command = ["git", "-C", str(source)]
    try:
        commit = subprocess.run([*command, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True)
        status = subprocess.run(
            [*command, "status", "--porcelain"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return commit.stdout.strip() + ("+changes" if status.stdout.strip() else "")
