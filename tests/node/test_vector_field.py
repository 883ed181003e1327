import numpy as np
import pytest
import torch
from node_cases import BUILDERS, field_of, initial_states, right_hand_side

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import VectorField


@pytest.mark.parametrize("name", BUILDERS)
def test_a_field_evaluates_its_equations_for_every_member(name):
    field = field_of(name, n_members=3)
    x = initial_states(field.dim, 4, members=3)
    t = torch.tensor(0.7, dtype=torch.float64)
    for member in range(3):
        equations = right_hand_side(name, field, member)
        expected = [equations(0.7, state) for state in x[member].numpy()]
        np.testing.assert_allclose(field(t, x)[member].detach(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", BUILDERS)
def test_joined_members_are_the_fields_they_were(name):
    singles = [field_of(name, seed) for seed in (0, 1)]
    before = [[p.clone() for p in single.parameters()] for single in singles]
    together = type(singles[0]).joined(singles)
    x = initial_states(together.dim, 4, members=2)
    for member, single in enumerate(singles):
        torch.testing.assert_close(together(0.3, x)[member], single(0.3, x[member]), rtol=1e-13, atol=1e-13)
    together.set_members({n: p + 1 for n, p in together.named_parameters()})
    for single, parameters in zip(singles, before, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(single.parameters(), parameters, strict=True))


def test_the_number_of_members_follows_the_parameters():
    field = field_of("blackbox")
    field.set_members({name: p.expand(5, *p.shape[1:]) for name, p in field.named_parameters()})
    assert field.n_members == 5
    assert field(0.0, initial_states(2, 3, members=5)).shape == (5, 3, 2)
    with pytest.raises(ConfigurationError, match="the first axis must count the 5 members"):
        field(0.0, initial_states(2, 3))


def test_states_of_another_dimension_are_refused():
    with pytest.raises(ConfigurationError, match="Blackbox has 2 components, but the states have 3"):
        field_of("blackbox")(0.0, initial_states(3))


@pytest.mark.parametrize("name", [name for name in BUILDERS if name != "graybox"])
def test_the_perceptron_form_is_the_field(name):
    field = field_of(name, n_members=2)
    form, x = field.perceptron_form(), initial_states(field.dim, 4, members=2)
    z = x
    for number, (weight, bias) in enumerate(zip(form.weights, form.biases, strict=True)):
        z = (field.network.layers.activation(z) if number else z) @ weight + bias[:, None]
    torch.testing.assert_close(x @ form.linear.T + z, field(0.0, x), rtol=1e-12, atol=1e-12)


def test_a_field_of_ones_own_needs_only_its_derivative():
    class Rotation(VectorField):
        def forward(self, t, x):
            return torch.stack([-x[..., 1], x[..., 0]], dim=-1)

    field = Rotation(2)
    assert field.perceptron_form() is None
    assert field.forcing(np.zeros((1, 1))) is None
    with pytest.raises(NotImplementedError, match="VectorField must implement forward"):
        VectorField(2)(0.0, initial_states(2))
