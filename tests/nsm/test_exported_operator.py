"""Operators leave as matrices: also where axes are long, and where the network sees positions."""

import numpy as np
import pytest
import torch
from nsm_cases import MODES, equation

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.exported_file import write_exported
from sciml_bench.nsm import TrainedOperator
from sciml_bench.nsm.networks import SpectralOperator


@pytest.mark.parametrize("name", ["burgers", "poisson_dirichlet"])
def test_a_program_solves_other_parameters_without_a_fourier_transform(name, tmp_path):
    torch.manual_seed(0)
    asked = equation(name)
    learned = TrainedOperator(SpectralOperator(asked, modes=MODES[name], width=4, depth=1))
    function = learned.exported(9)["solution"]()
    operations = {str(node.target) for node in function.program().graph.nodes}
    assert not [each for each in operations if "fft" in each]
    _, evaluated = write_exported(tmp_path / "f.pt2", function, "torch")
    others = np.asarray(asked.draw_parameters(2, seed=7), dtype=np.float64)
    known, axes = learned.solve(others, 9)
    np.testing.assert_allclose(evaluated(others), known, atol=1e-5 * np.abs(known).max())
    assert {name: len(points) for name, points in function.facts["solution_axes"].items()} == {
        name: len(points) for name, points in axes.items()
    }


def test_a_resolution_that_is_none_is_refused_before_anything_is_computed():
    learned = TrainedOperator(SpectralOperator(equation("poisson"), modes=MODES["poisson"], width=4, depth=1))
    with pytest.raises(ConfigurationError, match="resolution=2"):
        learned.exported(2)
