"""What run() asks of a paradigm: a method that learns from a record, and the object that it has learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_type_hints

import torch
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.stored.learned_file import Learned
from sciml_bench.core.types import Metrics


@dataclass
class Progress:
    """Where a fit is; the loop keeps it up to date.

    Args:
        epoch: from 0.
        step: of the optimiser, from 0.
        n_epochs: of the whole fit.
        n_steps: of the whole fit.
        seed: of the run.
        device: where the weights are.
    """

    epoch: int = 0
    step: int = 0
    n_epochs: int = 1
    n_steps: int = 1
    seed: int = 0
    device: torch.device | str = "cpu"


class Method(nn.Module):
    """The base of every way of learning; it knows nothing of trainers.

    A method of gradient steps defines `loss`; one without epochs defines `fit` and is a `DirectMethod`. Either way
    `learned` gives what was learned, as a plain object. What counts steps or functions in between keeps its numbers out
    of the weights: in `counters`, since the weights go back to those of the best epoch.

    Args:
        view: how the method reads its record.

    Raises:
        NotApplicableError: the record has inputs or weights, and this method takes none.

    Attributes:
        learning_rate: of the optimiser, where the schedule starts.
        n_epochs: what `trainer.max_epochs=null` stands for.
        progress: kept up to date by the loop.
        best_epoch: the epoch whose weights were selected, from 0; known when `learned` is called after a fit.
    """

    monitor: ClassVar[str | None] = None
    """The logged quantity that selects the best weights; None keeps the last ones."""

    monitor_mode: ClassVar[str] = "min"

    shown: ClassVar[tuple[str, ...]] = ("loss",)
    """The logged quantities that the progress bar shows."""

    headline: tuple[str, ...] = ()
    """The metrics that are shown when a run has finished."""

    batches_per_call: ClassVar[int] = 1
    """Small steps that share one call of the loop, whose own cost is then shared as well."""

    joins_processes: ClassVar[bool] = False
    """Whether `loss` is already that of the batches of all processes; else it is a mean over those of one."""

    keeps_precision: ClassVar[bool] = False
    """Whether what it has learned stays in the precision of `trainer.precision`, and not in that of its states."""

    takes_inputs: ClassVar[bool] = False
    """Whether it learns how inputs act on the states."""

    takes_weights: ClassVar[bool] = False
    """Whether rows may count differently."""

    needs_validation: ClassVar[bool] = False
    """Whether it chooses by rows that are held out, also of a short record."""

    view: Any
    learning_rate: float = 1e-3
    n_epochs: int | None = None
    best_epoch: int | None = None

    def __init__(self, view: Any) -> None:
        super().__init__()
        # a view holds data, no weights
        object.__setattr__(self, "view", view)
        inputs = getattr(getattr(view, "spec", None), "input_names", ())
        if inputs and not self.takes_inputs:
            raise NotApplicableError(
                f"data.inputs=[{', '.join(inputs)}]: {type(self).__name__} takes no inputs; leave them out, or choose "
                "one that takes them, such as linear_ridge, homotopy or closed_form"
            )
        if getattr(getattr(view, "spec", None), "weighted", False) and not self.takes_weights:
            raise NotApplicableError(
                f"data.weights: to {type(self).__name__} all rows count alike; leave them out, or use Koopman learning"
            )
        self.progress = Progress()

    @classmethod
    def require_states(cls, state_shape: tuple[int, ...]) -> None:
        """Stop, before data are loaded where their shape is known before, at states that this method cannot learn.

        Args:
            state_shape: of one state.

        Raises:
            ConfigurationError: this method cannot learn from such states.
        """

    # ---- the fit --------------------------------------------------------------------------------------------------

    @property
    def planned_epochs(self) -> int | None:
        """The number of epochs that `trainer.max_epochs=null` stands for, such as the length of a schedule."""
        return self.n_epochs

    def plan(self, n_epochs: int) -> None:
        """Make the fit so many epochs long, with all that it does on the way.

        Args:
            n_epochs: at least 1.
        """
        self.n_epochs = n_epochs

    @property
    def cpu_seconds_before(self) -> float:
        """What the fit learns from has cost, such as solutions of a set: a budget and the record count it."""
        return 0.0

    @property
    def seconds_per_step(self) -> float:
        """About what a step takes, where that can be told before the first; 0 where it cannot."""
        return 0.0

    def start(self) -> None:
        """Called once before the first epoch, and before the weights of an interrupted fit are loaded."""

    def train_loader(self, seed: int, rank: int, world_size: int) -> Any:
        """The batches of an epoch; those of the view, unless a method cuts them otherwise.

        Args:
            seed: of their order.
            rank: of this process.
            world_size: number of processes.
        """
        return self.view.train_loader(seed, rank, world_size)

    def optimizer(self) -> torch.optim.Optimizer:
        """Adam over the weights, unless a method says otherwise; its learning rate follows the schedule."""
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)

    def loss(self, batch: Any) -> Tensor:
        """Of a batch of the view, differentiable; a scalar, or one per member of an ensemble.

        Args:
            batch: as the view's loader gives it.
        """
        raise NotImplementedError(f"{type(self).__name__} must define loss()")

    def samples_in(self, batch: Any) -> float | int:
        """How much a batch counts beside those of other processes: as many samples as it has, unless they are weighted.

        Args:
            batch: as the view's loader gives it.
        """
        return len(batch[0] if isinstance(batch, tuple | list) else batch)

    def validation_loss(self, batch: Any) -> tuple[Tensor, float | int] | None:
        """Of a held-out batch of the view, with its weight; None where it says nothing. Logged as `loss_validation`."""
        return None

    def after_step(self) -> None:
        """Called when the weights have moved."""

    def end_epoch(self) -> Mapping[str, float]:
        """What an epoch logs beside the mean of its losses (`loss`), such as the monitored quantity."""
        return {}

    def end_fit(self) -> None:
        """Called after the last epoch, to let go of what only the fit needs."""

    def counters(self) -> dict[str, Any]:
        """Plain numbers that a resumed fit needs beside the weights."""
        return {}

    def load_counters(self, counters: Mapping[str, Any]) -> None:
        """Take what `counters` gave."""

    # ---- what was learned -----------------------------------------------------------------------------------------

    @property
    def gives(self) -> Any:
        """The class of what it will have learned, where that is known before; else Any."""
        return told_class(type(self).learned)

    def learned(self) -> Learned:
        """What the present weights are, without training data; called in evaluation mode, on the CPU."""
        raise NotImplementedError(f"{type(self).__name__} must define learned()")

    def fit_metrics(self) -> Metrics:
        """What the fit itself is to be judged by, such as its cost, under names of the catalogue."""
        return {} if self.best_epoch is None else {"best_epoch": float(self.best_epoch + 1)}

    def record_entries(self) -> dict[str, Any]:
        """What record.json should tell beside the cost of the fit, in plain values."""
        return {}

    # ---- ensembles ------------------------------------------------------------------------------------------------

    @classmethod
    def joined(cls, methods: Sequence["Method"]) -> "Method":
        """One method that trains all the given ones as a batch, each from its own weights as it would alone.

        The global random state is one for all members in every epoch, so a joined method must not draw random numbers
        per member from it. The given methods stay usable: their parameters are copied, not shared.

        Args:
            methods: one per seed, built from the same configuration and for the same data.

        Raises:
            ConfigurationError: this method trains one seed at a time.
        """
        raise ConfigurationError(
            f"{cls.__name__} trains one seed at a time; leave `ensemble` out and sweep with --multirun seed=0,1,2"
        )

    @property
    def n_members(self) -> int:
        """How many seeds are trained as one batch."""
        return 1

    def sound_members(self, losses: Tensor) -> Sequence[int] | None:
        """The members that go on, of those whose losses are given; None where there are no members.

        Raises:
            SolverError: none is left.
        """
        return None

    def member_values(self) -> Sequence[float] | None:
        """The value of `monitor` for each member at the present weights; None where one seed is trained."""
        return None

    def member_state(self, index: int) -> dict[str, Tensor]:
        """The weights of one member, as the method of a single seed loads them.

        Args:
            index: position among the joined methods.
        """
        return self.state_dict()

    def hand_over(self, index: int, member: "Method") -> None:
        """Give the method of a single seed what its weights do not tell, such as counters.

        Args:
            index: position among the joined methods.
            member: the method that was joined there.
        """


def told_class(function: Any) -> Any:
    """What a function is annotated to return; Any where that is not told, or no more than that it was learned.

    Args:
        function: such as a method's `learned`.
    """
    given = get_type_hints(function).get("return", Any)
    return given if isinstance(given, type) and given is not Learned else Any


class DirectMethod(Method):
    """A method without epochs.

    Attributes:
        cpu_seconds: within which a search for what fits best is to end; None for no limit. A closed form cannot obey.
    """

    cpu_seconds: float | int | None = None

    def fit(self) -> None:
        """Learn from the view's record."""
        raise NotImplementedError(f"{type(self).__name__} must define fit()")

    def n_parameters(self) -> int | None:
        """How many numbers were fitted; None where nothing was, or where that has no meaning."""
        return getattr(self.learned(), "n_parameters", None)
