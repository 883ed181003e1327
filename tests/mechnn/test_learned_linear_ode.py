import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.mechnn import LearnedLinearODE


def spec_of(n_rows=41, dim=1, n_trajectories=1):
    times = np.linspace(0, 4, n_rows)
    phases = np.arange(n_trajectories * dim).reshape(n_trajectories, 1, dim)
    states = 5 + 2 * np.sin(times[:, None] + phases)
    record = TrajectoryFiles.from_arrays(times, states, split={"train": 1.0})
    record.setup()
    return record.spec


def test_a_state_that_the_equation_names_at_every_step_is_the_solution():
    wanted = 2 + torch.sin(0.1 * torch.arange(41))
    model = LearnedLinearODE(spec_of(), order=2, initial_step=0.1)
    with torch.no_grad():
        model.coefficients.zero_()
        model.coefficients[0, 0, :, 0, 0] = 1 / wanted
        found = model()
    assert (found[0, :, 0] - wanted).abs().max() < 1e-3
    assert (model.step_sizes - 0.1).abs().max() < 1e-6


def test_a_standardized_solution_is_moved_to_the_scale_of_the_data():
    spec = spec_of(dim=2, n_trajectories=3)
    model = LearnedLinearODE(spec, standardize=True)
    with torch.no_grad():
        model.coefficients.zero_()
        model.coefficients[..., 0] = 0.5
        found = model()
    assert found.shape == (3, 41, 2)
    moved = model.in_the_datas_units(found)
    torch.testing.assert_close(moved, torch.from_numpy(spec.mean + 2 * spec.deviation).expand(3, 41, 2))
    torch.testing.assert_close(model.standardized(moved.numpy()), found)


def test_components_and_trajectories_do_not_act_on_each_other():
    model = LearnedLinearODE(spec_of(dim=2, n_trajectories=2), taylor_order=3)
    model()[1, :, 0].square().sum().backward()
    for parameter in model.parameters():
        touched = (parameter.grad.flatten(1) != 0).any(dim=1)
        assert touched.tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": 0}, r"model\.order=0"),
        ({"order": 3, "taylor_order": 2}, r"model\.taylor_order=2"),
        ({"initial_step": 1}, r"model\.initial_step=1"),
    ],
)
def test_bad_choices_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        LearnedLinearODE(spec_of(), **options)
