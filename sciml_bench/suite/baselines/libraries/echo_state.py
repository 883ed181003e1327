"""An echo-state network: a random reservoir that follows the rows, and a linear readout of the next, by reservoirpy.

Jaeger (2001). The library's state outlives a run (0.4.2), so it is reset before every trajectory.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.fitted.echo_state import FittedEchoState
from sciml_bench.suite.baselines.shared.rows import library, training_rows
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline


class EchoState(SelectedBaseline):
    """Spectral radius, size of the inputs and ridge are chosen by forecasts within the validation part.

    Args:
        spec: of the record.
        n_units: of the reservoir, which is drawn from the global random state: of a run, by its seed.
        n_rows: after which the reservoir has forgotten where it began.
        radii: spectral radii that are tried.
        input_sizes: that are tried.
        ridges: of the readout, that are tried.

    Raises:
        ConfigurationError: a number is too small.
    """

    def __init__(
        self,
        spec: RecordSpec,
        n_units: ConfiguredInteger = 300,
        n_rows: ConfiguredInteger = 50,
        radii: Sequence[float | int] = (0.4, 0.9),
        input_sizes: Sequence[float | int] = (0.1, 0.5),
        ridges: Sequence[float | int] = (1e-8, 1e-5, 1e-2),
    ) -> None:
        super().__init__(spec)
        self.radii, self.input_sizes, self.ridges = radii, input_sizes, ridges
        self.n_units = require_integer("model.n_units", n_units, 1, "give at least 1 unit")
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "let it follow at least 1 row")

    def candidates(self, record: Record) -> Iterator[FittedEchoState]:
        """For every radius, size of the inputs and ridge."""
        nodes, seed = library("reservoirpy.nodes"), int(torch.randint(2**31, ()))
        # the library has none by default, so that states with the opposite sign would have the opposite future
        offset = 2 * torch.rand(self.n_units, dtype=torch.float64).numpy() - 1
        pieces = training_rows(record, self.n_rows + 2)
        for radius in self.radii:
            for size in self.input_sizes:
                sizes = {"sr": float(radius), "input_scaling": float(size)}
                reservoir = nodes.Reservoir(self.n_units, lr=1.0, bias=offset, seed=seed, **sizes)
                followed, ahead = [], np.concatenate([piece[self.n_rows + 1 :] for piece in pieces])
                for piece in pieces:
                    reservoir.initialize(piece) if not followed else reservoir.reset()
                    followed.append(reservoir.run(piece[:-1])[self.n_rows :])
                states = np.concatenate(followed)
                for ridge in self.ridges:
                    readout = nodes.Ridge(ridge=float(ridge)).fit(states, ahead)
                    back, bias = np.asarray(readout.Wout), np.ravel(readout.bias)
                    matrices = [part.toarray() for part in (reservoir.W, reservoir.Win)]
                    yield FittedEchoState(self.spec, self.n_rows, matrices[0], matrices[1], offset, back, bias)
