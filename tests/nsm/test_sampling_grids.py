"""Points of the unit domain."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.grid import Axis, Grid

AXES = (Axis("t", "time"), Axis("x", "periodic"), Axis("y", "bounded"))


def test_the_end_point_of_a_circle_is_left_out_and_that_of_an_interval_is_not():
    t, x, y = Grid.equally_spaced(AXES, (5, 4, 3)).points
    np.testing.assert_allclose(t, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(x, [0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(y, [0, 0.5, 1])


def test_the_nodes_of_a_basis_are_its_grid():
    grid = Grid.of_nodes(AXES, TensorProduct((Chebyshev(5), Fourier(3), Chebyshev(3))))
    assert grid.size == (5, 3, 3)
    np.testing.assert_allclose(grid.points[0], (1 - np.cos(np.pi * np.arange(5) / 4)) / 2, atol=1e-15)
    np.testing.assert_allclose(grid.points[1], [0, 1 / 3, 2 / 3])


def test_waves_belong_to_circles_and_polynomials_to_all_other_axes():
    assert [axis.basis_kind for axis in AXES] == [Chebyshev, Fourier, Chebyshev]


@pytest.mark.parametrize("size", [(5, 4), (5, 4, 2)])
def test_a_grid_needs_three_points_for_each_axis(size):
    with pytest.raises(ConfigurationError, match="at least 3 for each of the 3 axes"):
        Grid.equally_spaced(AXES, size)
