import numpy as np
import pytest
import torch
from koopman_cases import QUICK_EVALUATION, blobs_in_turn, logistic_data, perceptron
from lightning.pytorch import Trainer
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import DynamicalAutoEncoderLearning, DynamicalAutoEncoderLoss, FeaturePair, KoopmanOperator

SHARED = {"lagged": "shared", "center": False}


def auto_encoder(data, model_options=SHARED, weights=(1.0, 1.0, 1.0), **options):
    torch.manual_seed(0)
    model = FeaturePair(data.spec, encoder=perceptron, n_modes=3, **model_options)
    return DynamicalAutoEncoderLearning(
        model,
        data.spec,
        loss=DynamicalAutoEncoderLoss(*weights),
        learning_rate=1e-2,
        operator=KoopmanOperator,
        evaluation=QUICK_EVALUATION,
        **options,
    )


@pytest.mark.parametrize("make_data", [logistic_data, blobs_in_turn])
def test_codes_are_decoded_to_the_shape_of_states(make_data):
    data = make_data()
    method = auto_encoder(data)
    decoded = method.decoder()(torch.zeros(4, 3))
    assert decoded.shape == (4, *data.spec.state_shape)
    states = np.asarray(data.splits["test"].states[0][:4])
    (forecast,) = method.fitted(data).forecast(states, [2])
    assert forecast.shape == (4, *data.spec.state_shape)


def test_the_loss_is_the_sum_of_reconstruction_linearity_and_prediction():
    data = logistic_data()
    now, later = data.pairs("train").batch(np.arange(10))
    method = auto_encoder(data, weights=(1.0, 10.0, 100.0))
    with torch.no_grad():
        method.step.weight.copy_(torch.diag(torch.tensor([0.5, 2.0, -1.0])))
        code, later_code = method.features(now), method.features(later)
        stepped = code * torch.tensor([0.5, 2.0, -1.0])
        expected = (
            (method.decode(code) - now).square().mean()
            + 10 * (stepped - later_code).square().mean()
            + 100 * (method.decode(stepped) - later).square().mean()
        )
        torch.testing.assert_close(method.pair_loss(now, later), expected)


def test_the_forecast_steps_the_code_with_the_learned_matrix_and_decodes_it():
    data = logistic_data()
    method = auto_encoder(data)
    matrix = torch.tensor([[0.5, 0.2, 0.0], [0.0, 2.0, 0.1], [0.3, 0.0, -1.0]])
    with torch.no_grad():
        method.step.weight.copy_(matrix)
    fitted = method.fitted(data)
    states = np.asarray(data.splits["test"].states[0][:5])
    codes = torch.as_tensor(fitted.f(states), dtype=torch.float32) @ matrix.T @ matrix.T @ matrix.T
    expected = method.decode(codes).detach().numpy()
    (forecast,) = fitted.forecast(states, [3])
    np.testing.assert_allclose(forecast, expected, rtol=1e-5)


def test_encoder_step_and_decoder_are_trained_together():
    data = blobs_in_turn()
    method = auto_encoder(data)
    before = {name: value.clone() for name, value in method.named_parameters()}
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = Trainer(
        max_epochs=2,
        accelerator="cpu",
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )
    now, later = data.pairs("validation").batch(np.arange(30))
    with torch.no_grad():
        loss_before = float(method.pair_loss(now, later))
    trainer.fit(method, datamodule=data)
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
    assert torch.equal(auto_encoder(logistic_data()).step.weight, torch.eye(3))
    assert isinstance(auto_encoder(logistic_data()).step, nn.Linear)


@pytest.mark.parametrize("model_options", [{"lagged": "separate", "center": False}, {"lagged": "shared"}])
def test_a_second_encoder_or_a_constant_is_refused_with_the_keys_to_set(model_options):
    with pytest.raises(ConfigurationError, match=r"model\.lagged=shared.*model\.center=false"):
        auto_encoder(logistic_data(), model_options)
