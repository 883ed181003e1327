"""A trained run as a solver: a person's own parameters in, solutions on any grid out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checkpoint_file import load_checkpoint
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.core.learned_file import load_module
from sciml_bench.core.run_folder import FINISHED, RunFolder
from sciml_bench.core.types import PathType
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.solving import prediction, residual_l2


@dataclass(frozen=True, eq=False)
class TrainedOperator:
    """An equation and a network with its selected weights.

    Args:
        equation: whose conditions the solutions fulfil.
        model: the network, in evaluation mode.
    """

    equation: Equation
    model: OperatorNetwork

    @classmethod
    def load(cls, run: PathType, trusted_packages: tuple[str, ...] = ()) -> "TrainedOperator":
        """From the folder of a finished run of train_nsm.py.

        Args:
            run: the folder.
            trusted_packages: your own packages that the run's configuration may name.

        Raises:
            FileNotFoundError: there is no such run.
            ConfigurationError: the run is not finished, or is one of another script.
            DataError: its checkpoint cannot be read.
        """
        folder = RunFolder(run)
        configuration = folder.configuration if folder.status else None
        if configuration is None:
            raise FileNotFoundError(f"run={run}: there is no run in this folder; give one that train_nsm.py made")
        if "pde" not in configuration:
            raise ConfigurationError(f"run={run} is a run of another script; give one of train_nsm.py")
        if folder.status != FINISHED:
            raise ConfigurationError(f"run={run} is not finished ({folder.status}); repeat its command to continue it")
        equation = instantiate(configuration["pde"], role="pde", trusted_packages=trusted_packages)
        make_model = instantiate(
            {**configuration["model"], "_partial_": True}, role="model", trusted_packages=trusted_packages
        )
        model = make_model(equation)
        load_module(model, load_checkpoint(folder.best_checkpoint)["state_dict"], "model.")
        return cls(equation, model)

    def solve(
        self, parameters: Float[np.ndarray, "batch *parameter_grid"], resolution: int = 64
    ) -> tuple[Float[np.ndarray, "batch *grid"], dict[str, Float[np.ndarray, " _"]]]:
        """Solutions on equally spaced points.

        Args:
            parameters: sources or initial fields, at j/n on periodic axes and at Chebyshev nodes on bounded ones.
            resolution: points per space axis; time has as many as the run's tests.

        Returns:
            the solutions and the positions per axis.

        Raises:
            DataError: parameters that the equation or the training does not cover.
            ConfigurationError: a resolution below 3.
        """
        values = np.asarray(parameters, dtype=np.float64)
        self.equation.require_parameters(values)
        grid = self.equation.test_grid(resolution)
        found = prediction(self.model, self.equation, values, grid)
        return found.numpy(), dict(zip((axis.name for axis in self.equation.axes), grid.points, strict=True))

    def residual_l2(self, parameters: Float[np.ndarray, "batch *parameter_grid"]) -> Float[np.ndarray, " batch"]:
        """The L² norm of the residual of each solution: how far each is from fulfilling the equation.

        Args:
            parameters: as for `solve`.
        """
        values = np.asarray(parameters, dtype=np.float64)
        return residual_l2(self.model, self.equation, values).numpy()
