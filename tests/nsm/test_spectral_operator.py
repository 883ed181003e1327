"""The network with a matrix for every coefficient, once more in NumPy."""

import numpy as np
import pytest
from nsm_cases import analysis, equation, functions, nodes, pointwise, random_fields, seen_by_networks

from sciml_bench.core.seeds import seed_everything
from sciml_bench.nsm.bases import Chebyshev, Fourier
from sciml_bench.nsm.networks import SpectralOperator


@pytest.mark.parametrize("coordinates", ["all", "none"])
@pytest.mark.parametrize(
    ("basis", "bases"),
    [
        ("equation", (Chebyshev(5), Fourier(7))),
        ("fourier", (Fourier(5), Fourier(7))),
        ("chebyshev", (Chebyshev(5), Chebyshev(7))),
    ],
)
def test_values_are_lifted_mapped_coefficient_by_coefficient_projected_and_analysed(basis, bases, coordinates):
    seed_everything(1)
    model = SpectralOperator(
        equation("reaction_diffusion"),
        modes=[5, 7],
        basis=basis,
        kernel="per_coefficient",
        coordinates=coordinates,
        width=3,
        depth=2,
        activation="tanh",
        output_scale=1.5,
    ).double()
    fields = random_fields(model.equation)
    assert model.basis.bases == bases
    to_coefficients = [analysis(one) for one in bases]
    to_values = [functions(one, nodes(one)) for one in bases]
    v = pointwise(model.lifting, seen_by_networks(model.equation, model.basis, fields, coordinates == "all"))
    for layer in model.layers:
        kernel = layer.kernel.detach().numpy().reshape(5, 7, 3, 3)
        mapped = np.einsum("ks,lx,sxbi,klio->klbo", *to_coefficients, v, kernel)
        mapped = np.einsum("sk,xl,klbo->sxbo", *to_values, mapped)
        v = np.tanh(pointwise([layer.pointwise], v) + mapped)
    values = 1.5 * np.moveaxis(pointwise(model.projecting, v)[..., 0], -1, 0)
    expected = np.einsum("ks,lx,bsx->bkl", *to_coefficients, values)
    np.testing.assert_allclose(model.series(fields).detach(), expected, atol=1e-12)
    assert np.abs(expected).max() > 1e-3
