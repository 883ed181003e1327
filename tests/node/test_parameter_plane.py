import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.node.landscape.parameter_plane import principal_plane


def path_in_a_plane(n_epochs, n_parameters, noise=0.0):
    """An ellipse's arc that ends in a point away from the origin."""
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((n_parameters, 2)))[0].T
    angle = np.linspace(0, 2, n_epochs)
    coordinates = np.stack([5 * np.cos(angle), np.sin(angle)], axis=1)
    coordinates -= coordinates[-1]
    path = rng.standard_normal(n_parameters) + coordinates @ axes
    return path + noise * rng.standard_normal(path.shape), coordinates, axes


@pytest.mark.parametrize(("n_epochs", "n_parameters"), [(12, 40), (40, 12), (120, 90), (90, 120), (5, 3), (30, 2)])
def test_a_path_within_a_plane_is_reproduced_by_its_coordinates(n_epochs, n_parameters):
    path, coordinates, axes = path_in_a_plane(n_epochs, n_parameters)
    plane = principal_plane(path)
    np.testing.assert_allclose(plane.origin + plane.coordinates @ plane.directions, path, atol=1e-10)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-10)
    np.testing.assert_allclose(plane.directions.T @ plane.directions, axes.T @ axes, atol=1e-9)  # the same plane
    assert plane.explained_variance_ratio.sum() == pytest.approx(1)
    np.testing.assert_array_equal(plane.origin, path[-1])
    np.testing.assert_allclose(plane.coordinates[-1], 0, atol=1e-12)
    assert (plane.coordinates[0] >= 0).all()
    spread = np.linalg.svd(coordinates, compute_uv=False) ** 2
    np.testing.assert_allclose(plane.explained_variance_ratio, spread / spread.sum(), atol=1e-10)


def test_no_other_plane_through_the_end_holds_more_of_a_noisy_path():
    path, _, axes = path_in_a_plane(80, 60, noise=0.3)
    plane = principal_plane(path)
    displacements = path - path[-1]
    total = np.sum(displacements**2)
    kept = np.sum((displacements @ plane.directions.T) ** 2) / total
    assert plane.explained_variance_ratio.sum() == pytest.approx(kept)
    rng = np.random.default_rng(1)
    for _ in range(20):
        other = np.linalg.qr(plane.directions.T + 0.2 * rng.standard_normal((60, 2)))[0].T
        assert np.sum((displacements @ other.T) ** 2) / total < kept
    assert np.sum((displacements @ axes.T) ** 2) / total < kept


@pytest.mark.parametrize("n_epochs", [2, 10, 80])
def test_a_straight_path_still_has_two_orthonormal_directions(n_epochs):
    line = np.random.default_rng(0).standard_normal(70)
    plane = principal_plane(np.linspace(1, 0, n_epochs)[:, None] * line)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-8)
    np.testing.assert_allclose(plane.directions[0], line / np.linalg.norm(line), atol=1e-8)
    np.testing.assert_allclose(plane.explained_variance_ratio, [1, 0], atol=1e-8)


def test_the_spans_hold_the_path_with_room_on_every_side():
    plane = principal_plane(path_in_a_plane(50, 10)[0])
    (left, right), (low, high) = plane.spans(margin=0.1)
    extent = np.ptp(plane.coordinates, axis=0)
    assert (right - left, high - low) == pytest.approx(tuple(extent + 0.2 * extent.max()))
    assert left < plane.coordinates[:, 0].min() < plane.coordinates[:, 0].max() < right


@pytest.mark.parametrize(
    ("trajectory", "message"),
    [
        (np.ones((1, 5)), "1 epochs of 5 parameters span no plane"),
        (np.arange(5.0)[:, None], "5 epochs of 1 parameters span no plane"),
        (np.ones((4, 3)), "the parameters never move"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), "holds NaN or infinity"),
    ],
)
def test_paths_without_a_plane_are_refused(trajectory, message):
    with pytest.raises(DataError, match=message):
        principal_plane(trajectory)
