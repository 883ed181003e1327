"""The gradient step: the one place that zeroes, scales, checks and clips gradients and moves the weights."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sciml_bench.core.checks import require_number
from sciml_bench.core.errors import TrainingError
from sciml_bench.core.schedules import ConstantRate, LearningRateSchedule


class Optimisation:
    """An optimiser with its schedule and its clipping.

    Args:
        optimizer: over the weights.
        learning_rate: at which the schedule starts.
        schedule: of the learning rate.
        gradient_clip_val: largest norm of the gradient, of every member of an ensemble by itself; None does not clip.
        backward: computes gradients; a trainer's own where it scales losses or joins processes.
        scale: factor by which `backward` multiplies gradients and which `step` takes out again; None for 1.
        step: moves the weights; the optimiser's own by default.

    Raises:
        ConfigurationError: the norm is not positive.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        learning_rate: float,
        schedule: LearningRateSchedule | None = None,
        gradient_clip_val: float | int | None = None,
        backward: Callable[[Tensor], Any] = Tensor.backward,
        scale: Callable[[], float] | None = None,
        step: Callable[[], Any] | None = None,
    ) -> None:
        if gradient_clip_val is not None:
            remedy = "give the largest norm, a positive number, or null to leave gradients as they are"
            require_number("trainer.gradient_clip_val", gradient_clip_val, remedy)
        self.optimizer, self.learning_rate = optimizer, learning_rate
        self.schedule = ConstantRate() if schedule is None else schedule
        self.gradient_clip_val = gradient_clip_val
        self._backward, self._scale, self._step = backward, scale, step or optimizer.step
        self._parameters = [weight for group in optimizer.param_groups for weight in group["params"]]

    def step(
        self, loss: Tensor, step: int, n_steps: int, members: Sequence[int] | None = None, where: str = ""
    ) -> float:
        """Move the weights once.

        Args:
            loss: a scalar, or one per member of an ensemble, whose weights count the members along their first axis.
            step: number of this step, from 0.
            n_steps: of the whole fit.
            members: the members of the ensemble that take part; the others keep their weights.
            where: the moment in the fit, for messages.

        Returns:
            the loss, its mean over the members that take part.

        Raises:
            TrainingError: the loss is NaN or infinite; the weights are then still those before the step.
        """
        total = loss if members is None else loss[list(members)].sum()
        value = float(loss.detach() if members is None else loss.detach()[list(members)].mean())
        require_finite(value, where or f"in step {step}")
        self.optimizer.zero_grad()
        self._backward(total)
        if loss.ndim and members is not None and len(members) < len(loss):
            left_out = sorted(set(range(len(loss))) - set(members))
            for parameter in self._parameters:
                if parameter.grad is not None:
                    parameter.grad[left_out] = 0.0
        if self.gradient_clip_val is not None:
            scale = 1.0 if self._scale is None else self._scale()
            self._clip(scale * float(self.gradient_clip_val), len(loss) if loss.ndim else None)
        self._follow_schedule(step, n_steps)
        self._step()
        return value

    def _clip(self, largest_norm: float, n_members: int | None) -> None:
        if n_members is None or n_members == 1:
            nn.utils.clip_grad_norm_(self._parameters, largest_norm)
            return
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        for index in range(n_members):
            parts = [gradient[index] for gradient in gradients]
            factor = largest_norm / (nn.utils.get_total_norm(parts) + 1e-6)
            for part in parts:
                part.mul_(factor.clamp(max=1.0))

    def _follow_schedule(self, step: int, n_steps: int) -> None:
        rate = self.schedule.rate(self.learning_rate, step, n_steps)
        momentum = self.schedule.momentum(step, n_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
            if momentum is not None and "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])


def require_finite(loss: float, where: str) -> None:
    """End a fit at a loss that is not finite, before its gradient reaches the weights.

    Args:
        loss: of a step.
        where: the moment in the fit.

    Raises:
        TrainingError: the loss is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss became {loss} {where}; the last good checkpoint is kept; try a smaller "
            "training.learning_rate or trainer.gradient_clip_val=1"
        )
