"""The Koopman operator in the space of a Gaussian kernel, also from a few centres (Nyström), by kooplearn.

Kostic et al. (2022), Meanti et al. (2023). The library's own forecasts are one lag late (2.0.3), so the operator is
taken out of it: over one row, features k(x, X) U/√n, the matrix Vᵀ K U/n, and Vᵀ Y/√n back to the state.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from sciml_bench.core.checks import ConfiguredInteger, require_boolean, require_integer
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.baselines.shared.dictionaries import GaussianKernel
from sciml_bench.suite.baselines.shared.fitted_operator import FittedOperator
from sciml_bench.suite.baselines.shared.rows import interleaved, library, training_rows, windows_of, without_warnings
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline


class KernelKoopman(SelectedBaseline):
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
        ridges: of the regression; the library (2.0.3) computes that of Nyström's and does not add it.
        stepwise: whether forecasts are powers (false) or step (true). A small ridge leaves a noisy record with an
            operator whose powers explode, and a path needs none of them, so where eigenvalues are wanted: false alone.

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
        stepwise: Sequence[bool] = (False, True),
    ) -> None:
        super().__init__(spec)
        self.nystroem, self.gammas, self.ridges = require_boolean("model.nystroem", nystroem), gammas, ridges
        self.n_centres = require_integer("model.n_centres", n_centres, 2, "give at least 2")
        self.n_rows = require_integer("model.n_rows", n_rows, 1, "give windows of at least 1 row")
        self.rank = require_integer("model.rank", rank, 1, "give a rank of at least 1")
        self.stepwise = [require_boolean("model.stepwise", each) for each in stepwise]

    def candidates(self, record: Record) -> Iterator[FittedOperator]:
        """For every width and ridge, as powers and stepwise."""
        kernels, pieces = library("kooplearn.kernel"), training_rows(record, self.n_rows + 2)
        rows, lag = interleaved([windows_of(piece, self.n_rows) for piece in pieces])
        n_centres, numbers = min(self.n_centres, len(rows) - lag), pieces[0].shape[1]
        if not self.nystroem:  # pairs apart by their number are pairs of consecutive rows again
            chosen = torch.randperm(len(rows) - lag)[:n_centres].numpy()
            rows, lag = np.concatenate([rows[chosen], rows[chosen + lag]]), n_centres
        for gamma, ridge in itertools.product(self.gammas, self.ridges):
            options = {"kernel": "rbf", "eigen_solver": "dense", "gamma": gamma / rows.shape[1], "alpha": ridge}
            if self.nystroem:
                options |= {"n_centers": n_centres, "random_state": int(torch.randint(2**31, ()))}
            make = kernels.NystroemKernelRidge if self.nystroem else kernels.KernelRidge
            with without_warnings():  # of directions that the ridge drowns, which are left out
                model = make(min(self.rank, n_centres), lag_time=lag, **options).fit(rows)
            centres = model.nys_centers_idxs_ if self.nystroem else np.arange(n_centres)
            size = np.sqrt(len(model.U_))
            step = model.V_.T @ model.kernel_YX_ @ model.U_ / size**2
            back = model.V_.T @ rows[centres + lag, -numbers:] / size
            kernel = GaussianKernel(rows[centres], float(gamma / rows.shape[1]))
            for stepwise in self.stepwise:
                yield FittedOperator(self.spec, self.n_rows, kernel, model.U_ / size, step, back, None, stepwise)
