"""Fresh random parameters for every training step, and held-out parameters whose solutions were computed once.

A training batch is a pure function of (seed, epoch, step), so a resumed run sees what an uninterrupted one would have
seen. Reference solutions are kept in the cache with a checksum of their bytes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.sampling import EpochBatches, EpochSampler
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.stored.cache import checksum, default_cache, kept_array
from sciml_bench.core.types import PathType

_VALIDATION_RESOLUTION = 64

Parameters = Float[np.ndarray, "batch *parameter_grid"]
Solutions = Float[np.ndarray, "batch *grid"]


@runtime_checkable
class ParametricProblem(Protocol):
    """What has random parameters and reference solutions, such as an equation."""

    @property
    def identity(self) -> str:
        """Everything that reference solutions depend on, such as the representation of a system."""
        ...

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """Random parameters, a function of the seed."""
        ...

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Solutions:
        """Numerical solutions on equally spaced points, of which the error is far below that of any network."""
        ...


class FreshParameters:
    """A problem as a method reads it: random parameters in every step, and reference solutions of held-out ones.

    Args:
        problem: the equation.
        batch_size: parameters per training step, of all processes together.
        fresh: whether every epoch has parameters of its own; else all have those of the first.
        steps_per_epoch: training steps between two looks at the validation error.
        n_validation: held-out parameters for the error curve and the choice of the best weights.
        n_test: parameters for the evaluation.
        test_resolutions: points per space axis on which errors are computed.
        test_time_points: points in time, both ends included, for equations with time.
        test_seed: of the held-out parameters; training seeds never give them.
        cache: folder where reference solutions are kept, `~/.cache/sciml_bench` by default.

    Attributes:
        spec: the problem itself: what a model and a training are built from.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        problem: ParametricProblem,
        *,
        batch_size: ConfiguredInteger = 16,
        fresh: Any = True,
        steps_per_epoch: ConfiguredInteger = 100,
        n_validation: ConfiguredInteger = 16,
        n_test: ConfiguredInteger = 64,
        test_resolutions: Sequence[int] = (64, 128),
        test_time_points: ConfiguredInteger = 33,
        test_seed: ConfiguredInteger = 0,
        cache: PathType | None = None,
    ) -> None:
        self.spec: Any = problem
        if not isinstance(fresh, bool):
            raise ConfigurationError(f"pde.fresh={fresh}: choose true or false.")
        self.fresh = fresh
        self.batch_size = require_integer("pde.batch_size", batch_size, 1, "a batch needs at least 1 parameter field")
        self.steps_per_epoch = require_integer("pde.steps_per_epoch", steps_per_epoch, 1, "give at least 1 step")
        counts = {"validation": n_validation, "test": n_test}
        self.n_held_out = {
            split: require_integer(f"pde.n_{split}", count, 1, "use at least 1 parameter field")
            for split, count in counts.items()
        }
        if isinstance(test_resolutions, str) or not isinstance(test_resolutions, Sequence) or not test_resolutions:
            raise ConfigurationError(f"pde.test_resolutions={test_resolutions}: give a list such as [64,128]")
        self.test_resolutions = tuple(
            require_integer("pde.test_resolutions", n, 4, "a grid needs at least 4 points per axis")
            for n in test_resolutions
        )
        self.test_time_points = require_integer("pde.test_time_points", test_time_points, 3, "give at least 3 points")
        if cache is not None and not isinstance(cache, str | Path):
            raise ConfigurationError(f"pde.cache={cache}: give a folder, or null for the user's cache folder.")
        self.test_seed = require_integer("pde.test_seed", test_seed, 0, "a seed is a whole number and not negative")
        self.cache = default_cache() if cache is None else Path(cache)
        self._held_out: dict[str, Parameters] = {}
        self._solutions: dict[tuple[str, int, int], Solutions] = {}

    @property
    def is_ready(self) -> bool:
        """Whether `setup` has been called."""
        return bool(self._held_out)

    def setup(self) -> None:
        """Draw the held-out parameters and compute, or read, their solutions; further calls do nothing.

        Raises:
            SolverError: the reference solver broke down.
        """
        if self._held_out:
            return
        self._held_out = {
            split: self.spec.draw_parameters(count, self.seed_of(split)) for split, count in self.n_held_out.items()
        }
        self.solutions("validation", _VALIDATION_RESOLUTION)
        for resolution in self.test_resolutions:
            self.solutions("test", resolution)

    def seed_of(self, split: str) -> int:
        """From which the held-out parameters of `validation` or `test` are drawn."""
        return derived_seed(self.test_seed, split)

    def train_loader(self, seed: int = 0, rank: int = 0, world_size: int = 1) -> "FreshBatches":
        """Fresh parameters in every step, shared by the processes; the arguments are those of `Method.train_loader`."""
        return FreshBatches(self, seed, rank, world_size)

    def validation_loader(self, rank: int = 0, world_size: int = 1) -> None:
        """None: a method looks at the held-out parameters by itself, at the end of an epoch."""

    def parameters(self, split: str) -> Parameters:
        """The held-out parameters.

        Args:
            split: validation or test.

        Raises:
            RuntimeError: `setup` was not called.
        """
        if not self._held_out:
            raise RuntimeError("The data are not there yet: call setup() first.")
        return self._held_out[split]

    def solutions(self, split: str, resolution: int = _VALIDATION_RESOLUTION) -> Solutions:
        """Reference solutions of the held-out parameters, float32.

        Args:
            split: validation or test.
            resolution: points per space axis.
        """
        key = (split, resolution, self.test_time_points)
        if key not in self._solutions:
            self._solutions[key] = self.kept_solutions(self.parameters(split), resolution, split)
        return self._solutions[key]

    def kept_solutions(
        self, parameters: Parameters, resolution: int, purpose: str, problem: ParametricProblem | None = None
    ) -> Solutions:
        """Solutions from the cache, or computed and kept there.

        Args:
            parameters: whose.
            resolution: points per space axis.
            purpose: what they are for, said while one waits.
            problem: that is solved, where it is another one.
        """
        asked_of = self.spec if problem is None else problem

        def solved() -> Solutions:
            solutions = asked_of.solve(parameters, resolution, self.test_time_points).astype(np.float32)
            if not np.isfinite(solutions).all():
                raise DataError(f"the reference solver gave numbers that are not finite at resolution {resolution}")
            return solutions

        folder = self.cache / "reference_solutions" / type(asked_of).__name__.lower()
        asked = f"{asked_of.identity} {resolution} {self.test_time_points} {checksum(parameters)}"
        what = f"computing {len(parameters)} {purpose} solutions at resolution {resolution}"
        return kept_array(folder, asked, "solutions", solved, what)


class FreshBatches(EpochBatches):
    """The batches of an epoch, drawn when they are asked for.

    Args:
        view: whose parameters.
        seed: of the run.
        rank: number of this process; every process draws all and takes its part.
        world_size: number of processes.

    Raises:
        ConfigurationError: a batch has fewer parameters than there are processes.
    """

    def __init__(self, view: FreshParameters, seed: int, rank: int = 0, world_size: int = 1) -> None:
        self.view, self.seed, self.epoch = view, seed, 0
        share = EpochSampler(view.batch_size, seed, False, rank, world_size)
        share.require_shared(view.batch_size, "pde.batch_size")
        self._own = share.indices()

    @property
    def sampler(self) -> "FreshBatches":
        """Itself: it is told the epoch."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.view.steps_per_epoch

    def __iter__(self) -> Iterator[Float[torch.Tensor, "batch *parameter_grid"]]:
        for step in range(len(self)):
            epoch = self.epoch if self.view.fresh else 0
            seed = derived_seed(self.seed, "parameters", epoch, step, 0)
            drawn = self.view.spec.draw_parameters(self.view.batch_size, seed)[self._own]
            yield torch.from_numpy(drawn).to(torch.float32)
