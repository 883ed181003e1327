"""Discovery in closed form: what the issue asks of it on Lorenz trajectories, clean and noisy, fine and coarse."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from discovery_cases import lorenz_coefficients, lorenz_rows, whole, whole_rows
from scipy.io import loadmat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery, Discovery
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, improve, linearize

TASK_FILES = Path(__file__).resolve().parents[3] / "shared" / "data" / "ctf_lorenz"


def discovered(rows: np.ndarray, time_step: float, degree: int = 2, **recipe: Any) -> Discovery:
    data = whole_rows(rows, time_step)
    return ClosedFormDiscovery(**recipe)(BasisLibrary(data.spec, degree), data.train)


def worst_error(found: Discovery) -> float:
    """Largest relative error; infinite for another support than the true one."""
    names = found.equations.library.names
    true = lorenz_coefficients(names)
    if not np.array_equal(true != 0, found.equations.support):
        return float("inf")
    return float((np.abs(found.equations.coefficients - true)[true != 0] / np.abs(true[true != 0])).max())


@pytest.fixture(scope="module")
def record() -> np.ndarray:
    return lorenz_rows(10_000, 0.01)


def test_the_paper_s_clean_record_gives_the_exact_support_and_coefficients_to_1e_4(record: np.ndarray) -> None:
    assert worst_error(discovered(record, 0.01)) < 1e-5


def test_one_per_cent_of_noise_leaves_the_support_exact_and_coefficients_to_1e_2(record: np.ndarray) -> None:
    noise = 0.01 * record.std(axis=0) * np.random.default_rng(0).standard_normal(record.shape)
    found = discovered(record + noise, 0.01)
    assert worst_error(found) < 2e-3
    assert found.residual_deviation == pytest.approx(0.01 * np.sqrt(np.mean(record.var(axis=0))), rel=0.1)
    assert worst_error(discovered(record + noise, 0.01, refinement="never")) < 1e-2


def test_order_padding_pays(record: np.ndarray) -> None:
    errors = [worst_error(discovered(record, 0.01, taylor_order=order, refinement="never")) for order in (2, 4, 5)]
    assert errors[0] > 100 * errors[1] > 1000 * errors[2] / 1.0


def test_coarse_clean_rows_are_refined_until_they_reproduce_themselves() -> None:
    found = discovered(lorenz_rows(150, 0.05, (-5.0, -4.0, 25.0)), 0.05)
    assert worst_error(found) < 1e-4
    assert found.one_step_residual < 1e-5


def test_strong_noise_is_averaged_along_the_record() -> None:
    clean = lorenz_rows(800, 0.05, (-5.0, -4.0, 25.0))
    noisy = clean + np.random.default_rng(3).standard_normal(clean.shape)
    found = discovered(noisy, 0.05)
    assert worst_error(found) < 0.1
    assert found.residual_deviation == pytest.approx(1.0, rel=0.05)
    assert np.linalg.norm(found.states[0] - clean) < 0.015 * np.linalg.norm(clean)  # the noise: .06
    assert found.standard_errors is not None
    true = lorenz_coefficients(found.equations.library.names)
    deviations = (found.equations.coefficients - true)[true != 0] / found.standard_errors[true != 0]
    assert np.abs(deviations).max() < 5


def test_several_trajectories_of_unequal_length_and_step_are_one_problem() -> None:
    rng = np.random.default_rng(0)
    times = [np.cumsum(rng.uniform(0.005, 0.015, n)) for n in (700, 400)]
    grids = [0.001 * np.arange(20_000) for _ in times]
    rows = [lorenz_rows(20_000, 0.001, start) for start in ((1.0, 1.0, 1.0), (-5.0, -4.0, 25.0))]
    states = [
        np.stack([np.interp(t, grid, part[:, d]) for d in range(3)], axis=1)
        for t, grid, part in zip(times, grids, rows, strict=True)
    ]
    data = whole(times, states)
    found = ClosedFormDiscovery(smoothing="none", refinement="never")(BasisLibrary(data.spec, 2), data.train)
    assert worst_error(found) < 5e-3
    assert [len(part) for part in found.states] == [700, 400]


def test_a_step_of_the_refinement_is_the_gauss_newton_step_of_the_dense_problem() -> None:
    """The eliminated problem against one least-squares problem in all unknowns, its derivatives by differences."""
    rows = lorenz_rows(8, 0.05, (-5.0, -4.0, 25.0)) + 0.1 * np.random.default_rng(0).standard_normal((8, 3))
    library = BasisLibrary(whole_rows(rows, 0.05).spec, 1)
    rng = np.random.default_rng(1)
    coefficients = rng.standard_normal((library.n_terms, 3))
    support = rng.random(coefficients.shape) < 0.6
    support[1] = True
    coefficients[~support] = 0.0
    intervals = np.full(7, 0.05)
    intervals[3] = 0.0  # two trajectories
    states, mu = rows + 0.05 * rng.standard_normal(rows.shape), 30.0
    start = JointEstimate(states, coefficients, support, mu)
    linear = linearize(NoisyRecord(rows, intervals, library, 20), start)

    def residuals(unknowns: np.ndarray) -> np.ndarray:
        from scipy.linalg import expm

        x, field = unknowns[:24].reshape(8, 3), np.zeros_like(coefficients)
        field[support] = unknowns[24:]
        parts = [(rows - x).ravel()]
        for n in np.flatnonzero(intervals):  # affine dynamics: du/dt = a + A u, by the matrix exponential
            augmented = np.zeros((4, 4))
            augmented[:3, 3], augmented[:3, :3] = field[0], field[1:].T
            arrived = (expm(augmented * intervals[n]) @ np.append(x[n], 1.0))[:3]
            parts.append(np.sqrt(mu) * (arrived - x[n + 1]))
        return np.concatenate(parts)

    unknowns = np.concatenate([states.ravel(), coefficients[support]])
    jacobian = np.stack(
        [(residuals(unknowns + 1e-6 * e) - residuals(unknowns - 1e-6 * e)) / 2e-6 for e in np.eye(len(unknowns))],
        axis=1,
    )
    step = np.linalg.lstsq(jacobian, -residuals(unknowns), rcond=None)[0]
    gram = linear.directions.T @ linear.directions
    change = np.linalg.solve(gram, -linear.directions.T @ linear.residual)
    np.testing.assert_allclose(change, step[24:], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose((linear.base + linear.responses @ change).ravel(), step[:24], rtol=1e-4, atol=1e-6)
    assert linear.objective == pytest.approx(np.sum(residuals(unknowns) ** 2), rel=1e-8)
    assert improve(NoisyRecord(rows, intervals, library, 20), start).mean_square < linear.objective / 24


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"threshold": 0}, r"training\.threshold=0"),
        ({"threshold": 1.5}, r"training\.threshold=1\.5"),
        ({"taylor_order": 0}, r"training\.taylor_order=0"),
        ({"window": 2}, r"training\.window=2"),
        ({"smoothing": "much"}, r"training\.smoothing=much: choose auto or none"),
        ({"smoothing": -1.0}, r"training\.smoothing=-1"),
        ({"refinement": "perhaps"}, r"training\.refinement=perhaps: choose one of always"),
    ],
)
def test_bad_choices_are_named(recipe: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ClosedFormDiscovery(**recipe)


def test_the_last_term_stays_however_much_is_asked_for(record: np.ndarray) -> None:
    found = discovered(record[:500], 0.01, threshold=0.99, refinement="never")
    assert found.equations.support.sum(axis=0).tolist() == [1, 1, 1]
    assert found.explained.min() < 0.9


def test_too_few_rows_are_an_error() -> None:
    with pytest.raises(DataError, match="2 rows to learn from; equations need 3 or more"):
        discovered(lorenz_rows(2, 0.01), 0.01, degree=0)


@pytest.mark.skipif(not TASK_FILES.is_dir(), reason="the Lorenz files of the Common Task Framework are not here")
@pytest.mark.parametrize("number", [4, 5])
def test_third_party_records_of_100_rows(number: int) -> None:
    rows = next(value for key, value in loadmat(TASK_FILES / f"X{number}train.mat").items() if not key.startswith("_"))
    found = discovered(np.asarray(rows, dtype=np.float64), 0.05)
    names = found.equations.library.names
    assert np.array_equal(found.equations.support, lorenz_coefficients(names) != 0)
    if number == 5:  # noisy: the same terms, coefficients as far as 100 rows tell them
        assert found.residual_deviation == pytest.approx(1.0, abs=0.15)
    else:
        assert found.one_step_residual < 1e-5
        assert found.equations.coefficients[names.index("x"), 0] == pytest.approx(-10, rel=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not TASK_FILES.is_dir(), reason="the Lorenz files of the Common Task Framework are not here")
@pytest.mark.parametrize("number", [1, 2, 3, 6, 7, 8])
def test_third_party_records_of_10_000_rows(number: int) -> None:
    rows = next(value for key, value in loadmat(TASK_FILES / f"X{number}train.mat").items() if not key.startswith("_"))
    found = discovered(np.asarray(rows, dtype=np.float64), 0.05)
    names = found.equations.library.names
    assert np.array_equal(found.equations.support, lorenz_coefficients(names) != 0)
    tolerance = 1e-2 if number in (2, 3) else 1e-4
    assert found.equations.coefficients[names.index("x y"), 2] == pytest.approx(1, rel=tolerance)
    assert found.equations.coefficients[names.index("z"), 2] == pytest.approx(-8 / 3, rel=tolerance)
