"""A method that trains in milliseconds and fails on demand; a configuration names it as a trusted package."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

from sciml_bench.core.errors import SolverError
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.results import Results
from sciml_bench.core.stored.description import described


class ToyRecord:
    """Sixty-four points of y = 2x."""

    state_shape = (1,)
    spec = SimpleNamespace(state_shape=(1,))
    files = ()

    def setup(self) -> None:
        x = torch.linspace(-1, 1, 64)[:, None]
        self.points = TensorDataset(x, 2 * x)


class ToyView:
    spec = 1

    def __init__(self, record: ToyRecord) -> None:
        self.record = record

    def train_loader(self, seed: int, rank: int = 0, world_size: int = 1) -> DataLoader[Any]:
        return DataLoader(self.record.points, batch_size=16)

    def validation_loader(self, rank: int = 0, world_size: int = 1) -> DataLoader[Any]:
        return DataLoader(self.record.points, batch_size=64)


def toy_model(spec: int) -> nn.Module:
    return nn.Linear(spec, spec)


@described
class Line:
    """What was learned: a line."""

    def __init__(self) -> None:
        self.line = nn.Linear(1, 1)

    def tensors(self) -> dict[str, Tensor]:
        return self.line.state_dict()

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self.line.load_state_dict(dict(tensors))


class ToyEvaluation:
    """The slope.

    Args:
        metric: another score, as it is.
    """

    def __init__(self, metric: str | float = 0.5) -> None:
        self.metric = metric

    def __call__(self, learned: Line, record: Any) -> Results:
        weight = learned.line.weight.detach().numpy()
        metrics = {"slope": float(weight[0, 0]), "metric": float(self.metric)}
        return Results(metrics, {"weight": weight, "relative_l2_8": np.array([0.1, 0.2])}, ("errors",))


class ToyMethod(Method):
    """Least squares.

    Args:
        loss_becomes: factor of the loss from `at_epoch` on.
        best_at: the epoch whose validation figure is best, or None for the loss itself.
    """

    monitor = "loss_validation"
    gradient_norms: Sequence[float] = ()

    def __init__(
        self,
        model: nn.Module,
        view: ToyView,
        *,
        learning_rate: float = 0.1,
        loss_becomes: str = "1",
        at_epoch: int = 1000,
        best_at: int | None = None,
    ) -> None:
        super().__init__(view)
        self.model, self.learning_rate = model, learning_rate
        self.loss_becomes, self.at_epoch, self.best_at = float(loss_becomes), at_epoch, best_at

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.learning_rate)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        x, y = batch
        loss = (self.model(x) - y).square().mean()
        return loss * self.loss_becomes if self.progress.epoch >= self.at_epoch else loss

    def validation_loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, int]:
        x, y = batch
        if self.best_at is not None:
            return torch.tensor(float(abs(self.progress.epoch - self.best_at))), len(x)
        return (self.model(x) - y).square().mean(), len(x)

    def end_epoch(self) -> dict[str, float]:
        return {"epoch_number": float(self.progress.epoch)}

    def learned(self) -> Line:
        line = Line()
        line.load_tensors(self.model.state_dict())
        return line


class ToyDirectMethod(DirectMethod):
    """The same in closed form."""

    def __init__(self, model: nn.Module, view: ToyView) -> None:
        super().__init__(view)
        self.model = model

    def fit(self) -> None:
        x, y = self.view.record.points.tensors
        with torch.no_grad():
            self.model.weight.fill_((x * y).sum() / x.square().sum())

    learned = ToyMethod.learned


class ToyPlanned(Method):
    """Least squares with a plan of six epochs and a counter; the slope passes 1 on its way to 2.

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
        view: ToyView,
        *,
        learning_rate: float = 0.1,
        solver_breaks_in: int | None = None,
        distance_becomes: str = "1",
        in_epoch: int = 1000,
    ) -> None:
        super().__init__(view)
        self.model, self.learning_rate, self.solver_breaks_in = model, learning_rate, solver_breaks_in
        self.distance_becomes, self.in_epoch = float(distance_becomes), in_epoch
        self.evaluations = 0

    def optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.learning_rate)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        if self.progress.epoch == self.solver_breaks_in:
            raise SolverError("underflow in dt at time 1.5, state norm 1e9; try a smaller training.learning_rate")
        return self.distance_from(*batch)

    def distance_from(self, x: Tensor, y: Tensor) -> Tensor:
        return mse_loss(self.model(x), y)

    def after_step(self) -> None:
        self.evaluations += 1

    def slopes(self) -> list[float]:
        return [self.model.weight.item()]

    def distances(self) -> list[float]:
        factor = self.distance_becomes if self.progress.epoch == self.in_epoch else 1.0
        return [factor * abs(slope - 1) for slope in self.slopes()]

    def end_epoch(self) -> dict[str, float]:
        return {"distance": float(np.mean(self.distances())), "count": self.evaluations}

    def counters(self) -> dict[str, Any]:
        return {"evaluations": self.evaluations}

    def load_counters(self, counters: Mapping[str, Any]) -> None:
        self.evaluations = counters["evaluations"]

    def record_entries(self) -> dict[str, Any]:
        return {"function_evaluations": self.evaluations}

    def fit_metrics(self) -> dict[str, float]:
        return super().fit_metrics() | {"function_evaluations": float(self.evaluations)}

    learned = ToyMethod.learned

    @classmethod
    def joined(cls, methods: Sequence[Method]) -> Method:
        return ToyJoined(methods)


class ToyJoined(ToyPlanned):
    """Several lines at once, one per seed."""

    def __init__(self, methods: Sequence[Any]) -> None:
        first = methods[0]
        settings = {"learning_rate": first.learning_rate, "solver_breaks_in": first.solver_breaks_in}
        super().__init__(nn.Identity(), first.view, **settings)
        self.weight = nn.Parameter(torch.stack([method.model.weight.detach()[0, 0] for method in methods]))
        self.bias = nn.Parameter(torch.stack([method.model.bias.detach()[0] for method in methods]))

    def distance_from(self, x: Tensor, y: Tensor) -> Tensor:
        return (x * self.weight + self.bias - y).square().mean(dim=0)

    def sound_members(self, losses: Tensor) -> Sequence[int]:
        return range(len(losses))

    def slopes(self) -> list[float]:
        return self.weight.tolist()

    @property
    def n_members(self) -> int:
        return len(self.weight)

    def member_values(self) -> list[float]:
        return self.distances()

    def member_state(self, index: int) -> dict[str, Tensor]:
        return {"model.weight": self.weight[index : index + 1, None], "model.bias": self.bias[index : index + 1]}

    def hand_over(self, index: int, member: Method) -> None:
        member.evaluations = self.evaluations

    def record_entries(self) -> dict[str, Any]:
        return {"function_evaluations": self.evaluations * self.n_members}
