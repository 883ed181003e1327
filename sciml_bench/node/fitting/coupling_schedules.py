"""How the homotopy parameter λ falls from 1, where the dynamics follow the data, to 0, where they are free."""

from itertools import accumulate

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError


class CouplingSchedule:
    """λ as a function of the epoch; the base of all schedules.

    Attributes:
        n_epochs: length of the schedule.
    """

    n_epochs: int

    def __call__(self, epoch: int) -> float:
        """λ in an epoch, which counts from 0."""
        raise NotImplementedError(f"{type(self).__name__} must implement __call__()")

    def stretch(self, n_epochs: int) -> None:
        """Make the schedule about so long, with the same values of λ, each for at least one epoch.

        Args:
            n_epochs: at least 1.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement stretch()")

    def observe(self, epoch: int, loss: float) -> None:
        """Take note of the coupled error of an epoch; a schedule that is fixed beforehand ignores it."""

    def state_dict(self) -> dict[str, float | int | list[float]]:
        """What a resumed run needs; empty for a schedule that is fixed beforehand."""
        return {}

    def load_state_dict(self, state: dict[str, float | int | list[float]]) -> None:
        """From the checkpoint."""


class PowerLawSchedule(CouplingSchedule):
    """n values from 1 to exactly 0 whose decrements shrink by a constant factor.

    decrement_j = κ^j / Σ_{i=0}^{n−2} κ^i,   λ(epoch) = values[epoch // epochs_per_step]
    (Ko et al., NeurIPS 2023, section 4.3).

    Args:
        n_steps: n, number of values.
        epochs_per_step: epochs spent at each.
        decay: κ; 1 makes all decrements equal.

    Raises:
        ConfigurationError: fewer than 2 values, no epochs, or κ not positive.
    """

    def __init__(
        self, n_steps: ConfiguredInteger = 6, epochs_per_step: ConfiguredInteger = 100, decay: ConfiguredNumber = 0.6
    ) -> None:
        _require_count("n_steps", n_steps, 2)
        _require_count("epochs_per_step", epochs_per_step, 1)
        decay = require_number("training.coupling_schedule.decay", decay, "give a number greater than 0")
        self.values = power_law_values(n_steps, decay)
        self.stretch(n_steps * epochs_per_step)

    def stretch(self, n_epochs: int) -> None:
        """Equally many epochs at each value."""
        self.epochs_per_step = max(1, n_epochs // len(self.values))
        self.n_epochs = len(self.values) * self.epochs_per_step

    def __call__(self, epoch: int) -> float:
        """λ in an epoch; 0 after the last step."""
        step = epoch // self.epochs_per_step
        return self.values[step] if step < len(self.values) else 0.0


class ConstantSchedule(CouplingSchedule):
    """The same λ in every epoch.

    Args:
        value: λ.
        n_epochs: length.

    Raises:
        ConfigurationError: λ is negative, or there are no epochs.
    """

    def __init__(self, value: ConfiguredNumber = 1.0, n_epochs: ConfiguredInteger = 600) -> None:
        remedy = "give a number of at least 0"
        self.value = require_number("training.coupling_schedule.value", value, remedy, positive=False)
        self.n_epochs = _require_count("n_epochs", n_epochs, 1)

    def stretch(self, n_epochs: int) -> None:
        """So many epochs."""
        self.n_epochs = n_epochs

    def __call__(self, epoch: int) -> float:
        """λ."""
        return self.value


class AdaptiveSchedule(CouplingSchedule):
    """The power law's values, each left as soon as the coupled error has settled.

    The error of an epoch jumps up and down with the optimiser; settled means that the least error of the last
    `patience` epochs is not below `improvement` times the least error before them.

    Args:
        n_steps: number of values.
        max_epochs_per_step: a value is left after so many epochs in any case.
        decay: κ of the power law.
        patience: epochs that are looked at.
        improvement: factor below which an error counts as better.

    Raises:
        ConfigurationError: a count below its least value, κ not positive, or `improvement` not between 0 and 1.
    """

    def __init__(
        self,
        n_steps: ConfiguredInteger = 6,
        max_epochs_per_step: ConfiguredInteger = 100,
        decay: ConfiguredNumber = 0.6,
        patience: ConfiguredInteger = 20,
        improvement: ConfiguredNumber = 0.95,
    ) -> None:
        _require_count("max_epochs_per_step", max_epochs_per_step, 1)
        fixed = PowerLawSchedule(n_steps, max_epochs_per_step, decay)
        _require_count("patience", patience, 1)
        if not 0 < improvement <= 1:
            raise ConfigurationError(
                f"training.coupling_schedule.improvement={improvement}: give a number above 0, at most 1"
            )
        self.values, self.n_epochs = fixed.values, fixed.n_epochs
        self.max_epochs_per_step, self.patience, self.improvement = max_epochs_per_step, patience, float(improvement)
        self._step, self._errors = 0, list[float]()

    def stretch(self, n_epochs: int) -> None:
        """Equally many epochs at each value at most."""
        self.max_epochs_per_step = max(1, n_epochs // len(self.values))
        self.n_epochs = len(self.values) * self.max_epochs_per_step

    def __call__(self, epoch: int) -> float:
        """λ now; the number of the epoch does not matter."""
        return self.values[self._step]

    def observe(self, epoch: int, loss: float) -> None:
        """Move on if the error has settled; the last value, 0, is kept to the end."""
        self._errors.append(float(loss))
        if self._step < len(self.values) - 1 and self._has_settled():
            self._step += 1
            self._errors.clear()

    def _has_settled(self) -> bool:
        if len(self._errors) >= self.max_epochs_per_step:
            return True
        earlier, recent = self._errors[: -self.patience], self._errors[-self.patience :]
        return bool(earlier) and min(recent) >= self.improvement * min(earlier)

    def state_dict(self) -> dict[str, float | int | list[float]]:
        """Which value, and the errors seen at it."""
        return {"step": self._step, "errors": list(self._errors)}

    def load_state_dict(self, state: dict[str, float | int | list[float]]) -> None:
        """From the checkpoint."""
        self._step, self._errors = int(state["step"]), list(state["errors"])  # pyright: ignore[reportArgumentType]


def power_law_values(n_steps: int, decay: float) -> list[float]:
    """1, 1 − κ⁰/S, 1 − (κ⁰ + κ¹)/S, …, 0 with S = Σ κ^i."""
    total = sum(decay**i for i in range(n_steps - 1))
    decrements = (decay**j / total for j in range(n_steps - 2))
    # rounding may not make it negative
    return [*accumulate(decrements, lambda value, decrement: max(value - decrement, 0.0), initial=1.0), 0.0]


def _require_count(key: str, value: object, minimum: int) -> int:
    remedy = f"give a whole number of at least {minimum}"
    return require_integer(f"training.coupling_schedule.{key}", value, minimum, remedy)
