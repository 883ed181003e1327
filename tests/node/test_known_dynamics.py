"""A known system as a vector field moves as SciPy says."""

import numpy as np
import torch
from node_cases import reference

from sciml_bench.node import FixedStepSolver
from sciml_bench.node.fields.gray_box import KnownDynamics
from sciml_bench.systems import Duffing


def test_a_driven_oscillator_is_integrated_like_a_learned_field_and_has_no_weights():
    field = KnownDynamics(Duffing(driving_amplitude=0.4))

    def equations(t, x):
        return np.array([x[1], 0.4 * np.cos(1.2 * t) - 0.3 * x[1] + x[0] - x[0] ** 3])

    times = np.linspace(0.5, 3.0, 6)[None]
    found = FixedStepSolver(max_step=0.01)(field, torch.tensor([[[0.3, -0.2]]]).double(), times)
    np.testing.assert_allclose(found.states[0, 0], reference(equations, np.array([0.3, -0.2]), times[0]), atol=1e-8)
    assert not list(field.parameters())
