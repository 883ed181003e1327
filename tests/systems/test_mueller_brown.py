import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import eigsh

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import MuellerBrown

# A warm process has wide modes, which a small grid resolves; its temperature is 50.
WARM = MuellerBrown(noise_strength=10.0, time_step=0.004, n_substeps=800)
TEMPERATURE = 50.0


def energy(x, y):
    """The four terms as they are printed."""
    return (
        -200 * np.exp(-((x - 1) ** 2) - 10 * y**2)
        - 100 * np.exp(-(x**2) - 10 * (y - 0.5) ** 2)
        - 170 * np.exp(-6.5 * (x + 0.5) ** 2 + 11 * (x + 0.5) * (y - 1.5) - 6.5 * (y - 1.5) ** 2)
        + 15 * np.exp(0.7 * (x + 1) ** 2 + 0.6 * (x + 1) * (y - 1) + 0.7 * (y - 1) ** 2)
    )


def finite_difference_rates(n_points, count):
    """Of the generator as a reversible jump process between neighbours of a grid, for gamma 1."""
    x, y = np.linspace(-3.6, 2.0, n_points), np.linspace(-1.8, 3.8, n_points)
    spacing = x[1] - x[0]
    v = energy(x[:, None], y) / TEMPERATURE
    number = np.arange(v.size).reshape(v.shape)
    from_, to, rates = [], [], []
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        for a, b in ((one, other), (other, one)):
            from_.append(number[a].ravel())
            to.append(number[b].ravel())
            rates.append(TEMPERATURE / spacing**2 * np.exp((v[a] - v[b]).ravel().clip(-60, 60) / 2))
    from_, to, rates = map(np.concatenate, (from_, to, rates))
    leaving = np.bincount(from_, rates, v.size)
    back = TEMPERATURE**2 / spacing**4 / rates  # detailed balance: the product of both ways
    symmetric = sparse.csc_array((-np.sqrt(rates * back), (from_, to))) + sparse.diags_array(leaving)
    inside = (v - v.min()).ravel() < 30
    return np.sort(eigsh(symmetric.tocsc()[inside][:, inside], k=count, sigma=-1.0)[0])


def test_generator_eigenvalues_are_the_limit_of_finite_differences():
    coarse, fine = finite_difference_rates(141, 6), finite_difference_rates(281, 6)
    extrapolated = fine + (fine - coarse) / 3  # the error falls with the square of the spacing
    np.testing.assert_allclose(-WARM.generator_eigenvalues(6), extrapolated, rtol=2e-3, atol=2e-2)


def test_the_surface_is_the_printed_one_and_the_force_its_negative_slope():
    rng, h = np.random.default_rng(0), 1e-6
    x = np.array([-0.5, 0.8]) + rng.standard_normal((50, 2)) / 2
    np.testing.assert_allclose(WARM.energy(x), energy(*x.T), rtol=1e-12)
    for axis in np.eye(2):
        slope = (WARM.energy(x - h * axis) - WARM.energy(x + h * axis)) / (2 * h)
        np.testing.assert_allclose(WARM.force(x) @ axis, slope, rtol=1e-4, atol=1e-4)
        curvature = (WARM.force(x - h * axis) - WARM.force(x + h * axis)) / (2 * h)
        np.testing.assert_allclose(WARM._hessian(x) @ axis, curvature, rtol=1e-4, atol=1e-3)
    wells = np.array([[-0.558, 1.442], [0.623, 0.028], [-0.050, 0.467]])  # Müller and Brown's three minima
    np.testing.assert_allclose(WARM.energy(wells), [-146.70, -108.17, -80.77], atol=0.01)


def test_simulated_correlations_decay_by_the_eigenvalues():
    rng = np.random.default_rng(0)
    x = WARM.initial(8000, rng)
    now, later = (WARM.eigenfunctions(3, z)[:, [0, 1]] for z in (x, WARM.step(x, rng)))
    np.testing.assert_allclose(now.T @ now / len(x), np.eye(2), atol=0.05)
    np.testing.assert_allclose(now.T @ later / len(x), np.diag(WARM.eigenvalues(2)), atol=0.05)


def test_eigenfunctions_are_finite_where_no_sample_goes():
    assert np.isfinite(WARM.eigenfunctions(4, np.array([[4.0, 4.0], [-20.0, 0.0], [-0.5, 1.4]]))).all()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"n_substeps": 10}, "n_substeps = 10: the inner step 1.0e-03 is too long for the wells; give at least"),
        (
            {"noise_strength": 1.0},
            "noise_strength = 1.0: the temperature is 0.5, and the generator is known from 5 to 60",
        ),
        ({"friction": 0.0}, "friction"),
    ],
)
def test_what_cannot_be_simulated_is_told(parameters, said):
    with pytest.raises(ConfigurationError, match=said):
        MuellerBrown(**parameters)
    with pytest.raises(ConfigurationError, match="20 are known"):
        WARM.eigenvalues(21)
