"""The Koopman operator in the space of a Gaussian kernel, also from a few centres (Nyström), by kooplearn.

Kostic et al. (2022), Meanti et al. (2023). The library's own forecasts are one lag late (2.0.3), so the operator is
taken out of it: over one row, features k(x, X) U/√n, the matrix Vᵀ K U/n, and Vᵀ Y/√n back to the state.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from sciml_bench.core.checks import ConfiguredInteger, require_boolean, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.baseline import Baseline
from sciml_bench.suite.baselines.shared.dictionaries import GaussianKernel
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator
from sciml_bench.suite.baselines.shared.rows import delayed, library, training_rows
from sciml_bench.suite.baselines.shared.selection import best_of


class KernelKoopman(Baseline):
    """Reduced-rank regression in the space of a kernel.

    Width, ridge and whether it steps (a path) or takes powers (an expectation) are chosen by forecasts within the
    validation part.

    Args:
        spec: of the record.
        nystroem: whether all pairs are seen through as many centres; otherwise as many pairs are seen.
        n_centres: centres, or pairs.
        n_rows: of a window.
        rank: of the operator.
        gammas: γ of exp(−γ |x − y|²), times the numbers of a window.
        ridges: of the regression.

    Raises:
        ConfigurationError: a number is too small.
    """

    def __init__(
        self,
        spec: RecordSpec,
        nystroem: bool = False,
        n_centres: ConfiguredInteger = 500,
        n_rows: ConfiguredInteger = 1,
        rank: ConfiguredInteger = 100,
        gammas: Sequence[float | int] = (0.1, 1.0),
        ridges: Sequence[float | int] = (1e-8, 1e-5),
    ) -> None:
        super().__init__(spec)
        self.nystroem, self.gammas, self.ridges = require_boolean("model.nystroem", nystroem), gammas, ridges
        self.n_centres = require_integer("model.n_centres", n_centres, 2, "give at least 2")
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "give windows of at least 1 row")
        self.rank = require_integer("model.rank", rank, 1, "give a rank of at least 1")

    def fit(self, record: Record) -> FittedOperator:
        """Fit every choice and keep the best."""
        return best_of(self._candidates(record), record)

    def _candidates(self, record: Record) -> Iterator[FittedOperator]:
        kernels, (earlier, later) = (
            library("kooplearn.kernel"),
            delayed(training_rows(record, self.n_rows + 1), self.n_rows),
        )
        if len(earlier) > self.n_centres and not self.nystroem:
            chosen = torch.randperm(len(earlier))[: self.n_centres].numpy()
            earlier, later = earlier[chosen], later[chosen]
        pairs = np.concatenate([earlier, later])  # of which a lag of their number makes pairs again
        options = {"lag_time": len(earlier), "kernel": "rbf", "eigen_solver": "dense"}
        for gamma in self.gammas:
            for ridge in self.ridges:
                options |= {"gamma": gamma / earlier.shape[1], "alpha": ridge}
                if self.nystroem:
                    n, seed = min(self.n_centres, len(earlier)), int(torch.randint(2**31, ()))
                    model = kernels.NystroemKernelRidge(min(self.rank, n), n_centers=n, random_state=seed, **options)
                    centres = model.fit(pairs).nys_centers_idxs_
                else:
                    model, centres = (
                        kernels.KernelRidge(min(self.rank, len(earlier)), **options).fit(pairs),
                        slice(None),
                    )
                size = np.sqrt(len(model.U_))
                step = model.V_.T @ model.kernel_YX_ @ model.U_ / size**2
                back = model.V_.T @ later[centres][:, -earlier.shape[1] // self.n_rows :] / size
                kernel = GaussianKernel(earlier[centres], float(options["gamma"]))
                for stepwise in (False, True):
                    yield FittedOperator(self.spec, self.n_rows, kernel, model.U_ / size, step, back, None, stepwise)
