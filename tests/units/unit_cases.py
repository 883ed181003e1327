"""Small records in several units, and the methods of the suite that learn from them a little."""

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scripts import settings

from sciml_bench.core.errors import SciMLBenchWarning
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.seeds import seed_everything
from sciml_bench.data import Record, Trajectories, WindowsView
from sciml_bench.mechnn import InteractionSequenceModel
from sciml_bench.scores.catalogue import find_score
from sciml_bench.sequences import FieldSequenceResNet, SequenceForecasting
from sciml_bench.training.build import build, build_evaluation

N_ROWS, N_STEPS, HORIZON = 160, 3, 4


@dataclass(frozen=True)
class Change:
    """Another unit of every component, another origin, and another unit of time.

    Args:
        factors: of the states, one for each component.
        away: what is added, in deviations.
        time: factor of times.
    """

    factors: tuple[float, float] = (1.0, 1.0)
    away: float = 0.0
    time: float = 1.0

    @property
    def is_exact(self) -> bool:
        """Whether only the exponents of all numbers change."""
        return self.away == 0 and all(np.frexp(abs(factor))[0] == 0.5 for factor in (*self.factors, self.time))

    def _line(self, dim: int) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset of two components, or those of the first, common to all numbers of a state."""
        if dim != 2:
            return np.array(self.factors[0]), np.array(self.away * self.factors[0])
        return np.array(self.factors), self.away * np.array(self.factors) * oscillation().std(axis=0)

    def states(self, states: np.ndarray, dim: int = 2) -> np.ndarray:
        factor, offset = self._line(dim)
        return states * factor + offset

    def states_back(self, states: np.ndarray) -> np.ndarray:
        factor, offset = self._line(2 if states.shape[2:] == (2,) else 0)
        return (states - offset) / factor


def oscillation() -> np.ndarray:
    """Two noisy components with a common period of 25 rows, of so few digits that an offset takes none of them."""
    phase = 2 * np.pi * np.arange(N_ROWS) / 25
    states = np.stack([2 * np.sin(phase) + 0.4, np.cos(phase) - 0.3 * np.sin(2 * phase)], axis=1)
    noisy = states + 0.05 * np.random.default_rng(0).standard_normal(states.shape)
    return np.round(noisy * 2**20) / 2**20


@dataclass
class Fit:
    """What a closed form or a few steps of an optimiser have given.

    Args:
        losses: of the steps.
        gradient: of the first.
        learned: afterwards.
        past: what a forecast goes on from.
        metrics: of the learned object on its record.
    """

    losses: np.ndarray
    gradient: np.ndarray
    learned: Any
    past: Trajectories
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Case:
    """A method that must give the same in every unit.

    Args:
        script: of `train_<script>.py`.
        overrides: of its command line.
        make: a record and a method in changed units, where no file and script say it.
        own_factors: whether every component may have a unit of its own.
        to_the_bit: whether it takes no logarithm of a number with a unit, and powers of two change nothing at all.
        farthest: offset that the method keeps its digits at, in deviations.
    """

    script: str = ""
    overrides: tuple[str, ...] = ()
    make: Callable[[Change], tuple[Record, Method]] | None = None
    own_factors: bool = True
    to_the_bit: bool = True
    farthest: float = 1e4
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)

    def fitted(self, change: Change, folder: Path, evaluated: bool = False) -> Fit:
        """Learn a little from the record in other units, with the weights of seed 0."""
        seed_everything(0)
        if self.make is not None:
            return fitted(*self.make(change))
        config = copy.deepcopy(self._configuration(folder))
        config["data"]["path"] = str(written(folder, change))
        return fitted(*build(config), build_evaluation(config) if evaluated else None)

    def _configuration(self, folder: Path) -> dict[str, Any]:
        if "configuration" not in self.kept:
            fixed = ("data=trajectories", "data.path=none.npz", "logger=none")
            self.kept["configuration"] = settings(self.script, *fixed, *self.overrides, folder=folder / "run")
        return self.kept["configuration"]


def written(folder: Path, change: Change) -> Path:
    """The oscillation in other units, as a file."""
    path = folder / "record.npz"
    np.savez(path, x=change.states(oscillation()), t=0.125 * np.arange(N_ROWS) * change.time)
    return path


def fitted(record: Record, method: Method, evaluation: Callable[[Any, Record], Any] | None = None) -> Fit:
    """Fit in closed form, or take some steps."""
    losses, gradient = [], np.zeros(0)
    if isinstance(method, DirectMethod):
        method.fit()
    else:
        method.start()
        method.progress.n_epochs = method.progress.n_steps = N_STEPS
        optimisation = Optimisation(method.optimizer(), method.learning_rate)
        while len(losses) < N_STEPS:
            for batch in method.train_loader(0, 0, 1):
                losses.append(optimisation.step(method.loss(batch), len(losses), N_STEPS))
                if len(losses) == 1:
                    found = [weight.grad.double().ravel() for weight in method.parameters() if weight.grad is not None]
                    gradient = torch.cat(found).numpy()
                method.after_step()
                if len(losses) == N_STEPS:
                    break
            method.progress.epoch += 1
        method.end_fit()
    learned = method.eval().learned()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SciMLBenchWarning)
        metrics = {} if evaluation is None else evaluation(learned, record).metrics
    past = getattr(learned, "past", None) or record.part("train")
    return Fit(np.array(losses), gradient, learned, past, metrics)


def outcomes(fit: Fit, change: Change) -> dict[str, np.ndarray]:
    """Everything that must be the same, back in the units of the record as it was."""
    with warnings.catch_warnings():  # features that have hardly been learned depend on each other
        warnings.simplefilter("ignore", SciMLBenchWarning)
        return _outcomes(fit, change)


def _outcomes(fit: Fit, change: Change) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {"losses": fit.losses, "gradient": fit.gradient}
    learned = fit.learned
    if hasattr(learned, "forecast"):
        forecast = learned.forecast(fit.past, HORIZON)
        found["forecast"], found["times"] = change.states_back(forecast.states), forecast.times / change.time
    if hasattr(learned, "eigenvalues"):
        found["eigenvalues"], found["singular values"] = learned.eigenvalues(), learned.singular_values()
        found["timescales"] = learned.implied_timescales() / change.time
    if hasattr(learned, "smoothed"):
        found["smoothed"] = change.states_back(learned.smoothed())
    return found


def scores(fit: Fit, change: Change) -> dict[str, np.ndarray]:
    """The metrics in the units of the record as it was; those of a common factor of all components."""
    factor, found = change.factors[0], {}
    scales = {"": 1.0, "state": factor, "state²": factor**2, "time": change.time}
    for name, value in fit.metrics.items():
        score = find_score(name)
        assert score is not None, name
        if score.unit in scales and "seconds" not in name:
            found[name] = np.array(value / scales[score.unit])
    return found


class WavesInUnits(Record):
    """Waves on a line of 16 points, which have one unit for all, or two bodies that go around each other."""

    def __init__(self, change: Change, bodies: bool) -> None:
        super().__init__(split_by="trajectory")
        self.change, self.bodies = change, bodies

    def load_splits(self) -> dict[str, Trajectories]:
        times, starts = np.arange(30)[:, None], np.random.default_rng(0).uniform(0, 1, 4)
        if self.bodies:
            angle = 0.1 * times + 2 * np.pi * starts[:, None, None]
            place = np.concatenate([np.cos(angle), np.sin(angle)], axis=2)
            states, facts = np.stack([place, -2 * place], axis=2), {}
        else:
            grid = np.arange(16) / 16
            states = np.sin(2 * np.pi * (grid - times / 40 + starts[:, None, None])) + 0.3 * starts[:, None, None]
            facts = {"grid": grid}
        states = np.round(states * 2**20) / 2**20
        whole = Trajectories(tuple(self.change.states(states, dim=0)), 0.5 * self.change.time, "time", facts=facts)
        numbers = {"train": [0, 1], "validation": [2], "test": [3]}
        return {name: whole.select(trajectories=chosen) for name, chosen in numbers.items()}


def field_model(change: Change) -> tuple[Record, Method]:
    view = WindowsView(WavesInUnits(change, bodies=False), 3, 4, 4)
    return view.record, SequenceForecasting(FieldSequenceResNet(view.spec, width=6, n_blocks=1), view)


def body_model(change: Change) -> tuple[Record, Method]:
    view = WindowsView(WavesInUnits(change, bodies=True), 6, 4, 4)
    return view.record, SequenceForecasting(InteractionSequenceModel(view.spec, hidden=(8,)), view)


SMALL_BATCH = "training.view.batch_size=64"
CASES = {
    "NeuralODE, homotopy": Case("node_homotopy"),
    "NeuralODE, adaptive steps": Case("node_homotopy", ("training=vanilla", "solver=adaptive")),
    "NeuralODE, steps in torch, trained starts": Case(
        "node_homotopy", ("training=vanilla", "solver=fixed_step", "training.initial_state=trained")
    ),
    "NeuralODE, multiple shooting, weights of splines and longest steps": Case(
        "node_homotopy",
        ("training=multiple_shooting", "max_step=0.5", "training.smoothing=1.0", "training.forecast_start=smoothed"),
    ),
    **{
        f"Koopman, {training}": Case("koopman", (f"training={training}", SMALL_BATCH))
        for training in ("nested_lora", "vamp", "dp", "spectral_contrastive", "dynamical_auto_encoder")
    },
    "Koopman, linear ridge": Case("koopman", ("training=linear_ridge",)),
    "smoothing by linear ODEs": Case("mechnn", ("model=learned_linear_ode", "training=trajectory_fit")),
    "sequences of fields": Case(make=field_model, own_factors=False),
    "sequences of bodies": Case(make=body_model, own_factors=False, to_the_bit=False, farthest=0.0),
}
"""The methods whose results follow every change of units."""
