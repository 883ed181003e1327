"""Helmholtz' equation, the example of an equation in one file."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.equations import Helmholtz
from sciml_bench.nsm.networks import SpectralOperator
from sciml_bench.nsm.training.residual_norms import ResidualNorm

KAPPA = 5.0
POINTS = np.arange(16) / 16


def waves() -> tuple[np.ndarray, np.ndarray]:
    """A source and its response, by hand: −Δ multiplies each wave by |2πk|²."""
    x, y = np.meshgrid(POINTS, POINTS, indexing="ij")
    first, second = np.sin(2 * np.pi * (x + 2 * y)), np.cos(2 * np.pi * 3 * x)
    source = (5 * (2 * np.pi) ** 2 - KAPPA**2) * first + 0.5 * (9 * (2 * np.pi) ** 2 - KAPPA**2) * second
    return source[None], (first + 0.5 * second)[None]


def test_the_reference_solver_gives_the_response_of_known_waves():
    source, response = waves()
    np.testing.assert_allclose(Helmholtz(wave_number=KAPPA).solve(source, 16, 1), response, atol=1e-12)


def test_the_residual_of_the_known_response_vanishes_in_every_norm():
    source, response = waves()
    equation = Helmholtz(wave_number=KAPPA)
    basis = equation.basis((17, 17))
    fields = equation.parameter_coefficients(torch.from_numpy(source))
    solution = equation.parameter_coefficients(torch.from_numpy(response))
    wide, residual = equation.residual_series(solution, basis, fields)
    assert float(residual.abs().max()) < 1e-9 * float(np.abs(source).max())
    # without a solution the preconditioned norm of the residual is that of the response
    _, residual = equation.residual_series(torch.zeros_like(solution), basis, fields)
    norm = ResidualNorm("preconditioned", equation, wide)
    np.testing.assert_allclose(norm(residual.float()).numpy(), np.mean(response**2), rtol=1e-5)


def test_a_few_steps_of_training_reduce_the_residual():
    torch.manual_seed(0)
    equation = Helmholtz(wave_number=KAPPA)
    network = SpectralOperator(equation, modes=(9, 9), width=8, depth=2, output_scale=0.03)
    solution_basis = equation.solution_basis(network.basis)
    norm = ResidualNorm("hminus1", equation, equation.residual_basis(solution_basis))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for step in range(60):
        fields = equation.parameter_coefficients(torch.from_numpy(equation.draw_parameters(8, step)).float())
        basis, solution = equation.solution(network.coefficients(fields), network.basis, fields)
        loss = norm(equation.residual_series(solution, basis, fields)[1]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])


def test_a_resonant_wave_number_is_refused():
    with pytest.raises(ConfigurationError, match=r"pde\.wave_number=6\.28: the square resonates"):
        Helmholtz(wave_number=6.28)
    with pytest.raises(ConfigurationError, match=r"pde\.wave_number=-1"):
        Helmholtz(wave_number=-1)
