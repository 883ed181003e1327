import numpy as np
import pytest
import torch
from node_cases import ACTIVATIONS, DEVIATION, MEAN, perceptron, spec

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import Blackbox


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_it_is_a_perceptron_of_the_state(activation, hidden_layers):
    torch.manual_seed(hidden_layers)
    field = Blackbox(3, hidden_layers, 8, activation)
    x = np.random.default_rng(0).normal(0, 3, (50, 3))
    assert [len(w[0]) for w in field.network.layers.weights] == [3, *[8] * hidden_layers]
    np.testing.assert_allclose(field(0.0, torch.from_numpy(x)).detach(), perceptron(field)(x), rtol=1e-12, atol=1e-8)


def test_standardized_it_sees_states_of_order_one_and_answers_in_the_datas_units():
    torch.manual_seed(0)
    field = Blackbox(spec(4), 1, 5, standardize=True)
    x = MEAN + DEVIATION * np.random.default_rng(0).standard_normal((9, 4))
    expected = DEVIATION * perceptron(field)((x - MEAN) / DEVIATION)
    np.testing.assert_allclose(field(0.0, torch.from_numpy(x)).detach(), expected, rtol=1e-12)


def test_the_seed_decides_the_weights_and_scales_live_beside_them():
    fields = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        fields.append(Blackbox(spec(2), standardize=True).state_dict())
    scales = {"network.mean", "network.deviation", "network.output_scale"}
    assert scales < set(fields[0])
    assert all(torch.equal(fields[0][name], fields[1][name]) for name in fields[0])
    assert {name for name in fields[0] if torch.equal(fields[0][name], fields[2][name])} == scales


def test_outputs_of_order_one_change_the_states_by_a_deviation_in_the_unit_of_time():
    torch.manual_seed(0)
    field, bare = Blackbox(spec(4), 1, 5, standardize=True), Blackbox(4, 1, 5)
    x = torch.from_numpy(MEAN + DEVIATION * np.random.default_rng(0).standard_normal((9, 4)))
    before, plain = field(0.0, x), bare(0.0, x)
    for each in (field, bare):
        each.set_time_unit(8.0)
        each.set_time_unit(4.0)  # what was said last is what counts
    torch.testing.assert_close(field(0.0, x), before / 4, rtol=1e-14, atol=0)
    torch.testing.assert_close(bare(0.0, x), plain, rtol=0, atol=0)


def test_single_precision_is_a_choice():
    field = Blackbox(2, dtype="float32")
    assert {p.dtype for p in field.parameters()} == {torch.float32}
    assert field(0.0, torch.ones(1, 2)).dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_layers": 0}, "model.hidden_layers=0: give a whole number"),
        ({"nodes_per_layer": -3}, "model.nodes_per_layer=-3: give a whole number"),
        ({"hidden_layers": True}, "model.hidden_layers=True"),
        ({"activation": "swish"}, "activation='swish' is unknown; choose one of elu, gelu"),
        ({"dtype": "float16"}, "model.dtype=float16: choose one of float32, float64"),
        ({"standardize": True}, "model.standardize=true needs the data's spec"),
    ],
)
def test_bad_choices_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Blackbox(2, **options)
