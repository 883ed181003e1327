"""Training on reference solutions: what the residual trainings do without, and what they are compared with."""

from functools import cached_property
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_integer
from sciml_bench.core.seeds import derived_seed
from sciml_bench.data.views.fresh_parameters import FreshParameters
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.training.operator_training import OperatorTraining
from sciml_bench.nsm.training.solver_cost import least_seconds
from sciml_bench.scores.operators.field_errors import relative_l2

_TIMED_SOLUTIONS = 16


class SupervisedTraining(OperatorTraining):
    """Minimise the relative L² distance from numerical solutions of a fixed set of parameters.

    Args:
        model: the network.
        view: the equation's `sampling`.
        n_training: parameters whose solutions are computed before the training, once, and kept.
        resolution: points per space axis of these.
        **options: see `OperatorTraining`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        model: OperatorNetwork,
        view: FreshParameters,
        *,
        n_training: int = 1000,
        resolution: int = 64,
        **options: Any,
    ) -> None:
        super().__init__(model, view, **options)
        self.n_training = require_integer("training.n_training", n_training, 1, "give at least 1 parameter field")
        self.resolution = require_integer("training.resolution", resolution, 4, "give at least 4 points per axis")
        self.equation.require_size("training.resolution", self.resolution, self.n_training)
        self.grid = self.equation.test_grid(self.resolution)
        model.define_on(self.grid)
        self._pairs: tuple[Tensor, Tensor] | None = None

    def pairs(self) -> tuple[Float[Tensor, "samples *parameter_grid"], Float[Tensor, "samples *grid"]]:
        """Parameters and their solutions, computed on the first call."""
        if self._pairs is None:
            seed = derived_seed(self.view.test_seed, "training")
            parameters = self.equation.draw_parameters(self.n_training, seed)
            solutions = self.view.kept_solutions(parameters, self.resolution, "training")
            self._pairs = torch.from_numpy(parameters).float(), torch.from_numpy(solutions)
        return self._pairs

    def start(self) -> None:
        """Compute or read the solutions, before the clock of the training starts."""
        self.pairs()

    def mismatch(self, parameters: Float[Tensor, "batch *parameter_grid"]) -> Float[Tensor, ""]:
        """Mean relative distance over a random part of the set; the fresh parameters only say how large."""
        known, solutions = self.pairs()
        # drawn from the global random state, which a run makes a function of its seed and the epoch
        chosen = torch.randint(self.n_training, (len(parameters),))
        fields = self.equation.parameter_coefficients(known[chosen].to(parameters))
        values = self.model.solution_on(fields, self.grid)
        return relative_l2(values, cast(Tensor, solutions[chosen].to(parameters))).mean()

    def training_seconds(self) -> float:
        """With the solutions of the set, timed on some of them, since they may have been kept from an earlier run."""
        return super().training_seconds() + self._seconds_of_pairs[0]

    @property
    def cpu_seconds_before(self) -> float:
        """Of the solutions of the set."""
        return self._seconds_of_pairs[1]

    @cached_property
    def _seconds_of_pairs(self) -> tuple[float, float]:
        """Of the wall and of the CPU."""
        some = self.pairs()[0][:_TIMED_SOLUTIONS].numpy()
        n_times = self.view.test_time_points
        seconds = least_seconds(lambda: self.equation.solve(some, self.resolution, n_times))
        return self.n_training * seconds[0] / len(some), self.n_training * seconds[1] / len(some)

    def record_entries(self) -> dict[str, Any]:
        """The size of the set, and what its solutions cost."""
        cost = {"n_training": self.n_training, "cpu_seconds_of_solutions": self.cpu_seconds_before}
        return super().record_entries() | cost
