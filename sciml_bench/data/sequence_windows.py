"""The data module for models that map some past states to some future ones: windows of whole trajectories.

Training batches hold windows (batch, n_inputs + n_calls · n_outputs, *state) cut from the training trajectories at
random starts; validation and test trajectories are kept whole, since what counts there is how long a roll-out stays
good.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch import LightningDataModule
from torch import Tensor

from sciml_bench.core.checks import ConfiguredInteger, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.core.types import Metrics
from sciml_bench.systems import System

SPLITS = ("train", "validation", "test")
DTYPES = {"float32": torch.float32, "float64": torch.float64}

States = Float[np.ndarray, "batch time *state"]


@dataclass(frozen=True, eq=False)
class SequenceSpec:
    """What a sequence model must know about the data.

    The statistics have the axes of a state; those over which they were pooled have the size 1.

    Args:
        n_inputs: states a model sees.
        n_outputs: states after these that it must predict.
        state_shape: of one state.
        time_step: between two states, in `time_unit`.
        time_unit: of all times.
        mean: of the training states.
        deviation: standard deviation of the training states.
        increment_deviation: root mean square of the difference of two neighbouring training states.
        component_names: what the components of a state are called in figures: one name for a field, otherwise one per
            entry of the last axis.
        body_names: of the bodies where states are (bodies, axes); None where they are not.
        grid: positions of the points of a one-dimensional field; None where states are no field.
        dtype: of the batches.
        system: the system that was simulated, None for observed data.
        n_calls: of a model that a training window is long enough for.
    """

    n_inputs: int
    n_outputs: int
    state_shape: tuple[int, ...]
    time_step: float
    time_unit: str
    mean: Float[np.ndarray, "*pooled"]
    deviation: Float[np.ndarray, "*pooled"]
    increment_deviation: Float[np.ndarray, "*pooled"]
    component_names: tuple[str, ...]
    body_names: tuple[str, ...] | None = None
    grid: Float[np.ndarray, " points"] | None = None
    dtype: torch.dtype = torch.float32
    system: System | None = None
    n_calls: int = 1

    @property
    def n_window(self) -> int:
        """States that one call of a model is about."""
        return self.n_inputs + self.n_outputs

    @property
    def n_training(self) -> int:
        """States of a training window."""
        return self.n_inputs + self.n_calls * self.n_outputs


class SequenceWindows(LightningDataModule):
    """Base class of the data sets of sequence models; a subclass implements `load`, and says what it knows of a state.

    After `setup()` there are `sequences` (train, validation, test) and `spec`. The three may differ in length; a single
    long trajectory that was cut by time is three arrays with a batch of one.

    A subclass may also override `component_names`, `body_names`, `grid`, `system`, `roll_out_metrics` and the class
    attribute `pooled_axes`.

    Args:
        n_inputs: states a model sees.
        n_outputs: states after these that it must predict.
        time_step: between two states.
        time_unit: of all times.
        batch_size: windows per batch and process.
        windows_per_epoch: how many of the training windows an epoch visits, drawn anew in each; null: all.
        dtype: of the batches, float32 or float64.
        n_calls: how many calls of a model a training window is long enough for; above 1 a model can be trained to go on
            from its own predictions.

    Attributes:
        seed: of the shuffling; the run's.

    Raises:
        ConfigurationError: a value is out of range.
    """

    pooled_axes: ClassVar[tuple[int, ...]] = ()
    """Axes of a state whose entries share one mean and one deviation, such as the points of a field."""

    def __init__(
        self,
        *,
        n_inputs: ConfiguredInteger,
        n_outputs: ConfiguredInteger,
        time_step: float | int,
        time_unit: str = "time",
        batch_size: ConfiguredInteger = 32,
        windows_per_epoch: ConfiguredInteger | None = None,
        dtype: str = "float32",
        n_calls: ConfiguredInteger = 1,
    ) -> None:
        super().__init__()
        self.seed = 0
        self.n_inputs = require_integer("data.n_inputs", n_inputs, 1, "a model needs at least 1 state to start from")
        self.n_outputs = require_integer("data.n_outputs", n_outputs, 1, "predict at least 1 state")
        self.n_calls = require_integer("data.n_calls", n_calls, 1, "a training window is for at least 1 call")
        if not 0 < time_step < float("inf"):
            raise ConfigurationError(f"data.time_step={time_step}: the time between two states must be positive")
        self.time_step, self.time_unit = float(time_step), time_unit
        self.batch_size = require_integer("data.batch_size", batch_size, 1, "a batch needs at least 1 window")
        self.windows_per_epoch = windows_per_epoch
        if windows_per_epoch is not None:
            remedy = f"an epoch needs at least one batch of data.batch_size={batch_size}; null visits all windows"
            require_integer("data.windows_per_epoch", windows_per_epoch, self.batch_size, remedy)
        self.dtype = DTYPES[require_choice("data.dtype", dtype, DTYPES)]
        self._loaded: tuple[dict[str, States], SequenceSpec] | None = None

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    def load(self) -> Mapping[str, States]:
        """The trajectories of `train`, `validation` and `test`, each (trajectories, time, *state), one time step apart.

        Raises:
            DataError: the data cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement load().")

    @property
    def component_names(self) -> tuple[str, ...] | None:
        """Names for figures; x1, x2, … for the entries of the last axis where this is None."""
        return None

    @property
    def body_names(self) -> tuple[str, ...] | None:
        """Of the bodies where states are (bodies, axes); None where they are not."""
        return None

    @property
    def grid(self) -> Float[np.ndarray, " points"] | None:
        """Positions of the points of a one-dimensional field; None where states are no field."""
        return None

    @property
    def system(self) -> System | None:
        """The system that was simulated; None for observed data."""
        return None

    def roll_out_metrics(
        self, prediction: Float[np.ndarray, "batch time *state"], reference: Float[np.ndarray, "batch time *state"]
    ) -> Metrics:
        """What roll-outs over the test trajectories are to be judged by in terms of these data; nothing else here.

        Args:
            prediction: may hold states that are not finite.
            reference: the truth.
        """
        return {}

    # ---- what it becomes --------------------------------------------------------------------------------------------

    def setup(self, stage: str | None = None) -> None:
        """Load, check and describe the data once; further calls do nothing.

        Args:
            stage: Lightning's name of what comes next; the data are the same for all.

        Raises:
            FileNotFoundError: a file is missing.
            ConfigurationError: a choice does not fit the data.
            DataError: the data cannot be used.
        """
        if self._loaded is not None:
            return
        sequences = {name: np.asarray(states) for name, states in self.load().items()}
        self._require_usable(sequences)
        spec = self._described(sequences["train"])
        self._windows = TrainingWindows(sequences["train"], spec, self.batch_size, self.windows_per_epoch, self.seed)
        self._loaded = sequences, spec

    @property
    def sequences(self) -> dict[str, States]:
        """The trajectories of `train`, `validation` and `test`, in their own units."""
        return self._after_setup()[0]

    @property
    def spec(self) -> SequenceSpec:
        """What a model must know about the data."""
        return self._after_setup()[1]

    def starts(self, split: str) -> Float[Tensor, "batch time *state"]:
        """The first `n_inputs` states of every trajectory of a split, from which roll-outs start."""
        return torch.from_numpy(self.sequences[split][:, : self.n_inputs]).to(self.dtype)

    def train_dataloader(self) -> "TrainingWindows":
        """Full batches of windows, other ones in every epoch, shared out among the processes of a distributed run."""
        self._after_setup()
        trainer = self.trainer
        rank, world_size = (trainer.global_rank, trainer.world_size) if trainer else (0, 1)
        return self._windows.shared(self.seed, rank, world_size)

    def val_dataloader(self) -> list[Tensor]:
        """None: the weights are selected by roll-outs, which the method makes."""
        return []

    def _after_setup(self) -> tuple[dict[str, States], SequenceSpec]:
        if self._loaded is None:
            raise RuntimeError("The data are not loaded yet: call setup() first.")
        return self._loaded

    def _require_usable(self, sequences: dict[str, np.ndarray]) -> None:
        missing = [name for name in SPLITS if name not in sequences]
        if missing:
            raise DataError(f"{type(self).__name__}.load() gave no {missing[0]} trajectories; give {', '.join(SPLITS)}")
        shape = sequences["train"].shape[2:]
        for name in SPLITS:
            states = sequences[name]
            if states.ndim < 3 or states.shape[2:] != shape or 0 in states.shape or states.dtype.kind != "f":
                raise DataError(
                    f"the {name} trajectories are {states.shape} of {states.dtype}; expected real numbers "
                    f"(trajectories, time, *state) with states of the shape {shape}"
                )
            n_calls = self.n_calls if name == "train" else 1
            if states.shape[1] < self.n_inputs + n_calls * self.n_outputs:
                raise DataError(
                    f"the {name} trajectories have {states.shape[1]} states, fewer than a window of data.n_inputs="
                    f"{self.n_inputs} and {n_calls} (data.n_calls) times data.n_outputs={self.n_outputs}; use longer "
                    "trajectories or shorter windows"
                )
            if not np.isfinite(states).all():
                place = tuple(int(index[0]) for index in np.nonzero(~np.isfinite(states)))
                raise DataError(f"the {name} trajectories hold {states[place]} at {place}; every state must be finite")

    def _described(self, train: np.ndarray) -> SequenceSpec:
        pooled = (0, 1, *(2 + axis for axis in self.pooled_axes))

        def root_mean_square(values: np.ndarray) -> np.ndarray:
            return np.sqrt(np.mean(np.square(values, dtype=np.float64), axis=pooled, keepdims=True))[0, 0]

        mean = train.mean(axis=pooled, keepdims=True, dtype=np.float64)
        varies = np.ptp(train, axis=pooled, keepdims=True)[0, 0] > 0
        names = self.component_names
        return SequenceSpec(
            n_inputs=self.n_inputs,
            n_outputs=self.n_outputs,
            state_shape=train.shape[2:],
            time_step=self.time_step,
            time_unit=self.time_unit,
            mean=mean[0, 0],
            deviation=np.where(varies, root_mean_square(train - mean), 1.0),
            increment_deviation=np.where(varies, root_mean_square(np.diff(train, axis=1)), 1.0),
            body_names=self.body_names,
            component_names=names or tuple(f"x{number}" for number in range(1, train.shape[-1] + 1)),
            grid=self.grid,
            dtype=self.dtype,
            system=self.system,
            n_calls=self.n_calls,
        )


class TrainingWindows:
    """An iterable over batches of windows whose starts are a pure function of (seed, epoch).

    Lightning calls `sampler.set_epoch(epoch)` at the start of every epoch; nothing else is needed for a resumed run to
    see the batches that an uninterrupted one would have seen. An epoch visits no window twice.

    Args:
        states: the trajectories.
        spec: of the data.
        batch_size: windows per batch.
        windows_per_epoch: how many windows an epoch visits; None: all.
        seed: of the order.
        rank: of this process.
        world_size: number of processes.

    Raises:
        ConfigurationError: there are fewer windows than a batch needs.
    """

    batch_sampler: None = None
    """Lightning asks every loader that has a sampler for this attribute."""

    def __init__(
        self,
        states: States,
        spec: SequenceSpec,
        batch_size: int,
        windows_per_epoch: int | None = None,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self._states, self._spec, self._batch_size = states, spec, batch_size
        self._windows_per_epoch = windows_per_epoch
        self._n_starts = states.shape[1] - spec.n_training + 1
        self.sampler = EpochSampler(len(states) * self._n_starts, seed, rank=rank, world_size=world_size)
        share = self.sampler.smallest_share
        self._n_windows = share if windows_per_epoch is None else min(share, windows_per_epoch // world_size)
        if self._n_windows < batch_size:
            raise ConfigurationError(
                f"data.batch_size={batch_size} is larger than the {self._n_windows} training windows of a process in "
                "an epoch; choose a smaller batch, a larger data.windows_per_epoch or use more data"
            )

    def shared(self, seed: int, rank: int, world_size: int) -> "TrainingWindows":
        """The same windows for one of several processes."""
        sizes = self._batch_size, self._windows_per_epoch
        return TrainingWindows(self._states, self._spec, *sizes, seed, rank, world_size)

    def __len__(self) -> int:
        return self._n_windows // self._batch_size

    def __iter__(self) -> Iterator[Tensor]:
        order = self.sampler.indices()
        offsets = np.arange(self._spec.n_training)
        for number in range(len(self)):
            chosen = order[number * self._batch_size : (number + 1) * self._batch_size]
            trajectory, start = np.divmod(chosen, self._n_starts)
            windows = self._states[trajectory[:, None], start[:, None] + offsets]
            yield torch.from_numpy(windows).to(self._spec.dtype)
