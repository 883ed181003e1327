from dataclasses import replace

import numpy as np
import pytest
import torch
from node_cases import field_of, initial_states, perceptron, spec

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import GrayBox, LotkaVolterraGrayBox
from sciml_bench.systems import Duffing, Lorenz63, LotkaVolterra


def silent(field):
    """The field with a network that says nothing."""
    field.set_members({name: torch.zeros_like(p) for name, p in field.named_parameters()})
    return field


def test_growth_and_death_are_known_to_the_lotka_gray_box():
    field = silent(LotkaVolterraGrayBox(2, prey_growth=1.5, predator_death=0.7))
    x = torch.tensor([[2.0, 3.0]], dtype=torch.float64)
    np.testing.assert_allclose(field(0.0, x).detach(), [[3.0, -2.1]])


@pytest.mark.parametrize("components", [None, [0], [2, 1], (0, 2, 2)])
def test_the_network_adds_to_the_unknown_equations_only(components):
    torch.manual_seed(0)
    field = GrayBox(3, Lorenz63(), components, 1, 4)
    x = initial_states(3, 5).numpy()
    known = np.stack(
        [10 * (x[:, 1] - x[:, 0]), x[:, 0] * (28 - x[:, 2]) - x[:, 1], x[:, 0] * x[:, 1] - 8 / 3 * x[:, 2]]
    )
    learned = np.zeros((5, 3))
    learned[:, sorted(set(components or range(3)))] = perceptron(field)(x)
    np.testing.assert_allclose(field(0.0, torch.from_numpy(x)).detach(), known.T + learned, rtol=1e-12, atol=1e-12)


def test_the_known_part_may_depend_on_time_and_every_trajectory_has_its_own():
    field = silent(field_of("graybox"))
    x, t = initial_states(2, 3), torch.tensor([0.0, 1.0, 5.0], dtype=torch.float64)
    position, velocity = x.numpy().T
    force = 0.4 * np.cos(1.2 * t.numpy()) - 0.3 * velocity + position - position**3
    np.testing.assert_allclose(field(t, x).detach(), np.stack([velocity, force], axis=1), rtol=1e-12)


def test_the_simulated_system_is_the_known_part_unless_another_is_named():
    simulated = replace(spec(2), system=LotkaVolterra())
    assert GrayBox(simulated).system == LotkaVolterra()
    assert GrayBox(simulated, Duffing()).system == Duffing()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LotkaVolterraGrayBox(3), "model=lotka_graybox .*the data have 3 components"),
        (lambda: GrayBox(2, Lorenz63()), "model.system: Lorenz63 has 3 components, but the data have 2"),
        (lambda: GrayBox(spec(2)), "model.system is not given and the data were not simulated"),
        (lambda: GrayBox(3), "model.system is not given"),
        (lambda: GrayBox(3, Lorenz63(), [3]), r"model.unknown_components=\[3\]: give numbers from 0 to 2"),
        (lambda: GrayBox(3, Lorenz63(), [-1]), r"model.unknown_components=\[-1\]"),
        (lambda: GrayBox(3, Lorenz63(), []), r"model.unknown_components=\[\]"),
        (lambda: GrayBox(3, Lorenz63(), standardize=True), "model.standardize=true needs the data's spec"),
        (lambda: LotkaVolterraGrayBox(2, activation="step"), "activation='step' is unknown"),
    ],
)
def test_a_part_that_does_not_fit_the_data_is_refused(build, message):
    with pytest.raises(ConfigurationError, match=message):
        build()
