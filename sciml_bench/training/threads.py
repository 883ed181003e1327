"""CPU threads of a job: those of all jobs that a launcher runs side by side fit into the machine's cores."""

import os
from collections.abc import Mapping
from typing import Any


def threads_of_a_job(launcher: Mapping[str, Any]) -> int | None:
    """How many threads a launcher leaves to each job; None where one job has the machine for itself.

    Args:
        launcher: the node `hydra.launcher`: submitit's says how many cores it asks for, joblib's how many jobs share
            those of the machine, where -1 stands for as many jobs as cores.
    """
    if launcher.get("cpus_per_task") is not None:
        return max(1, int(launcher["cpus_per_task"]))
    n_jobs = launcher.get("n_jobs")
    if n_jobs is None:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    side_by_side = int(n_jobs) if int(n_jobs) > 0 else max(1, cores + 1 + int(n_jobs))
    return max(1, cores // side_by_side)


def cap_threads(launcher: Mapping[str, Any]) -> None:
    """Let torch and the libraries of linear algebra use no more than that in this process.

    Args:
        launcher: the node `hydra.launcher`.
    """
    threads = threads_of_a_job(launcher)
    if threads is None:
        return
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    threadpool_limits(threads)
