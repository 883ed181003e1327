"""Layers act(W v + S K A v): analysis A and synthesis S of a basis, a map K of coefficients, a map W of values.

Two kinds of K. `CoefficientLayer` has a matrix for every real coefficient, as published (Du, Chalapathi and
Krishnapriyan, Neural Spectral Methods, ICLR 2024, section 3.2). It cannot turn a cosine into a sine, so a layer can
neither differentiate nor shift, and such maps must be composed of products with the coordinates. `FrequencyLayer` has
one matrix for the sine and the cosine of a frequency, and lets a part of the channels enter a quarter wave later along
each periodic axis. Both parts commute with shifts, as equations without explicit positions do, and together they hold
all maps that do; derivatives among them.
"""

import itertools
import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.nsm.bases import Fourier, TensorProduct
from sciml_bench.nsm.bases.matrices import Constant, apply


class CoefficientLayer(nn.Module):
    """One matrix for every real coefficient.

    Args:
        basis: of A and S.
        width: channels.
        activation: act.
    """

    def __init__(self, basis: TensorProduct, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.basis, self.activation = basis, activation
        self.pointwise = nn.Linear(width, width)
        self.kernel = nn.Parameter(torch.randn(math.prod(basis.n_modes), width, width) / math.sqrt(width))

    def forward(self, v: Float[Tensor, "*grid batch channels"]) -> Float[Tensor, "*grid batch channels"]:
        """One layer."""
        shape = v.shape
        mapped = v
        for axis, basis in enumerate(self.basis.bases):
            mapped = apply(basis.matrix("analysis", v), mapped, axis)
        mapped = torch.bmm(mapped.reshape(-1, *shape[-2:]), self.kernel).reshape(shape)
        for axis, basis in enumerate(self.basis.bases):
            mapped = apply(basis.matrix("synthesis", v), mapped, axis)
        return self.activation(self.pointwise(v) + mapped)


class FrequencyLayer(nn.Module):
    """One matrix for the sine and the cosine of every frequency, and quarter-wave shifts of a part of the channels.

    Along a periodic axis coefficients are held as pairs (cosine, sine), one for each frequency; the pair of the mean
    holds it twice, so that a shift leaves it as it is.

    Args:
        basis: of A and S.
        width: channels.
        activation: act.
    """

    def __init__(self, basis: TensorProduct, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        self.pointwise = nn.Linear(width, width)
        self.periodic = tuple(axis for axis, one in enumerate(basis.bases) if one.periodic)
        self.n_axes = basis.n_axes
        self.n_frequencies = tuple(n // 2 + 1 if axis in self.periodic else n for axis, n in enumerate(basis.n_modes))
        self.kernel = nn.Parameter(torch.randn(math.prod(self.n_frequencies), width, width) / math.sqrt(width))
        self._analysis: list[Constant] = []
        self._synthesis: list[Constant] = []
        for one in basis.bases:
            to_pairs = _pair_matrix(one.n_modes) if isinstance(one, Fourier) else np.eye(one.n_modes)
            from_pairs = to_pairs.T.copy()
            if isinstance(one, Fourier):
                from_pairs[0, 1] = 0.0  # the second copy of the mean
            self._analysis.append(Constant(to_pairs @ one.analysis_matrix))
            self._synthesis.append(Constant(one.synthesis_matrix @ from_pairs))
        self._runs = [_shifted_runs(width, len(self.periodic), number) for number in range(len(self.periodic))]
        # (k1, [2], k2, [2], …, batch, channels) -> (k1, k2, …, [2], [2], …, batch, channels)
        places = [axis + sum(one < axis for one in self.periodic) for axis in range(self.n_axes + 1)]
        self._order = [*places[:-1], *(places[axis] + 1 for axis in self.periodic), places[-1], places[-1] + 1]
        self._back = np.argsort(self._order).tolist()

    def forward(self, v: Float[Tensor, "*grid batch channels"]) -> Float[Tensor, "*grid batch channels"]:
        """One layer."""
        batch, channels = v.shape[-2:]
        mapped = v
        for axis, matrix in enumerate(self._analysis):
            mapped = apply(matrix.like(v), mapped, axis)
        pairs = [(n, 2) if axis in self.periodic else (n,) for axis, n in enumerate(self.n_frequencies)]
        mapped = mapped.reshape(*itertools.chain(*pairs), batch, channels).permute(self._order)
        for number, runs in enumerate(self._runs):
            mapped = _shift(mapped, self.n_axes + number, runs)
        mapped = torch.bmm(mapped.reshape(len(self.kernel), -1, channels), self.kernel)
        mapped = mapped.reshape(*self.n_frequencies, *(2,) * len(self.periodic), batch, channels).permute(self._back)
        mapped = mapped.reshape(*map(math.prod, pairs), batch, channels)
        for axis, matrix in enumerate(self._synthesis):
            mapped = apply(matrix.like(v), mapped, axis)
        return self.activation(self.pointwise(v) + mapped)


def _pair_matrix(n_modes: int) -> Float[np.ndarray, "pairs modes"]:
    """From coefficients 1, cos, sin, … to pairs per frequency; an even number of modes ends with a lone cosine."""
    matrix = np.eye(2 * (n_modes // 2 + 1), n_modes, k=-1)
    matrix[0, 0] = 1.0
    return matrix


def _shifted_runs(width: int, n_axes: int, number: int) -> list[tuple[int, bool]]:
    """How many channels in a row are shifted along a periodic axis, or not; all combinations of axes have equally many.

    Groups of channels follow a Gray code, so that those to be shifted lie side by side.
    """
    n_groups = 2**n_axes
    shifted: list[bool] = []
    for group in range(n_groups):
        size = (group + 1) * width // n_groups - group * width // n_groups
        shifted += [bool(((group ^ (group >> 1)) >> (n_axes - 1 - number)) & 1)] * size
    return [(len(list(run)), is_shifted) for is_shifted, run in itertools.groupby(shifted)]


def _shift(pairs: Tensor, axis: int, runs: list[tuple[int, bool]]) -> Tensor:
    """(cos, sin) -> (sin, −cos), a quarter wave, in some of the channels; the mean (m, m) becomes (m, −m)."""
    parts = []
    # split, whose gradient is one concatenation; that of slices fills a tensor with zeros for each of them
    for part, (_, shifted) in zip(pairs.split([size for size, _ in runs], dim=-1), runs, strict=True):
        if shifted:
            cosine, sine = part.unbind(axis)
            part = torch.stack([sine, -cosine], dim=axis)
        parts.append(part)
    return torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
