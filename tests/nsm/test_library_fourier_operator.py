"""The library's own network as an operator: what it is given, and that nothing is added to its answer."""

import sys

import numpy as np
import pytest
import torch
from nsm_cases import equation

from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks import FourierNeuralOperator, LibraryFourierOperator
from sciml_bench.nsm.solving import prediction, residual_l2

SIZES = {"width": 4, "depth": 2}


@pytest.fixture
def operator():
    pytest.importorskip("neuralop", reason="the extra operators is not installed")
    torch.manual_seed(0)
    problem = equation("reaction_diffusion")
    model = LibraryFourierOperator(problem, modes=[3, 5], output_scale=0.5, **SIZES)
    model.define_on(problem.test_grid(16))
    return model, problem


def test_the_network_sees_the_field_at_all_times_and_answers_alone(operator):
    model, problem = operator
    fields = problem.draw_parameters(2, 0)
    grid = problem.test_grid(16)
    sampled = torch.from_numpy(fields[:, ::4]).float()  # 64 points, every fourth is one of 16
    given = sampled[:, None, None].expand(-1, 1, grid.size[0], -1).contiguous()
    with torch.no_grad():
        expected = 0.5 * model.network(given)[:, 0]
    found = prediction(model, problem, fields, grid)
    np.testing.assert_allclose(found, expected, atol=2e-4)  # an initial field is cut to its waves
    assert not np.allclose(found[:, 0], sampled, atol=0.05)  # it is not told the beginning
    assert np.isfinite(residual_l2(model, problem, fields)).all()


def test_it_learns_on_equally_spaced_points(operator):
    model, problem = operator
    with pytest.raises(ConfigurationError, match=r"model=library_fno .* training=supervised"):
        model.define_on(Grid.of_nodes(problem.axes, model.equation_basis))


@pytest.mark.parametrize("kind", [FourierNeuralOperator, LibraryFourierOperator])
def test_a_missing_library_is_named_with_its_extra(kind, monkeypatch):
    for name in ("neuralop", "neuralop.models.fno", "neuralop.layers.spectral_convolution"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(NotApplicableError, match=r"neuraloperator .*sciml-bench\[operators\]"):
        kind(equation("poisson"), modes=[3, 3], **SIZES)
