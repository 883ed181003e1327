"""How a Koopman method reads a record: as pairs of states a fixed lag apart."""

from collections.abc import Sequence

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.sampling import EpochSampler
from sciml_bench.data.reading import tell_short_pieces
from sciml_bench.data.record import Record
from sciml_bench.data.spec import LaggedPairsSpec, RecordSpec
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.views.lagged_pairs import LaggedPairs, require_lag
from sciml_bench.data.views.pair_loader import GroupedBatches, PairLoader

HELD_OUT_BYTES = 2**22
"""Memory of one held-out batch: large, since nothing is learned from it, and independent of the number of pairs."""


_WHOLE = 1e-3
"""How far a lag may be from whole steps, relative to it: clocks are written in single precision."""


class LaggedPairsView:
    """The pairs of every part of a record.

    Args:
        record: what was observed.
        lag: distance within a pair, in steps.
        lag_time: the same in the record's unit of time; where it is given, `lag` is not looked at.
        lags: several, in steps: batches have pairs of all of them, `pairs` those of the shortest; where they are given,
            `lag` is not looked at.
        batch_size: pairs per batch, of all processes together.
        standardize: whether states are scaled to mean 0 and deviation 1 with the statistics of the training part.
        shuffle: whether training batches come in a new order every epoch.

    Attributes:
        lag: the shortest.
        lags: all of them, in their order.
        spec: of the record, in its own units, with the lag and the standardisation.
        splits: the trajectories of the record's parts, in standardised units where that was asked for.

    Raises:
        ConfigurationError: a value is out of range.
        DataError: a trajectory is too short for the lag, or not sampled regularly.
    """

    def __init__(
        self,
        record: Record,
        lag: ConfiguredInteger = 1,
        batch_size: ConfiguredInteger = 256,
        standardize: bool = False,
        shuffle: bool = True,
        lag_time: ConfiguredNumber | None = None,
        lags: Sequence[ConfiguredInteger] | None = None,
    ) -> None:
        record.setup()
        if lags is not None and lag_time is not None:
            raise ConfigurationError(f"training.view.lags={list(lags)}, training.view.lag_time={lag_time}: give one")
        chosen = [lag if lag_time is None else _steps(lag_time, record.spec)] if lags is None else _several(lags)
        self.record, self.shuffle = record, shuffle
        self.batch_size = require_integer("training.view.batch_size", batch_size, 1, "a batch needs at least 1 pair")
        key = "training.view.lag" if lags is None else "training.view.lags"
        for name, part in record.splits.items():
            self.lag = require_lag(part, chosen[0], f"the {name} split", key, record)
            if lags is not None and name != "test":  # of which nothing is learned or selected
                require_lag(part, chosen[-1], f"the {name} split", key, record)
        self.lags = tuple(int(each) for each in chosen)
        train = record.splits["train"].unchecked(masked=False)
        tell_short_pieces(train, train.spans_between_gaps(self.lags[-1] + 1), "the train split")
        scale = self._scale() if standardize else None
        self.splits = {name: part if scale is None else scale.apply(part) for name, part in record.splits.items()}
        self.spec = LaggedPairsSpec(**vars(record.spec), lag=self.lag, lags=self.lags, standardization=scale)
        self._pairs: dict[tuple[str, bool], LaggedPairs] = {}
        self._learned_from("train")

    def pairs(self, split: str) -> LaggedPairs:
        """The pairs of a part at the shortest lag, named as for `Record.part`; made once."""
        return self._made(split, several=False)

    def _learned_from(self, split: str) -> LaggedPairs:
        """Those of all lags."""
        return self._made(split, several=len(self.lags) > 1)

    def _made(self, split: str, several: bool) -> LaggedPairs:
        self.record.part(split)
        if (split, several) not in self._pairs:
            lag = self.lags if several else self.lag
            self._pairs[split, several] = LaggedPairs(self.splits[split], lag, where=f"the {split} split")
        return self._pairs[split, several]

    def _scale(self) -> Standardization:
        """Of every component by itself; of what is on disk it is known, and reading it again is slow."""
        train, spec = self.record.splits["train"], self.record.spec
        if (train.on_disk or "cell_areas" in train.facts) and spec.mean.shape == train.state_shape:
            return Standardization(spec.mean, spec.deviation)
        return Standardization.fit(train)

    def train_loader(
        self, seed: int = 0, rank: int = 0, world_size: int = 1, batches_per_call: int = 1
    ) -> PairLoader | GroupedBatches:
        """Full batches (now, later), or (now, later, weights), in an order that is a function of seed and epoch.

        The arguments are those of `Method.train_loader`; with `batches_per_call` above 1, batches come in lists.
        """
        pairs = self._learned_from("train")
        blocks = pairs.block_size, pairs.blocks_per_window
        sampler = EpochSampler(len(pairs), seed, self.shuffle, rank, world_size, *blocks)
        loader = PairLoader(pairs, self.batch_size, sampler, drop_last=True)
        return loader if batches_per_call == 1 else GroupedBatches(loader, batches_per_call)

    def validation_loader(self, rank: int = 0, world_size: int = 1) -> PairLoader | None:
        """All validation pairs in their order, in large batches; None where the record has no such part."""
        return self.held_out_loader("validation", rank, world_size)

    def held_out_loader(self, split: str, rank: int = 0, world_size: int = 1) -> PairLoader | None:
        """All pairs of a part in their order, in large batches; None where the record has no such part."""
        if split not in self.splits:
            return None
        pairs = self._learned_from(split)
        sampler = EpochSampler(len(pairs), 0, False, rank, world_size, pairs.block_size, pairs.blocks_per_window)
        return PairLoader(pairs, max(self.batch_size, HELD_OUT_BYTES // pairs.bytes_per_pair), sampler)


def _several(lags: Sequence[ConfiguredInteger]) -> list[int]:
    """Lags in steps.

    Raises:
        ConfigurationError: they do not rise, or one is no whole number of at least 1.
    """
    remedy = "give whole numbers of steps, the shortest first, such as [1,5,10]"
    if isinstance(lags, str) or not isinstance(lags, Sequence) or not lags:
        raise ConfigurationError(f"training.view.lags={lags}: {remedy}")
    found = [require_integer("training.view.lags", each, 1, remedy) for each in lags]
    if sorted(set(found)) != found:
        raise ConfigurationError(f"training.view.lags={found}: {remedy}")
    return found


def _steps(lag_time: ConfiguredNumber, spec: RecordSpec) -> int:
    """A lag in steps of the record's clock.

    Raises:
        ConfigurationError: it is no whole number of steps.
    """
    unit = spec.time_unit
    lag_time = require_number("training.view.lag_time", lag_time, f"give the lag in the record's unit, {unit}")
    steps = round(lag_time / spec.time_step)
    if steps < 1 or abs(steps - lag_time / spec.time_step) > _WHOLE * steps:
        raise ConfigurationError(
            f"training.view.lag_time={lag_time}: rows are {spec.time_step:.6g} {unit} apart; give a multiple of that, "
            f"such as {max(1, steps) * spec.time_step:.6g}"
        )
    return steps
