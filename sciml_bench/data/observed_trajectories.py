"""The data module every set of whole trajectories is made from: load, check, describe; one full batch per epoch.

It is a LightningDataModule for the trainer, and a plain object for a notebook: after `setup()` it has `observations`
and their `spec`. Everything that can be wrong with the data is said when it is made or in `setup()`, before training.
"""

from collections.abc import Iterator, Sequence

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.observations import Observations
from sciml_bench.data.spec import ObservationSpec
from sciml_bench.systems import System


class FullBatch:
    """A loader with one item per epoch, always the same; the method holds the data and uses all of them in a step."""

    def __init__(self) -> None:
        # Lightning weighs what a step logs by the size of the batch, so that there must be one.
        self._item = torch.ones(1)

    def __len__(self) -> int:
        """One step per epoch."""
        return 1

    def __iter__(self) -> Iterator[Tensor]:
        """The only item, of shape (1,)."""
        return iter((self._item,))


class ObservedTrajectories(LightningDataModule):
    """Base class of the data sets of whole trajectories; a subclass implements `load`.

    Args:
        component_names: what the components of the state are called in figures; x1, x2, … by default.
        time_unit: unit of the times, for the labels of axes.

    Attributes:
        seed: the run's; the data do not depend on it.
    """

    def __init__(self, component_names: Sequence[str] | None = None, time_unit: str = "time") -> None:
        super().__init__()
        self.seed = 0
        self.component_names = component_names
        self.time_unit = time_unit
        self._loaded: tuple[Observations, ObservationSpec] | None = None

    @property
    def system(self) -> System | None:
        """The system that was simulated, with its exact facts; `None` for observed data."""
        return None

    def load(self) -> Observations:
        """All data; what a subclass implements.

        Raises:
            DataError: the data cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement load().")

    def setup(self, stage: str | None = None) -> None:
        """Load, check and describe the data once; further calls do nothing.

        Args:
            stage: Lightning's name of what comes next; the data are the same for all.

        Raises:
            FileNotFoundError: a file is missing.
            ConfigurationError: a choice does not fit the data.
            DataError: the data cannot be used.
        """
        if self._loaded is None:
            observations = self.load()
            names = self._checked_component_names(observations.dim)
            self._loaded = observations, ObservationSpec.of(observations, names, self.time_unit, self.system)

    @property
    def observations(self) -> Observations:
        """The trajectories and their windows."""
        return self._after_setup()[0]

    @property
    def spec(self) -> ObservationSpec:
        """What a model must know about the data."""
        return self._after_setup()[1]

    def train_dataloader(self) -> FullBatch:
        """One item per epoch; what it holds means nothing, the data are in `observations`."""
        return FullBatch()

    def val_dataloader(self) -> list[FullBatch]:
        """None: the weights are selected by the error on the rows that are learned from."""
        return []

    def _after_setup(self) -> tuple[Observations, ObservationSpec]:
        if self._loaded is None:
            raise RuntimeError("The data are not loaded yet: call setup() first.")
        return self._loaded

    def _checked_component_names(self, dim: int) -> tuple[str, ...]:
        if self.component_names is None:
            return tuple(f"x{number}" for number in range(1, dim + 1))
        names = tuple(self.component_names)
        if isinstance(self.component_names, str) or len(names) != dim:
            raise ConfigurationError(
                f"data.component_names={self.component_names}: give one name for each of the {dim} components."
            )
        return names
