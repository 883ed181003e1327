"""Bodies that attract each other, through the block: what Newton's law gives, and what training finds."""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import WindowsSpec
from sciml_bench.mechnn.sequence_models.interaction_sequence_model import InteractionSequenceModel
from sciml_bench.mechnn.sequence_models.pair_strength import DistanceLaw, WindowStrength
from sciml_bench.sequences.sequence_forecaster import rollout
from sciml_bench.systems.ordinary.two_body import TwoBody
from sciml_bench.training.script import main

TIME_STEP = 0.05
MASSES = (0.7, 0.3)


def spec(n_bodies: int = 2, n_axes: int = 2, **replaced: Any) -> WindowsSpec:
    settings: dict[str, Any] = {
        "n_inputs": 25,
        "n_outputs": 10,
        "state_shape": (n_bodies, n_axes),
        "time_step": TIME_STEP,
        "time_unit": "time",
        "mean": np.zeros((n_bodies, n_axes)),
        "deviation": np.full((n_bodies, n_axes), 0.5),
        "increment_deviation": np.full((n_bodies, n_axes), 0.5 * TIME_STEP),
        "component_names": ("x", "y", "z")[:n_axes],
        "lengths": (300,),
        "dtype": torch.float64,
    }
    return WindowsSpec(**(settings | replaced))


def newtonian(own_spec: WindowsSpec, masses: tuple[float, ...], **options: Any) -> InteractionSequenceModel:
    """A model that already knows the law and the masses."""
    model = InteractionSequenceModel(own_spec, hidden=(), initial_exponent=3.0, **options)
    model.initial_masses.copy_(torch.tensor(masses, dtype=torch.float64))
    return model.eval()


def kepler(n_steps: int, eccentricity: float = 0.3) -> torch.Tensor:
    """Positions on an ellipse, in closed form."""
    system = TwoBody(*MASSES)
    states = system.closed_form(system.orbit_state(1.0, eccentricity, 0.4, 1.0), TIME_STEP * np.arange(n_steps))
    return torch.from_numpy(states[None, :, :4].reshape(1, n_steps, 2, 2))


def test_newtons_law_through_the_block_follows_keplers_ellipse_for_a_turn() -> None:
    truth = kepler(25 + 130)
    with torch.no_grad():
        rolled = rollout(newtonian(spec(), MASSES, n_solves=6), truth[:, :25], 130, 10)
    assert float((rolled - truth[:, 25:]).norm(dim=-1).max()) < 2e-4


def test_more_solves_bring_the_solution_to_the_one_around_itself() -> None:
    truth = kepler(35)
    errors = []
    for n_solves in (1, 2, 4, 6):
        with torch.no_grad():
            solved = newtonian(spec(), MASSES, n_solves=n_solves)(truth[:, :25])
        errors.append(float((solved - truth).norm(dim=-1).max()))
    assert errors[1] < errors[0] / 3
    assert errors[2] < errors[1] / 10
    assert errors[3] < 1e-5


def test_the_barycentre_goes_on_as_it_did_whatever_the_law() -> None:
    torch.manual_seed(0)
    model = InteractionSequenceModel(spec(), hidden=(8,), n_solves=12)
    for parameter in model.strength.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    inputs = kepler(25) + TIME_STEP * 0.1 * torch.arange(25, dtype=torch.float64)[None, :, None, None]
    model.initial_masses.copy_(torch.tensor(MASSES, dtype=torch.float64))
    with torch.no_grad():
        moved = model(inputs)
    masses = torch.tensor(MASSES, dtype=torch.float64)[:, None]
    barycentre = (masses * moved).sum(dim=2)[0]
    assert float((barycentre[25:] - barycentre[24]).norm(dim=-1).max()) > 0.05
    assert float(barycentre.diff(n=2, dim=0).abs().max()) < 2e-3 * float(moved.diff(n=2, dim=1).abs().max())


@pytest.mark.parametrize("network", ["law", "perceptron", "convolution"])
@pytest.mark.parametrize("coefficients", ["time_varying", "constant"])
def test_a_turned_motion_is_predicted_by_turning_the_prediction(network: str, coefficients: str) -> None:
    torch.manual_seed(0)
    model = InteractionSequenceModel(spec(), network=network, coefficients=coefficients, hidden=(8, 8))
    for parameter in model.strength.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    inputs = kepler(25)
    cosine, sine = np.cos(0.7), np.sin(0.7)
    rotation = torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64)
    with torch.no_grad():
        turned, then = model(inputs @ rotation.T), model(inputs) @ rotation.T
    assert turned.shape == (1, 35, 2, 2)
    # networks compute in float32
    torch.testing.assert_close(turned, then, atol=1e-5, rtol=0)


def test_in_the_frame_of_the_heaviest_body_the_same_motion_is_found() -> None:
    truth = kepler(35)
    relative = truth - truth[:, :, :1]
    with torch.no_grad():
        solved = newtonian(spec(), MASSES, n_solves=6, central_body=0)(relative[:, :25])
        unaware = newtonian(spec(), MASSES, n_solves=6)(relative[:, :25])
    assert float((solved - relative).abs().max()) < 1e-5
    assert float((unaware - relative).abs().max()) > 1e-2


def test_keplers_third_law_gives_exponent_and_mass_before_training() -> None:
    sizes, mass = np.array([0.4, 0.7, 1.5, 5.2]), 2.0
    speeds = np.sqrt(mass / sizes)
    still = np.ones((1, 2))
    around = WindowsSpec(
        **(
            spec(5).__dict__
            | {
                "deviation": np.concatenate([still, sizes[:, None] * still / np.sqrt(2)]),
                "increment_deviation": np.concatenate([still, TIME_STEP * speeds[:, None] * still / np.sqrt(2)]),
            }
        )
    )
    model = InteractionSequenceModel(around, central_body=0, initial_mass_ratio=1e-3)
    entries = model.record_entries()
    assert entries["strength_exponent"] == pytest.approx(3.0)
    assert list(entries["masses"].values()) == pytest.approx([2.0, 2e-3, 2e-3, 2e-3, 2e-3])


def test_gradients_reach_the_law_the_masses_and_learned_steps() -> None:
    model = InteractionSequenceModel(spec(), hidden=(8,), steps="learned")
    (model(kepler(25)) - kepler(35)).square().mean().backward()
    for name, parameter in model.named_parameters():
        if "network.layers.0" not in name:  # behind a last layer that starts at zero
            assert parameter.grad is not None, name
            assert float(parameter.grad.abs().max()) > 0, name
    assert model.step_sizes.shape == (2, 2)


def test_networks_start_as_a_power_law() -> None:
    distances = torch.linspace(0.5, 2.0, 24, dtype=torch.float64).reshape(2, 4, 3)
    expected = (distances / 0.8) ** -2 / 0.8**3
    torch.testing.assert_close(DistanceLaw(0.8, 2.0, (8,), "silu")(distances), expected)
    window = WindowStrength(0.8, 2.0, 4, 6, "convolution", (8, 8), "silu")
    torch.testing.assert_close(window(distances), expected[:, -1:].expand(-1, 6, -1))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"network": "lstm"}, "model.network=lstm"),
        ({"coefficients": "fixed"}, "model.coefficients=fixed"),
        ({"n_initial": 26}, "model.n_initial=26"),
        ({"n_solves": 0}, "model.n_solves=0"),
        ({"central_body": 2}, "model.central_body=2"),
        ({"network": "perceptron", "hidden": ()}, "needs a hidden layer"),
    ],
)
def test_wrong_choices_are_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace(".", r"\.")):
        InteractionSequenceModel(spec(), **options)
    with pytest.raises(ConfigurationError, match="at least 2 bodies"):
        InteractionSequenceModel(spec(1))


SMALL = [
    "experiment=two_body",
    "data.split={train:2,validation:1,test:1}",
    "data.n_states=60",
    "data.n_test_states=60",
    "training.view.n_inputs=20",
    "training.view.windows_per_epoch=16",
    "training.view.batch_size=8",
    "model.hidden=[8]",
    "model.n_initial=20",
    "model.n_solves=3",
    "training.validation_steps=10",
    "evaluation.rollout_steps=[40]",
    "training.n_epochs=2",
    "trainer.seconds_between_checkpoints=0",
    "logger=none",
]


def run_script(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["train_mechnn.py", *SMALL, *arguments])
    try:
        main("mechnn")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_a_run_that_was_stopped_goes_on_to_the_same_weights_and_reports_drifts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = (f"hydra.run.dir={tmp_path / name}" for name in ("whole", "parts"))
    assert run_script(monkeypatch, whole) == 0
    from sciml_bench.sequences.sequence_forecasting import SequenceForecasting

    steps, original = 0, SequenceForecasting.window_loss

    def interrupted(self: SequenceForecasting, *arguments: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == 4:
            raise KeyboardInterrupt
        return original(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(SequenceForecasting, "window_loss", interrupted)
        with contextlib.suppress(KeyboardInterrupt):
            run_script(patched, parts)
    assert steps == 4
    assert (tmp_path / "parts" / "checkpoints" / "last.ckpt").exists()
    assert not (tmp_path / "parts" / "metrics.json").exists()
    assert run_script(monkeypatch, parts) == 0
    first, second = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("whole", "parts"))
    assert first == second
    assert {"energy_drift", "angular_momentum_drift", "linear_relative_squared_error"} <= first.keys()
    record = json.loads((tmp_path / "parts" / "record.json").read_text())
    assert record["status"] == "finished"
    assert set(record["masses"]) == {"body 1", "body 2"}
    assert (tmp_path / "parts" / "figures" / "body_errors.png").exists()
