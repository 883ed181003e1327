"""Learning rates as functions of the number of the optimiser's step, so that a resumed fit needs no state of them."""

import math
from dataclasses import dataclass, field
from typing import Any

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError


class LearningRateSchedule:
    """Base of the schedules."""

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """The learning rate of a step.

        Args:
            learning_rate: of the method.
            step: of the optimiser, from 0.
            n_steps: of the whole fit.
        """
        raise NotImplementedError

    def momentum(self, step: int, n_steps: int) -> float | None:
        """The first beta of Adam, where the schedule moves it as well; the arguments are those of `rate`."""
        return None

    def observe(self, value: float) -> None:
        """Take note of the quantity that selects the best weights, at the end of an epoch; smaller is better."""

    def state_dict(self) -> dict[str, Any]:
        """What a resumed fit has to know."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave."""


@dataclass(frozen=True)
class ConstantRate(LearningRateSchedule):
    """The learning rate itself."""

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """The learning rate itself."""
        return learning_rate


@dataclass(frozen=True)
class CosineDecay(LearningRateSchedule):
    """Half a cosine down to zero, once or in cycles.

    Args:
        warm_up: part of the steps during which the rate rises linearly from zero.
        cycles: how often it starts again.
        midpoint: whether a step is taken to lie in the middle of its interval, so that the last one is not idle.

    Raises:
        ConfigurationError: a value is out of range.
    """

    warm_up: ConfiguredNumber = 0.0
    cycles: ConfiguredInteger = 1
    midpoint: bool = False

    def __post_init__(self) -> None:
        remedy = "give a part of the steps, from 0 to 1"
        if require_number("schedule.warm_up", self.warm_up, remedy, positive=False) > 1:
            raise ConfigurationError(f"schedule.warm_up={self.warm_up}: {remedy}.")
        require_integer("schedule.cycles", self.cycles, 1, "there is at least 1 cycle")

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """Between 0 and the learning rate."""
        length = max(1, n_steps // self.cycles)
        place = (step % length if self.cycles > 1 else step) + (0.5 if self.midpoint else 0)
        passed = min(1.0, place / length)
        risen = min(1.0, passed / self.warm_up) if self.warm_up else 1.0
        return learning_rate * risen * 0.5 * (1 + math.cos(math.pi * passed))


@dataclass(frozen=True)
class ExponentialDecay(LearningRateSchedule):
    """A geometric path to a part of the learning rate.

    Args:
        final_factor: at the end of the fit.

    Raises:
        ConfigurationError: it is not positive.
    """

    final_factor: ConfiguredNumber = 1e-3

    def __post_init__(self) -> None:
        require_number("schedule.final_factor", self.final_factor, "give a positive number")

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """Between the learning rate and its final part."""
        return learning_rate * self.final_factor ** min(1.0, (step + 0.5) / n_steps)


@dataclass(frozen=True)
class OneCycle(LearningRateSchedule):
    """Up to the learning rate and down to nearly zero along cosines, while Adam's momentum moves the other way.

    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates (2019).

    Args:
        rise: part of the steps during which the rate rises.
        first_division: the first step has the learning rate divided by this.
        last_division: the last step has the first one's rate divided by this.
        smallest_momentum: at the highest rate.
        largest_momentum: at both ends.

    Raises:
        ConfigurationError: a value is out of range.
    """

    rise: ConfiguredNumber = 0.3
    first_division: ConfiguredNumber = 25.0
    last_division: ConfiguredNumber = 1e4
    smallest_momentum: ConfiguredNumber = 0.85
    largest_momentum: ConfiguredNumber = 0.95

    def __post_init__(self) -> None:
        for name in ("rise", "first_division", "last_division", "smallest_momentum", "largest_momentum"):
            require_number(f"schedule.{name}", getattr(self, name), "give a positive number")

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """At most the learning rate."""
        first = learning_rate / self.first_division
        return self._between(first, learning_rate, first / self.last_division, step, n_steps)

    def momentum(self, step: int, n_steps: int) -> float:
        """Between the smallest and the largest."""
        largest = self.largest_momentum
        return self._between(largest, self.smallest_momentum, largest, step, n_steps)

    def _between(self, first: float, middle: float, last: float, step: int, n_steps: int) -> float:
        top, end = self.rise * n_steps - 1, n_steps - 1
        if step <= top:
            return _along_cosine(first, middle, step / top if top > 0 else 1.0)
        return _along_cosine(middle, last, min(1.0, (step - top) / (end - top)) if end > top else 1.0)


@dataclass
class HalvedOnPlateau(LearningRateSchedule):
    """Lowered whenever the quantity that selects the best weights has not improved for some epochs.

    Args:
        patience: in epochs.
        decrease: factor at every plateau.

    Raises:
        ConfigurationError: a value is out of range.
    """

    patience: ConfiguredInteger = 5
    decrease: ConfiguredNumber = 0.5
    _state: dict[str, float | int] = field(
        default_factory=lambda: {"best": math.inf, "waited": 0, "factor": 1.0}, init=False, repr=False
    )

    def __post_init__(self) -> None:
        require_integer("schedule.patience", self.patience, 1, "wait at least 1 epoch")
        remedy = "give a positive number below 1"
        if require_number("schedule.decrease", self.decrease, remedy) >= 1:
            raise ConfigurationError(f"schedule.decrease={self.decrease}: {remedy}.")

    def rate(self, learning_rate: float, step: int, n_steps: int) -> float:
        """As the epochs so far have left it."""
        return learning_rate * self._state["factor"]

    def observe(self, value: float) -> None:
        """Count the epochs without improvement."""
        if value < self._state["best"]:
            self._state.update(best=value, waited=0)
            return
        self._state["waited"] += 1
        if self._state["waited"] >= self.patience:
            self._state.update(waited=0, factor=self._state["factor"] * self.decrease)

    def state_dict(self) -> dict[str, Any]:
        """The best value, the epochs since, and the factor."""
        return dict(self._state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave."""
        self._state.update(state)


def _along_cosine(start: float, end: float, passed: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * passed) + 1)
