"""A way of learning of a person's own: the map from a state to the next one is a matrix and a shift."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sciml_bench.core.method import Method
from sciml_bench.core.stored.description import described
from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.data import LaggedPairsView, RecordSpec, Trajectories
from sciml_bench.data.capabilities import Forecast, Horizon, horizon_steps, horizon_times
from sciml_bench.data.held_out import end_of


@described
class AffineForecaster:
    """What was learned.

    Args:
        spec: of the record.
        past: its last rows.
    """

    past_length = 1

    def __init__(self, spec: RecordSpec, past: Trajectories | None = None) -> None:
        self.spec, self.past = spec, past
        self.step = nn.Linear(spec.dim, spec.dim).double()

    def tensors(self) -> dict[str, Tensor]:
        return self.step.state_dict()

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        load_module(self.step, tensors)

    @torch.no_grad()
    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        state, rows = torch.from_numpy(np.stack([states[-1] for states in past.states]).astype(float)), []
        for _ in range(horizon_steps(past, horizon)):
            state = self.step(state)
            rows.append(state.numpy())
        return Forecast(np.stack(rows, axis=1), np.stack(horizon_times(past, horizon)))


class AffineLearning(Method):
    """The mean squared error of the next state.

    Args:
        model: not used; whatever the script chooses.
        view: pairs of states.
        learning_rate: of Adam.
    """

    monitor = "loss_validation"
    headline = ("forecast_relative_error",)

    def __init__(self, model: Any, view: LaggedPairsView, *, learning_rate: float = 0.01) -> None:
        super().__init__(view)
        self.learning_rate, self.step = learning_rate, nn.Linear(view.spec.dim, view.spec.dim)

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.learning_rate)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        now, later = batch
        return (self.step(now) - later).square().mean()

    def validation_loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        return self.loss(batch), len(batch[0])

    def learned(self) -> AffineForecaster:
        found = AffineForecaster(self.view.spec, end_of(self.view.record, 1))
        found.load_tensors(self.step.double().state_dict())
        return found
