"""What a run says about itself: where, when, with what, at which cost, and how it ended."""

import ctypes
import gc
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from sciml_bench import __version__
from sciml_bench.core.stored.run_folder import FORMAT
from sciml_bench.training.identity import variants

SCRIPT_GROUPS = ("group", "task", "data", "pde", "model", "training", "method", "schedule", "solver", "experiment")
SCRIPT_GROUPS += ("question_variant", "method_variant", "title")
"""Groups whose choices name a run, and what a benchmark tells beside its choices."""

UNKNOWN = "unknown"
RUN, PROCESS = "run", "process"
"""Of which the peak memory is."""

COSTS = ("fit_cpu_seconds", "fit_wall_seconds", "cpu_seconds", "wall_seconds", "parameters")
COSTS += ("peak_memory_mebibytes", "peak_memory_is_of")
"""Entries that are left out where `costs` is unknown."""

RECORDED_PACKAGES = ("torch", "lightning", "hydra-core", "numpy", "scipy", "scikit-learn")


def opened_record(configuration: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """What record.json says when a run starts or goes on; `earlier` is what it has said so far."""
    choices = configuration.get("choices") or {}
    given = {key: configuration[key] for key in ("ensemble", "scored_on") if configuration.get(key) is not None}
    return {
        "format": FORMAT,
        "script": configuration.get("script"),
        **({} if choices.get("task") else variants(configuration.get("given") or ())),
        **{group: choices[group] for group in SCRIPT_GROUPS if choices.get(group) is not None},
        "seed": configuration["seed"],
        **given,
        "peak_memory_is_of": peak_memory_begins(),
        "started": earlier.get("started", utc_now()),
        "interruptions": earlier.get("interruptions", -1) + 1,
        **{key: earlier[key] for key in ("data_files", "allotted_steps") if key in earlier},
        # a run that was killed had no time to add its own seconds
        "earlier_wall_seconds": earlier.get("wall_seconds", earlier.get("earlier_wall_seconds", 0.0)),
        "earlier_cpu_seconds": earlier.get("cpu_seconds", earlier.get("earlier_cpu_seconds", 0.0)),
        **environment(),
    }


def closed_record(
    record: Mapping[str, Any], clock: tuple[float, float], status: str, reason: str | None = None
) -> dict[str, Any]:
    """What record.json says when a run that began at `clock`, wall and CPU seconds, has ended, and why early."""
    closed = {**record, "status": status, "ended": utc_now()}
    if reason is not None:
        closed["reason"] = reason
    closed["wall_seconds"] = closed.pop("earlier_wall_seconds", 0.0) + time.perf_counter() - clock[0]
    closed["cpu_seconds"] = closed.pop("earlier_cpu_seconds", 0.0) + time.process_time() - clock[1]
    closed["peak_memory_mebibytes"] = peak_memory_mebibytes(closed.get("peak_memory_is_of", PROCESS))
    if closed.get("costs") == UNKNOWN:  # of predictions that were made elsewhere
        closed = {name: value for name, value in closed.items() if name not in COSTS}
    return closed


def environment() -> dict[str, Any]:
    """Versions, git commit and hardware of this process, in plain values."""
    return {
        "versions": {"python": platform.python_version(), "sciml-bench": __version__, **_package_versions()},
        "git_commit": _git_commit(),
        "hardware": {
            "machine": platform.machine(),
            "system": platform.system(),
            "processor_count": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "accelerators": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
        },
    }


def peak_memory_begins() -> str:
    """Forget the largest resident size so far; whose it will be: that of the run, or, elsewhere, of its process."""
    gc.collect()
    if hasattr(glibc := ctypes.CDLL(None), "malloc_trim"):
        glibc.malloc_trim(0)  # what earlier runs of a sweep freed goes back before it counts as this one's
    try:
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets VmHWM
    except OSError:
        return PROCESS
    return RUN


def peak_memory_mebibytes(of: str) -> float:
    """The largest resident size of this process, in MiB.

    Args:
        of: `run`, since `peak_memory_begins`; or `process`, since it began.
    """
    if of == RUN:
        told = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        if told is not None:
            return int(told[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def n_trainable_parameters(module: torch.nn.Module) -> int:
    """How many numbers a fit adjusts."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def utc_now() -> str:
    """The time of day, to the second, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@cache
def _package_versions() -> dict[str, str]:
    return {package: metadata.version(package) for package in RECORDED_PACKAGES}


@cache  # what runs was imported when this process began
def _git_commit() -> str | None:
    """The commit of the source tree that runs, with `+changes` where it is not clean; None outside a checkout."""
    source = Path(__file__).resolve().parents[2]
    if not (source / ".git").exists():
        return None
    asked = {"capture_output": True, "text": True, "timeout": 10, "check": True}
    try:
        commit, status = (
            subprocess.run(["git", "-C", str(source), *question], **asked).stdout.strip()
            for question in (("rev-parse", "HEAD"), ("status", "--porcelain"))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changes" if status else "")
