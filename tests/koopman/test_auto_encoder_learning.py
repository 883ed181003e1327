import numpy as np
import pytest
import torch
from koopman_cases import blobs_in_turn, fit, learning, logistic_pairs, perceptron
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.schedules import CosineDecay
from sciml_bench.koopman import DynamicalAutoEncoderLearning, DynamicalAutoEncoderLoss, FeaturePair

SHARED = {"lagged": "shared", "center": False}


def auto_encoder(view, model_options=SHARED, weights=(1.0, 1.0, 1.0), **options):
    torch.manual_seed(0)
    model = FeaturePair(view.spec, encoder=perceptron, n_modes=3, **model_options)
    loss = DynamicalAutoEncoderLoss(*weights)
    return learning(view, model=model, kind=DynamicalAutoEncoderLearning, loss=loss, **options)


@pytest.mark.usefixtures("quick_oracle")
@pytest.mark.parametrize("make_view", [logistic_pairs, blobs_in_turn])
def test_codes_are_decoded_to_the_shape_of_states(make_view):
    view = make_view()
    method = auto_encoder(view)
    decoded = method.decoder()(torch.zeros(4, 3))
    assert decoded.shape == (4, *view.spec.state_shape)
    states = np.asarray(view.record.splits["test"].states[0][:4])
    (forecast,) = method.learned().expected(states, [2])
    assert forecast.shape == (4, *view.spec.state_shape)


def test_the_loss_is_the_sum_of_reconstruction_linearity_and_prediction():
    view = logistic_pairs()
    now, later = view.pairs("train").batch(np.arange(10))
    method = auto_encoder(view, weights=(1.0, 10.0, 100.0))
    with torch.no_grad():
        method.step.weight.copy_(torch.diag(torch.tensor([0.5, 2.0, -1.0])))
        code, later_code = method.model.encode(now), method.model.encode(later)
        stepped = code * torch.tensor([0.5, 2.0, -1.0])
        expected = (
            (method.decode(code) - now).square().mean()
            + 10 * (stepped - later_code).square().mean()
            + 100 * (method.decode(stepped) - later).square().mean()
        )
        torch.testing.assert_close(method.pair_loss(now, later), expected)


def test_the_forecast_steps_the_code_with_the_learned_matrix_and_decodes_it():
    view = logistic_pairs()
    method = auto_encoder(view)
    matrix = torch.tensor([[0.5, 0.2, 0.0], [0.0, 2.0, 0.1], [0.3, 0.0, -1.0]])
    with torch.no_grad():
        method.step.weight.copy_(matrix)
    learned = method.learned()
    states = np.asarray(view.record.splits["test"].states[0][:5])
    codes = torch.as_tensor(learned.f(states), dtype=torch.float32) @ matrix.T @ matrix.T @ matrix.T
    expected = method.decode(codes).detach().numpy()
    (forecast,) = learned.expected(states, [3])
    np.testing.assert_allclose(forecast, expected, rtol=1e-5)


def test_encoder_step_and_decoder_are_trained_together():
    view = blobs_in_turn()
    method = auto_encoder(view)
    before = {name: value.clone() for name, value in method.named_parameters()}
    now, later = view.pairs("validation").batch(np.arange(30))
    with torch.no_grad():
        loss_before = float(method.pair_loss(now, later))
    fit(method, max_epochs=25, schedule=CosineDecay())
    with torch.no_grad():
        assert float(method.pair_loss(now, later)) < loss_before
    assert {
        name.split(".")[0] for name, value in method.named_parameters() if not torch.equal(value, before[name])
    } == {
        "model",
        "step",
        "decode",
    }


def test_the_step_starts_as_the_identity():
    assert torch.equal(auto_encoder(logistic_pairs()).step.weight, torch.eye(3))
    assert isinstance(auto_encoder(logistic_pairs()).step, nn.Linear)


@pytest.mark.parametrize("model_options", [{"lagged": "separate", "center": False}, {"lagged": "shared"}])
def test_a_second_encoder_or_a_constant_is_refused_with_the_keys_to_set(model_options):
    with pytest.raises(ConfigurationError, match=r"model\.lagged=shared.*model\.center=false"):
        auto_encoder(logistic_pairs(), model_options)
