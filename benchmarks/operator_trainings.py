"""Trainings of solution operators that get the same CPU seconds each: what they are, how many iterations, their curves.

The number of iterations follows from the measured cost of one, so that the schedule of the learning rate ends when the
seconds are spent. It is kept in plan.json: a repeated command continues the same runs instead of planning others.
"""

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from omegaconf import OmegaConf

from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.files import read_json, write_json
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.nsm.equations import Equation
from sciml_bench.nsm.training.operator_training import OperatorTraining
from sciml_bench.training import composed, run
from sciml_bench.training.build import build

OURS = "nsm"
RESOLUTION = 64
"""Points per space axis on which solutions are compared and timed."""
MARKERS = "os^Dv"
"""Of the methods, in all figures."""
LOOKS = 20
"""At the validation error, during a training."""

_PROBED_RESOLUTION = 32
_PART_OF_MEMORY = 0.7


@dataclass(frozen=True)
class Plan:
    """How long a training is.

    Args:
        cpu_seconds_per_iteration: as measured before.
        looks: at the validation error.
        iterations_per_look: so many between two of them.
    """

    cpu_seconds_per_iteration: float
    looks: int
    iterations_per_look: int

    @classmethod
    def of(cls, cpu_seconds_per_iteration: float, cpu_seconds: float) -> "Plan":
        """As many iterations as the seconds allow, to within half of those between two looks; at least one."""
        wanted = cpu_seconds / cpu_seconds_per_iteration
        per_look = max(1, round(wanted / LOOKS))
        return cls(cpu_seconds_per_iteration, max(1, round(wanted / per_look)), per_look)

    @property
    def iterations(self) -> int:
        """Of the whole training."""
        return self.looks * self.iterations_per_look


@dataclass(frozen=True, eq=False)
class Training:
    """What came out of a training.

    Args:
        name: of the method.
        folder: of the run.
        plan: of its length.
    """

    name: str
    folder: RunFolder
    plan: Plan

    @property
    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """CPU seconds spent in iterations, and the validation error then.

        A run keeps the wall seconds of its iterations; they count here by the part of its wall seconds in which the
        process had the processor.
        """
        arrays, record = self.folder.arrays, self.folder.record
        share = record["fit_cpu_seconds"] / record["fit_wall_seconds"]
        return share * arrays["history_training_seconds"], arrays["history_relative_l2_validation"]

    def errors(self, resolution: int) -> np.ndarray:
        """Relative L² of every test parameter, on so many points per axis."""
        return self.folder.arrays[f"relative_l2_{resolution}"]


def methods(on_grids: Mapping[str, Sequence[int]]) -> dict[str, list[str]]:
    """Settings by the name of the method: two trained on coefficients, one on the points of grids.

    Args:
        on_grids: points per axis, or one number for all axes, by the name of the method.
    """
    settings = {name: [f"model={name}", "training=spectral"] for name in (OURS, "sno")}
    for name, resolution in on_grids.items():
        points = resolution[0] if len(resolution) == 1 else list(resolution)
        settings[name] = ["model=fno", "training=grid", f"training.resolution={points}"]
    return settings


def common_settings(pde: str, seed: int, overrides: Sequence[str]) -> list[str]:
    """Settings of all methods; a person's own come last."""
    # an operator that runs on the points takes minutes for flows on 128 points per axis
    resolutions = "[64]" if pde == "navier_stokes" else "[64,128]"
    fixed = [f"pde={pde}", f"pde.test_resolutions={resolutions}", "logger=none", "trainer=cpu", "trainer.threads=1"]
    return [*fixed, f"seed={seed}", *overrides]


def built(settings: Sequence[str], folder: Path) -> tuple[Equation, OperatorTraining]:
    """The equation and an untrained method, as a run would build them."""
    composition = composed("nsm", settings, folder)
    configuration = cast(dict[str, Any], OmegaConf.to_container(composition, resolve=True))
    seed_everything(configuration["seed"], "build")
    return cast(tuple[Equation, OperatorTraining], build(configuration))


def iteration(settings: Sequence[str], folder: Path) -> Callable[[], None]:
    """One iteration of a training, on fresh parameters."""
    equation, method = built(settings, folder)
    optimizer = method.optimizer()
    seeds = iter(range(10**9))

    def iterate() -> None:
        parameters = torch.from_numpy(equation.draw_parameters(equation.sampling.batch_size, next(seeds))).float()
        optimizer.zero_grad()
        method.loss(parameters).backward()
        optimizer.step()

    return iterate


def missing_memory(settings: Sequence[str], resolution: Sequence[int], folder: Path) -> str | None:
    """Why a training on a grid cannot be done here; None where it can.

    What one sample on a coarse grid keeps for its gradient is counted, and grows with the points and the batch.
    """
    equation, method = built([*settings, f"training.resolution={_PROBED_RESOLUTION}"], folder)
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    parameters = torch.from_numpy(equation.draw_parameters(1, 0)).float()
    weights = {weight.data_ptr() for weight in method.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = method.loss(parameters)
    of_sample = sum(size for pointer, size in kept.items() if pointer not in weights)
    del loss
    per_axis = list(resolution) * len(equation.axes) if len(resolution) == 1 else resolution
    needed = of_sample * equation.sampling.batch_size * math.prod(points / _PROBED_RESOLUTION for points in per_axis)
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed <= _PART_OF_MEMORY * there:
        return None
    return f"one iteration keeps about {needed / 2**30:.0f} GiB for its gradient; this machine has {there / 2**30:.0f}"


def plans(measured: Mapping[str, float], cpu_seconds: float, file: Path) -> dict[str, Plan]:
    """Those that the file holds, and new ones for the methods that it does not; all are kept in it."""
    known = {name: Plan(**values) for name, values in read_json(file).items()} if file.exists() else {}
    for name, seconds in measured.items():
        if name not in known:
            known[name] = Plan.of(seconds, cpu_seconds)
    write_json(file, {name: asdict(plan) for name, plan in known.items()})
    return {name: known[name] for name in measured}


def train(name: str, settings: Sequence[str], plan: Plan, folder: Path) -> Training:
    """Train, or continue or take what the folder holds."""
    length = [f"trainer.max_steps={plan.iterations}", f"pde.steps_per_epoch={plan.iterations_per_look}"]
    run(composed("nsm", [*settings, *length], folder))
    return Training(name, RunFolder(folder), plan)


def repetitions_for(seconds: float, together: float = 20.0) -> int:
    """So many that they take about the given seconds together, from 2 to 7."""
    return min(7, max(2, math.floor(together / max(seconds, 1e-9))))
