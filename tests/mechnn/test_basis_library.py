from dataclasses import replace

import numpy as np
import pytest
import torch
from discovery_cases import whole_rows

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.basis_library import (
    determined_terms,
    indistinct_terms,
    require_full_rank,
    without,
)

ROWS = np.random.default_rng(0).standard_normal((40, 3))


def library(degree: int = 2, frequencies: int = 0, rows: np.ndarray = ROWS) -> BasisLibrary:
    return BasisLibrary(whole_rows(rows, 0.1).spec, degree, frequencies)


def test_names_and_values_agree_with_the_formulas_they_stand_for() -> None:
    found = library(3, 2)
    x, y, z = ROWS.T
    expected = {"1": x**0, "x y": x * y, "z^2": z**2, "x y z": x * y * z, "x^2 z": x**2 * z, "y^3": y**3}
    expected |= {"sin(x)": np.sin(x), "cos(2 z)": np.cos(2 * z), "sin(2 y)": np.sin(2 * y)}
    values = found(torch.from_numpy(ROWS)).numpy()
    assert len(found.names) == found.n_terms == values.shape[1] == 20 + 12
    for name, column in expected.items():
        np.testing.assert_allclose(values[:, found.names.index(name)], column, rtol=1e-14)


@pytest.mark.parametrize("left_out", [(), (4, 7)])
def test_derivatives_are_those_of_central_differences(left_out: tuple[int, ...]) -> None:
    found = replace(library(3, 2), left_out=left_out)
    x, step = torch.from_numpy(ROWS), 1e-5
    slopes = found.jacobian(x, np.eye(found.n_terms))
    for variable in range(3):
        shift = step * torch.eye(3, dtype=torch.float64)[variable]
        difference = (found(x + shift) - found(x - shift)) / (2 * step)
        torch.testing.assert_close(slopes[..., variable], difference, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("degree", "frequencies"), [(-1, 0), (6, 0), (2, 11), (True, 0)])
def test_numbers_out_of_range_are_named(degree: int, frequencies: int) -> None:
    with pytest.raises(ConfigurationError, match=r"model\.(degree|frequencies)="):
        library(degree, frequencies)


def test_a_basis_that_the_data_cannot_tell_apart_is_named() -> None:
    on_a_plane = ROWS.copy()
    on_a_plane[:, 2] = on_a_plane[:, 0] + 2 * on_a_plane[:, 1]
    found = library(1, rows=on_a_plane)
    with pytest.raises(ConfigurationError, match=r"rank deficient on the data.*x, y, z"):
        require_full_rank(found.names, found(torch.from_numpy(on_a_plane)).numpy())
    with pytest.raises(ConfigurationError, match="the term 1 is zero"):
        require_full_rank(found.names, np.zeros((9, 4)))


def test_monomials_that_others_before_them_determine_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The second of two bodies lies where the first one's place says, and so do all products with its place."""
    opposite = np.stack([ROWS[:, 0], ROWS[:, 1], -2.0 * ROWS[:, 0]], axis=1)
    found = library(2, 1, rows=opposite)
    kept = without(found, determined_terms(found, found(torch.from_numpy(opposite)).numpy()))
    assert kept.names == ("1", "x", "y", "x^2", "x y", "y^2", *found.names[10:])
    assert kept.n_terms == 12
    assert kept(torch.from_numpy(opposite)).shape == (40, 12)
    assert "cannot tell these terms from those before them: z, x z, y z, z^2" in caplog.text
    require_full_rank(kept.names, kept(torch.from_numpy(opposite)).numpy())


def test_nothing_is_left_out_of_what_the_data_tell_apart(caplog: pytest.LogCaptureFixture) -> None:
    nearly = np.stack([ROWS[:, 0], ROWS[:, 0] + 1e-7 * ROWS[:, 1]], axis=1)
    found = library(1, rows=nearly)
    assert without(found, determined_terms(found, found(torch.from_numpy(nearly)).numpy())).names == ("1", "x", "y")
    assert not caplog.text


def test_simpler_terms_are_divisors_and_the_angle_of_a_wave() -> None:
    found = library(2, 1)
    simpler = {name: {found.names[j] for j in places} for name, places in zip(found.names, found.simpler, strict=True)}
    assert simpler["1"] == set()
    assert simpler["x"] == {"1"}
    assert simpler["x z"] == {"1", "x", "z"}
    assert simpler["y^2"] == {"1", "y"}
    assert simpler["sin(y)"] == simpler["cos(y)"] == {"y"}


def test_terms_that_only_together_are_redundant_leave_the_simplest() -> None:
    """Each term of a motion that comes to rest differs from those before it, and all of them together are too many."""
    times = np.linspace(0, 10, 400)[:, None]
    rows = np.array([1.0, 1.2, 0.9]) + np.exp(-times * np.array([0.4, 0.5, 0.6])) * np.array([3.0, 1.0, -2.0])
    found = library(3, rows=rows)
    states, values = torch.from_numpy(rows), found(torch.from_numpy(rows)).numpy()
    determined = determined_terms(found, values)
    others = without(found, determined)
    with pytest.raises(ConfigurationError, match="rank deficient"):
        require_full_rank(others.names, others(states).numpy())
    more = indistinct_terms(found, values, determined)
    kept = without(found, determined + more)
    require_full_rank(kept.names, kept(states).numpy())
    assert {"1", "x", "y", "z"} <= set(kept.names)
    assert {len(found.exponents[place]) for place in more} <= {2, 3}
    everything = library(1)
    assert indistinct_terms(everything, everything(torch.from_numpy(ROWS)).numpy(), []) == []
