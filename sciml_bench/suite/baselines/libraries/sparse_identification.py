"""Sparse identification of nonlinear dynamics (SINDy), also in its weak form, by pysindy.

Brunton, Proctor and Kutz (2016); Messenger and Bortz (2021) for the weak form. Only the coefficients are taken from the
library: our own integrator goes on with them, which gives up on equations that blow up or turn ever quicker.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from sciml_bench.core.checks import ConfiguredInteger, require_boolean, require_integer
from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.whole_trajectories_view import MOST_FLATTENED
from sciml_bench.mechnn import BasisLibrary, DiscoveredEquations
from sciml_bench.mechnn.discovery.units import ScaledLibrary, Units
from sciml_bench.suite.baselines.shared.rows import library, sensible, without_warnings
from sciml_bench.suite.baselines.shared.selected_equations import SelectedEquations

_FEWEST_ROWS = 12


class SparseIdentification(SelectedEquations):
    """Polynomials with few terms; the threshold is chosen by forecasts within the validation part.

    States are in their deviations, and time in a hundred steps, so that thresholds mean the same in every unit.

    Args:
        spec: of the record.
        degree: of the polynomials.
        thresholds: below which coefficients are dropped, that are tried.
        weak: whether test functions are integrated instead of derivatives taken.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        spec: RecordSpec,
        degree: ConfiguredInteger = 2,
        thresholds: Sequence[float | int] = (0.03, 0.1, 0.3, 1.0, 3.0),
        weak: bool = False,
    ) -> None:
        super().__init__(spec)
        self.thresholds, self.weak = thresholds, require_boolean("model.weak", weak)
        self.degree = require_integer("model.degree", degree, 1, "give a degree of at least 1")

    def equations_of(self, observed: Trajectories) -> Iterator[DiscoveredEquations]:
        """For every way to derivatives and every threshold."""
        peer, spec, train = library("pysindy"), self.spec.of_vectors, observed.between_gaps(_FEWEST_ROWS)
        if max(train.lengths) < _FEWEST_ROWS:  # of rows that are dropped at random no piece is long
            train = observed
        sensible([spec.dim], int, MOST_FLATTENED, "components of a state")
        if self.weak and not train.is_regular:
            raise NotApplicableError("the weak form needs rows on a clock; set data.resample=<time step>")
        candidates = BasisLibrary(spec, self.degree)
        units, terms = Units.of(spec), peer.PolynomialLibrary(degree=self.degree)
        scale = ScaledLibrary(candidates, units, candidates(torch.from_numpy(units.deviation)).numpy())
        pieces = [
            (train.times_of(n), read_block(part).reshape(part.shape[0], -1)) for n, part in enumerate(train.states)
        ]
        scaled = [units.scaled(*piece) for piece in pieces if len(piece[0]) >= _FEWEST_ROWS]
        if not scaled:
            raise DataError(f"data.split: no training part has {_FEWEST_ROWS} rows without a gap; use more rows")
        times, states = zip(*scaled, strict=True)
        for options in self._ways(peer, terms, times, train.is_regular):
            rows = min(map(len, times)) if self.weak else None
            for threshold in self.thresholds:
                model = peer.SINDy(optimizer=peer.STLSQ(threshold=threshold, alpha=0.0), **options)
                with without_warnings():  # of thresholds that leave nothing
                    model.fit([part[:rows] for part in states], t=[part[:rows] for part in times])
                coefficients = scale.in_units_of_the_record(np.asarray(model.coefficients()).T)
                yield DiscoveredEquations(candidates, coefficients)

    def _ways(self, peer: Any, terms: Any, times: Sequence[np.ndarray], is_regular: bool) -> Iterator[dict[str, Any]]:
        """Derivatives, smoothed where the clock allows it, or integrals with test functions of two widths."""
        if not self.weak:
            for order in (4, 8):
                yield {"feature_library": terms, "differentiation_method": peer.FiniteDifference(order=order)}
            if is_regular:
                yield {"feature_library": terms, "differentiation_method": peer.SmoothedFiniteDifference()}
            return
        grid = min(times, key=len)  # one for all trajectories
        for rows in (5, 15):
            width = min(rows / len(grid), 0.45) * (grid[-1] - grid[0])
            where = {"spatiotemporal_grid": grid - grid[0], "H_xt": [width]}
            yield {"feature_library": peer.WeakPDELibrary(function_library=terms, K=200, **where)}
