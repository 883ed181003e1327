"""The distance from solutions, for a network that knows them: what is predicted stands beside its own solution."""

import numpy as np
import pytest
import torch
from nsm_cases import TURN, equation

from sciml_bench.nsm import SupervisedTraining
from sciml_bench.nsm.networks import SpectralOperator


class Exact(SpectralOperator):
    """A multiple of the potential of a periodic source, −Δu = f, wave by wave."""

    factor = 1.0

    def series(self, parameters):
        waves = (np.arange(9) + 1) // 2
        squares = TURN**2 * (waves[:, None] ** 2 + waves[None, :] ** 2)
        inverse = np.divide(1, squares, out=np.zeros_like(squares), where=squares > 0)
        return self.factor * parameters * torch.from_numpy(inverse).to(parameters)


def training(tmp_path, factor, **options):
    problem = equation("poisson", cache=tmp_path)
    model = Exact(problem, modes=[9, 9], width=1, depth=1)
    model.factor = factor
    return SupervisedTraining(model, problem.sampling, resolution=8, n_training=5, **options), problem


@pytest.mark.parametrize("factor", [1.0, 0.0, 3.0, -1.0])
def test_the_loss_is_the_relative_distance_from_the_solutions_of_the_same_sources(factor, tmp_path):
    method, problem = training(tmp_path, factor)
    torch.manual_seed(0)
    fresh = torch.from_numpy(problem.draw_parameters(4, 7)).float()
    assert float(method.mismatch(fresh)) == pytest.approx(abs(factor - 1), abs=1e-4)


def test_every_pair_of_the_set_is_drawn(tmp_path):
    method, problem = training(tmp_path, 1.0)
    solutions = method.pairs()[1].clone()
    solutions[3] *= 2  # half of it is missing then
    method._pairs = method.pairs()[0], solutions
    torch.manual_seed(0)
    fresh = torch.from_numpy(problem.draw_parameters(400, 7)).float()
    # a fifth of all draws, with a relative distance of one half
    assert float(method.mismatch(fresh)) == pytest.approx(0.5 / 5, rel=0.3)


def test_the_set_is_computed_before_the_training_and_once(tmp_path):
    method, _ = training(tmp_path, 1.0)
    method.start()
    first = method.pairs()
    assert method.pairs() is first
    again, _ = training(tmp_path, 1.0)
    for kept, same in zip(first, again.pairs(), strict=True):
        assert torch.equal(kept, same)
