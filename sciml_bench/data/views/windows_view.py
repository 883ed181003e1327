"""How a model that maps some past states to some future ones reads a record: as windows of whole trajectories.

Training batches hold windows (batch, n_inputs + n_calls · n_outputs, *state) cut from the training trajectories at
random starts; the other parts are kept whole, since what counts there is how long a rollout stays good.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.sampling import EpochBatches, EpochSampler
from sciml_bench.data.lazy_states import (
    MERGED_GAP,
    StateArray,
    blocks_per_window,
    iterate_blocks,
    read_block,
    rows_per_block,
)
from sciml_bench.data.reading_ahead import ahead
from sciml_bench.data.record import Record
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.data.trajectories import Trajectories

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class WindowsView:
    """Windows of the training trajectories, and the others for rollouts.

    Args:
        record: what was observed.
        n_inputs: states a model sees.
        n_outputs: states after these that it must predict.
        batch_size: windows per batch, of all processes together.
        windows_per_epoch: how many of the training windows an epoch visits, drawn anew in each; null: all.
        n_calls: how many calls of a model a training window is long enough for; above 1 a model can be trained to go on
            from its own predictions.
        dtype: of the batches, float32 or float64.
        shuffle: whether training windows come in a new order every epoch.

    Attributes:
        spec: of the record and of the windows.

    Raises:
        ConfigurationError: a value is out of range.
        DataError: a trajectory is too short for a window, or not sampled regularly.
    """

    def __init__(
        self,
        record: Record,
        n_inputs: ConfiguredInteger,
        n_outputs: ConfiguredInteger,
        batch_size: ConfiguredInteger = 32,
        windows_per_epoch: ConfiguredInteger | None = None,
        n_calls: ConfiguredInteger = 1,
        dtype: ConfiguredWord = "float32",
        shuffle: bool = True,
    ) -> None:
        record.setup()
        self.record = record
        inputs = require_integer("training.view.n_inputs", n_inputs, 1, "a model needs at least 1 state to start from")
        outputs = require_integer("training.view.n_outputs", n_outputs, 1, "predict at least 1 state")
        calls = require_integer("training.view.n_calls", n_calls, 1, "a training window is for at least 1 call")
        self.batch_size = require_integer("training.view.batch_size", batch_size, 1, "a batch needs at least 1 window")
        self.windows_per_epoch, self.shuffle = windows_per_epoch, shuffle
        if windows_per_epoch is not None:
            remedy = f"an epoch needs a whole batch of training.view.batch_size={batch_size}; null visits all windows"
            require_integer("training.view.windows_per_epoch", windows_per_epoch, self.batch_size, remedy)
        self.spec = WindowsSpec(
            **vars(record.spec),
            n_inputs=inputs,
            n_outputs=outputs,
            n_calls=calls,
            increment_deviation=increment_deviation(record.splits["train"]),
            dtype=DTYPES[require_choice("training.view.dtype", dtype, DTYPES)],
        )
        for name, part in record.splits.items():
            self._require_long_enough(name, part)
        self.train_loader()

    def sequences(self, split: str) -> Shaped[np.ndarray, "batch time *state"]:
        """The trajectories of a part, named as in `Record.part`, in their own units, each as long as the shortest."""
        part = self.record.part(split)
        return np.stack([read_block(states, 0, min(part.lengths)) for states in part.states])

    def starts(self, split: str) -> Float[torch.Tensor, "batch time *state"]:
        """The first `n_inputs` states of every trajectory of a part, as a model sees them; rollouts start there."""
        part = self.record.part(split)
        first = np.stack([read_block(states, 0, self.spec.n_inputs) for states in part.states])
        return self.spec.to_model(first)

    def train_loader(self, seed: int = 0, rank: int = 0, world_size: int = 1) -> "TrainingWindows":
        """Full batches of windows, other ones in every epoch; the arguments are those of `Method.train_loader`."""
        return TrainingWindows(self, seed, rank, world_size)

    def validation_loader(self, rank: int = 0, world_size: int = 1) -> None:
        """None: the weights are selected by rollouts, which the method makes."""

    def _require_long_enough(self, name: str, part: Trajectories) -> None:
        if part.masked:
            raise NotApplicableError(
                "data.missing=mask: windows cannot leave out missing values; use data.missing=interpolate"
            )
        if not part.is_regular:
            remedy = "data.resample=<time step>" if part.missing_times is None else "data.missing=interpolate"
            raise DataError(f"the {name} split: windows need states at regular times; set {remedy}.")
        n_calls = self.spec.n_calls if name == "train" else 1
        if min(part.lengths) < (n_rows := self.spec.n_inputs + n_calls * self.spec.n_outputs):
            raise DataError(
                f"the {name} trajectories have {min(part.lengths)} states, fewer than a window of "
                f"training.view.n_inputs={self.spec.n_inputs} and {n_calls} (training.view.n_calls) times "
                f"training.view.n_outputs={self.spec.n_outputs}; use longer trajectories or shorter windows"
                f"{self.record.whole_instead(n_rows)}"
            )


class TrainingWindows(EpochBatches):
    """An iterable over batches of windows whose starts are a pure function of (seed, epoch); no window comes twice.

    Args:
        view: whose training windows, which are numbered trajectory by trajectory.
        seed: of the order.
        rank: of this process.
        world_size: number of processes.

    Raises:
        ConfigurationError: there are fewer windows than a batch needs.
    """

    def __init__(self, view: WindowsView, seed: int = 0, rank: int = 0, world_size: int = 1) -> None:
        train, asked = view.record.splits["train"], view.windows_per_epoch
        self._states, self._spec, self._batch_size = train.states, view.spec, view.batch_size
        self._on_disk = train.on_disk
        self._first_windows = np.cumsum([0, *(length - view.spec.n_training + 1 for length in train.lengths)])
        blocks = (rows_per_block(train.states[0]), blocks_per_window(train.states[0])) if train.on_disk else ()
        self.sampler = EpochSampler(int(self._first_windows[-1]), seed, view.shuffle, rank, world_size, *blocks)
        self._n_windows = min(self.sampler.n_items, asked or self.sampler.n_items)
        if self._n_windows < view.batch_size:
            raise ConfigurationError(
                f"training.view.batch_size={view.batch_size} is larger than the {self._n_windows} windows of an epoch; "
                "choose a smaller batch, a larger training.view.windows_per_epoch or use more data"
            )
        self.sampler.require_shared(view.batch_size, "training.view.batch_size")

    def __len__(self) -> int:
        return self._n_windows // self._batch_size

    def __iter__(self) -> Iterator[torch.Tensor]:
        cut, windows, begun = self._cut(), np.empty(0), 0
        for number in range(1, len(self) + 1):
            done = int(self.sampler.own_among(np.array([number * self._batch_size]), self._batch_size)[0])
            size, begun = done - begun, done
            while len(windows) < size:
                windows = np.concatenate([windows, next(cut)]) if len(windows) else next(cut)
            yield self._spec.to_model(windows[:size])
            windows = windows[size:]

    def _cut(self) -> Iterator[Shaped[np.ndarray, "batch time *state"]]:
        """The windows of the epoch, some at a time; what is on disk is read ahead of them."""
        held = map(self._held, self.sampler.windows(self._batch_size))
        for blocks, numbers, starts in ahead(held) if self._on_disk else held:
            places = list(zip(numbers.tolist(), starts.tolist(), strict=True))
            for first in range(0, len(places), self._batch_size):
                chosen = places[first : first + self._batch_size]
                yield np.stack([read_block(blocks[n], row, row + self._spec.n_training) for n, row in chosen])

    def _held(self, windows: Int[np.ndarray, " windows"]) -> tuple[Sequence[StateArray], np.ndarray, np.ndarray]:
        """Rows in memory of which some windows are cut, in contiguous blocks, and the block and row of each window."""
        if not self._on_disk:
            trajectory = np.searchsorted(self._first_windows, windows, side="right") - 1
            return self._states, trajectory, windows - self._first_windows[trajectory]
        ordered = np.sort(windows)
        trajectory = np.searchsorted(self._first_windows, ordered, side="right") - 1
        apart = (np.diff(ordered) > self._spec.n_training + MERGED_GAP) | (np.diff(trajectory) > 0)
        begins, ends = np.flatnonzero(np.append(True, apart)), np.flatnonzero(np.append(apart, True))
        rows, blocks = ordered - self._first_windows[trajectory], []
        for begin, end in zip(begins, ends, strict=True):
            reach = int(rows[end]) + self._spec.n_training
            blocks.append(read_block(self._states[int(trajectory[begin])], int(rows[begin]), reach))
        numbers = np.searchsorted(ordered[begins], windows, side="right") - 1
        return blocks, numbers, windows - ordered[begins][numbers]


def increment_deviation(trajectories: Trajectories) -> Float[np.ndarray, "*pooled"]:
    """Root mean square of the difference of two neighbouring states, pooled like `RecordSpec.deviation`.

    It is in float64, and 1 for what never changes. States on disk are read in blocks.
    """
    areas = trajectories.facts.get("cell_areas")
    axes = (0, 1) if "grid" in trajectories.facts and areas is None else (0,)

    def squares() -> Iterator[np.ndarray]:
        for states in trajectories.states:
            last = read_block(states, 0, 1)
            for start, block in iterate_blocks(states):
                rows = np.concatenate([last, block]) if start else block
                last = block[-1:]
                # the difference in the type of the data, as a model sees it
                rows = rows if rows.dtype.kind == "f" else rows.astype(np.float64)
                yield np.square(np.diff(rows, axis=0), dtype=np.float64)

    if trajectories.on_disk:
        sums = [(part.sum(axis=axes, keepdims=True)[0], part.shape[0]) for part in squares()]
        mean = sum(part for part, _ in sums) / sum(count for _, count in sums)
        mean = mean if len(axes) == 1 else mean / trajectories.state_shape[0]
    else:
        mean = np.concatenate(list(squares())).mean(axis=axes, keepdims=True)[0]
    if areas is not None:
        return areas.scales(mean)
    deviation = np.sqrt(np.asarray(mean))
    return np.where(deviation > 0, deviation, 1.0)
