import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node.landscape.loss_landscape import line_scan, loss_plane


def bowl(vectors):
    """A loss whose value tells every parameter apart."""
    return (vectors.square() * torch.arange(1.0, 4.0, dtype=vectors.dtype)).sum(dim=1)


ORIGIN = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
DIRECTIONS = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0]])


def test_the_plane_holds_the_loss_of_the_model_at_each_of_its_points():
    plane = loss_plane(bowl, ORIGIN, DIRECTIONS, ((-1, 2), (0.0, 0.5)), 7, batch=10)
    np.testing.assert_allclose(plane.first, np.linspace(-1, 2, 7))
    np.testing.assert_allclose(plane.second, np.linspace(0, 0.5, 7))
    for i, first in enumerate(plane.first):
        for j, second in enumerate(plane.second):
            x, y, z = ORIGIN.numpy() + first * DIRECTIONS[0] + second * DIRECTIONS[1]
            assert plane.losses[i, j] == pytest.approx(x**2 + 2 * y**2 + 3 * z**2)


def test_the_line_holds_the_loss_along_it():
    scan = line_scan(bowl, ORIGIN.numpy(), DIRECTIONS[1], (-1.0, 1.0), 5)
    np.testing.assert_allclose(scan.positions, [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_allclose(scan.losses, 0.25 + 12 + 2 * (-1 + 2 * scan.positions) ** 2)


def test_models_are_evaluated_in_batches_of_at_most_the_given_size_and_without_gradient():
    seen = []

    def recorded(vectors):
        seen.append((len(vectors), vectors.dtype))
        assert not torch.is_grad_enabled()
        return bowl(vectors)

    loss_plane(recorded, ORIGIN.float().requires_grad_(), torch.from_numpy(DIRECTIONS), n_points=5, batch=8)
    assert seen == [(8, torch.float32)] * 3 + [(1, torch.float32)]


def test_a_loss_that_is_not_finite_stays_so_beside_finite_ones():
    def escaping(vectors):
        losses = bowl(vectors)
        return torch.where(vectors[:, 0] > 1, torch.inf, torch.where(vectors[:, 0] < 0, torch.nan, losses))

    scan = line_scan(escaping, ORIGIN, DIRECTIONS[0], (-1.0, 1.0), 5)
    np.testing.assert_array_equal(np.isnan(scan.losses), [True, False, False, False, False])
    np.testing.assert_array_equal(np.isinf(scan.losses), [False, False, False, False, True])


def test_a_model_whose_integration_breaks_down_takes_no_other_with_it():
    def breaking(vectors):
        if (vectors[:, 0] > 1).any():
            raise SolverError("underflow in dt")
        return bowl(vectors)

    broken = loss_plane(breaking, ORIGIN, DIRECTIONS, n_points=6)
    whole = loss_plane(bowl, ORIGIN, DIRECTIONS, n_points=6)
    beyond = 0.5 + whole.first > 1
    assert np.isnan(broken.losses[beyond]).all()
    np.testing.assert_array_equal(broken.losses[~beyond], whole.losses[~beyond])


def test_other_errors_of_the_loss_are_not_hidden():
    def mistaken(vectors):
        raise KeyError("weight")

    with pytest.raises(KeyError):
        line_scan(mistaken, ORIGIN, DIRECTIONS[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_points": 1}, "n_points=1: a scan needs at least 2"),
        ({"spans": ((-1.0, 1.0), (1.0, 1.0))}, r"spans\[1\]=\(1\.0, 1\.0\): give the first and last"),
        ({"spans": ((-1.0, float("inf")), (0.0, 1.0))}, r"spans\[0\]"),
        ({"directions": np.ones((2, 4))}, "directions: 4 entries for 3 parameters"),
        ({"batch": 0}, "batch=0"),
    ],
)
def test_planes_that_cannot_be_scanned_are_refused(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        loss_plane(**{"losses": bowl, "origin": ORIGIN, "directions": DIRECTIONS} | arguments)
