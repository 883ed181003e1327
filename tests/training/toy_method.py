"""A method that trains in milliseconds and fails on demand; a configuration names it as a trusted package."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

from sciml_bench.core.errors import SolverError
from sciml_bench.core.method import Method


class ToyData(LightningDataModule):
    """Sixty-four points of y = 2x."""

    seed = 0
    spec = 1

    def setup(self, stage: str | None = None) -> None:
        x = torch.linspace(-1, 1, 64)[:, None]
        self.points = TensorDataset(x, 2 * x)

    def train_dataloader(self) -> DataLoader[Any]:
        return DataLoader(self.points, batch_size=16)

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(self.points, batch_size=64)


def toy_model(spec: int) -> nn.Module:
    return nn.Linear(spec, spec)


class ToyMethod(Method):
    """Least squares in Lightning's own loop.

    Args:
        loss_becomes: factor of the loss from `at_epoch` on.
        best_epoch: the epoch whose validation figure is best, or None for the loss itself.
        metric: what `evaluate` returns.
    """

    monitor = "score"

    def __init__(
        self,
        model: nn.Module,
        spec: int,
        *,
        learning_rate: float = 0.1,
        loss_becomes: str = "1",
        at_epoch: int = 1000,
        best_epoch: int | None = None,
        metric: str | float = 0.5,
    ) -> None:
        super().__init__()
        self.model, self.learning_rate, self.metric = model, learning_rate, metric
        self.loss_becomes, self.at_epoch, self.best_epoch = float(loss_becomes), at_epoch, best_epoch
        self.gradient_norms: list[float] = []

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        x, y = batch
        loss = (self.model(x) - y).square().mean()
        return loss * self.loss_becomes if self.current_epoch >= self.at_epoch else loss

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self.gradient_norms.append(float(torch.stack([p.grad.norm() for p in self.parameters()]).norm()))

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        distance = None if self.best_epoch is None else float(abs(self.current_epoch - self.best_epoch))
        x, y = batch
        self.log("score", float((self.model(x) - y).square().mean()) if distance is None else distance)

    def on_train_epoch_end(self) -> None:
        self.log("epoch_number", float(self.current_epoch))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.learning_rate)

    def evaluate(self, data: LightningDataModule) -> dict[str, float]:
        return {"slope": self.model.weight.item(), "metric": float(self.metric)}

    def figures(self, data: LightningDataModule) -> dict[str, Figure]:
        return {"toy": Figure(figsize=(1, 1))}

    def arrays(self, data: LightningDataModule) -> dict[str, Any]:
        norms = self.gradient_norms
        return {"weight": self.model.weight.numpy(), "gradient_norms": np.array(norms)}


class ToyDirectMethod(ToyMethod):
    """The same in closed form."""

    monitor = None

    def fit_directly(self, data: LightningDataModule) -> None:
        x, y = data.points.tensors
        with torch.no_grad():
            self.model.weight.fill_((x * y).sum() / x.square().sum())


class ToyPlanned(Method):
    """Least squares with its own steps, a plan of six epochs and a counter; the slope passes 1 on its way to 2.

    The weights are selected by the distance of the slope from 1, which differs between seeds in when it is smallest.

    Args:
        learning_rate: of gradient descent.
        solver_breaks_in: the epoch in which a SolverError is raised.
        distance_becomes: the logged distance in that epoch, as a factor.
    """

    monitor = "distance"
    planned_epochs = 6

    def __init__(
        self,
        model: nn.Module,
        spec: int,
        *,
        learning_rate: float = 0.1,
        solver_breaks_in: int | None = None,
        distance_becomes: str = "1",
        in_epoch: int = 1000,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.model, self.learning_rate, self.solver_breaks_in = model, learning_rate, solver_breaks_in
        self.distance_becomes, self.in_epoch = float(distance_becomes), in_epoch
        self.evaluations = 0

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return mse_loss(self.model(x), y)

    def slopes(self) -> list[float]:
        return [self.model.weight.item()]

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        if self.current_epoch == self.solver_breaks_in:
            raise SolverError("underflow in dt at time 1.5, state norm 1e9; try a smaller training.learning_rate")
        optimizer = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(self.loss(*batch))
        optimizer.step()
        self.evaluations += 1

    def distances(self) -> list[float]:
        factor = self.distance_becomes if self.current_epoch == self.in_epoch else 1.0
        return [factor * abs(slope - 1) for slope in self.slopes()]

    def on_train_epoch_end(self) -> None:
        self.log_epoch({"distance": float(np.mean(self.distances())), "count": self.evaluations})

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.learning_rate)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["evaluations"] = self.evaluations

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.evaluations = checkpoint["evaluations"]

    def record_entries(self) -> dict[str, Any]:
        return {"function_evaluations": self.evaluations}

    def evaluate(self, data: LightningDataModule) -> dict[str, float]:
        assert self.best_epoch is not None
        return {
            "slope": self.slopes()[0],
            "best_epoch": float(self.best_epoch),
            "function_evaluations": float(self.evaluations),
        }

    def forecast_from_end(self, data: LightningDataModule, n_steps: int) -> dict[str, Any]:
        return {"states": self.slopes()[0] * np.arange(1, n_steps + 1)}

    @classmethod
    def joined(cls, methods: Sequence[Method]) -> Method:
        return ToyJoined(methods)


class ToyJoined(ToyPlanned):
    """Several lines at once, one per seed."""

    def __init__(self, methods: Sequence[Any]) -> None:
        first = methods[0]
        super().__init__(nn.Identity(), 1, learning_rate=first.learning_rate, solver_breaks_in=first.solver_breaks_in)
        self.weight = nn.Parameter(torch.stack([method.model.weight.detach()[0, 0] for method in methods]))
        self.bias = nn.Parameter(torch.stack([method.model.bias.detach()[0] for method in methods]))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return (x * self.weight + self.bias - y).square().mean(dim=0).sum()

    def slopes(self) -> list[float]:
        return self.weight.tolist()

    @property
    def n_members(self) -> int:
        return len(self.weight)

    @property
    def monitored_members(self) -> list[float]:
        return self.distances()

    def member_state(self, index: int) -> dict[str, Tensor]:
        return {"model.weight": self.weight[index : index + 1, None], "model.bias": self.bias[index : index + 1]}

    def hand_over(self, index: int, member: Method) -> None:
        member.evaluations = self.evaluations

    def record_entries(self) -> dict[str, Any]:
        return {"function_evaluations": self.evaluations * self.n_members}
