"""Ratios of an operator that leaves every field as it is, where the truth is the heat equation, written out."""

import numpy as np
import pytest
import torch

from sciml_bench.nsm import Evaluation, TrainedOperator
from sciml_bench.nsm.equations import Burgers, Poisson, ReactionDiffusion
from sciml_bench.nsm.networks import SpectralOperator

VISCOSITY, DURATION, TIMES, POINTS = 0.02, 0.5, 5, 32


def unchanging(problem, modes):
    model = SpectralOperator(problem, modes=modes, width=1, depth=1)
    model.coefficients = lambda fields: torch.zeros(len(fields), *modes)
    return TrainedOperator(model)


def error_of_no_change(fields, viscosity, n_points):
    """Mean of ‖g − u‖ / ‖u‖ with u_k(t) = g_k exp(−ν (2πk)² t)."""
    kept = np.fft.rfft(fields)[:, : n_points // 2 + 1] * n_points / fields.shape[1]
    waves = 2 * np.pi * np.arange(n_points // 2 + 1)
    decays = np.exp(-viscosity * waves**2 * DURATION * np.linspace(0, 1, TIMES)[:, None])
    truth = np.fft.irfft(kept[:, None] * decays, n_points)
    size = np.linalg.norm(truth, axis=(1, 2))
    return np.mean(np.linalg.norm(truth[:, :1] - truth, axis=(1, 2)) / size)


def test_ratios_are_those_of_the_written_out_solutions(tmp_path):
    settings = {"duration": DURATION, "growth": 1e-9, "length_scale": 0.4, "solver_resolution": 128}
    about = {"n_test": 6, "test_resolutions": [POINTS], "test_time_points": TIMES, "cache": tmp_path}
    problem = ReactionDiffusion(viscosity=VISCOSITY, **settings, **about)
    problem.setup()
    metrics = Evaluation(stress=True)(unchanging(problem, [3, 5]), problem).metrics
    fields = problem.sampling.parameters("test")
    rougher = ReactionDiffusion(viscosity=VISCOSITY, **settings | {"length_scale": 0.2}, **about)
    rough = rougher.draw_parameters(6, problem.sampling.seed_of("test"))
    base = error_of_no_change(fields, VISCOSITY, POINTS)
    assert metrics[f"relative_l2_{POINTS}"] == pytest.approx(base, rel=1e-3)
    expected = {
        "viscosity": error_of_no_change(fields, 2 * VISCOSITY, POINTS) / base,
        "roughness": error_of_no_change(rough, VISCOSITY, POINTS) / base,
        "resolution": error_of_no_change(fields, VISCOSITY, 2 * POINTS) / base,
    }
    assert expected["viscosity"] > 1.3
    assert expected["roughness"] > 1.3
    for name, ratio in expected.items():
        assert metrics[f"error_ratio_twice_{name}"] == pytest.approx(ratio, rel=2e-3)


def test_half_the_length_scale_has_slopes_twice_as_steep():
    problem = Burgers()
    rougher = problem.changed(length_scale=problem.system.length_scale / 2)
    fields, rough = problem.draw_parameters(2000, 0), rougher.draw_parameters(2000, 0)
    waves = 2 * np.pi * np.arange(33)
    steepness = [np.sqrt(np.sum(np.abs(waves * np.fft.rfft(each)) ** 2)) for each in (fields, rough)]
    assert steepness[1] / steepness[0] == pytest.approx(2, rel=0.03)
    assert np.mean(fields * rough) / (fields.std() * rough.std()) > 0.8  # of the same random numbers


def test_an_equation_without_viscosity_is_asked_the_rest(tmp_path):
    problem = Poisson(n_points=8, n_test=2, test_resolutions=[8], cache=tmp_path)
    problem.setup()
    asked = Evaluation(stress=True)(unchanging(problem, [3, 3]), problem).metrics
    assert {name for name in asked if "ratio" in name} == {
        "error_ratio_twice_roughness",
        "error_ratio_twice_resolution",
    }
    assert not [name for name in Evaluation()(unchanging(problem, [3, 3]), problem).metrics if "ratio" in name]
