"""A method that trains in milliseconds and fails on demand; a configuration names it as a trusted package."""

from typing import Any

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

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
