"""Whole runs: what they leave, how long they go on, and that an interruption changes nothing."""

import numpy as np
import pytest
import torch
from nsm_cases import tiny_run
from PIL import Image

from sciml_bench.core.errors import ConfigurationError, TrainingError
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.scores.operators.field_errors import relative_l2
from sciml_bench.training import composed, restore, run

POISSON = ["pde=poisson", "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16,24]"]
FLOW = [
    "pde=navier_stokes",
    "pde.duration=0.5",
    "pde.solver_resolution=32",
    "pde.parameter_modes=11",
    "pde.test_time_points=3",
    "pde.test_resolutions=[16]",
    "pde.n_test=1",
    "trainer.max_steps=2",
    "model.modes=[4,5,5]",
]
KINDS = {
    "spectral": POISSON,
    "grid": [*POISSON, "training=grid", "training.resolution=8", "model=fno"],
    "supervised": [*POISSON, "training=supervised", "training.n_training=5", "training.resolution=16"],
}
COST = {"seconds_per_iteration", "seconds_per_solution_16", "seconds_per_solution_24"}
COST |= {"solver_seconds_per_solution", "breakeven_number"}
"""Measured seconds, and the number that is missing where they are in favour of the solver."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def _undrawn_figures(monkeypatch):
    """Drawing them takes longer than everything else here."""
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})


undrawn = pytest.mark.usefixtures("_undrawn_figures")


@pytest.fixture
def run_of(cache):
    return lambda folder, *overrides: run(composed("nsm", tiny_run(*overrides, cache=cache), folder))


def weights(folder, name="best"):
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)["state_dict"]


def rates(monkeypatch):
    """The learning rate of every step that is taken."""
    taken = []
    step = Optimisation.step

    def watched(self, *arguments, **options):
        value = step(self, *arguments, **options)
        taken.append(self.optimizer.param_groups[0]["lr"])
        return value

    monkeypatch.setattr(Optimisation, "step", watched)
    return taken


@undrawn
@pytest.mark.parametrize("choice", ["model=nsm", "model=fno", "training=grid", "training=supervised"])
def test_a_run_in_double_precision_is_one(run_of, tmp_path, choice):
    own = ["training.resolution=8"] if choice.startswith("training") else []
    run_of(tmp_path, *POISSON, choice, *own, "trainer.precision=64-true")
    assert RunFolder(tmp_path).arrays["predicted"].dtype == np.float64
    assert all(not weight.is_floating_point() or weight.dtype == torch.float64 for weight in weights(tmp_path).values())


def test_a_wrong_choice_is_told_before_any_reference_is_computed(run_of, tmp_path, monkeypatch):
    def solve(self, *arguments):
        raise AssertionError("solved before the choices were checked")

    monkeypatch.setattr("sciml_bench.nsm.equations.Poisson.solve", solve)
    for wrong in ("model.modes=[2,7]", "training.norm=h3", "model.width=0"):
        with pytest.raises(ConfigurationError, match=wrong.split("=")[0]):
            run_of(tmp_path / wrong, *POISSON, "pde.test_seed=77", wrong)


@undrawn
def test_the_errors_at_the_resolutions_of_the_tests_are_shown_at_the_end(run_of, tmp_path, caplog):
    with caplog.at_level("INFO"):
        metrics = run_of(tmp_path, *POISSON, "training=grid", "training.resolution=8")
    for resolution in (16, 24):
        assert f"relative l2 {resolution} {metrics[f'relative_l2_{resolution}']:.4g}" in caplog.text


def test_a_run_leaves_its_numbers_under_their_names_and_its_pictures(run_of, tmp_path):
    metrics = run_of(tmp_path, *POISSON, "pde.n_test=3")
    assert (
        set(metrics) | COST
        == {
            "relative_l2_16",
            "relative_l2_24",
            "mean_relative_l2_16",
            "residual_l2",
            "flops_per_iteration",
            "best_epoch",
        }
        | COST
    )
    assert all(value > 0 for value in metrics.values())
    folder = RunFolder(tmp_path)
    assert {path.name for path in folder.figures.iterdir()} == {"learning_curves.png", "solutions.png", "errors.png"}
    arrays = folder.arrays
    assert arrays["predicted"].shape == arrays["truth"].shape == (3, 16, 16)
    assert arrays["relative_l2_24"].shape == (3,)
    assert metrics["relative_l2_24"] == pytest.approx(arrays["relative_l2_24"].mean(), rel=1e-6)
    for index in range(3):
        error = np.linalg.norm(arrays["predicted"][index] - arrays["truth"][index])
        assert arrays["relative_l2_16"][index] == pytest.approx(
            error / np.linalg.norm(arrays["truth"][index]), rel=1e-4
        )
    assert {"history_loss", "history_relative_l2_validation", "history_learning_rate"} <= set(arrays)
    record = folder.record
    assert (record["steps"], record["epochs"], record["network"]) == (6, 2, "SpectralOperator")
    assert record["peak_memory_mebibytes"] > 0


@pytest.fixture(scope="module")
def flow(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flow")
    run(composed("nsm", tiny_run(*FLOW, cache=cache), folder))
    return folder


def test_a_flow_is_shown_in_motion(flow):
    assert {path.name for path in (flow / "figures").iterdir()} == {
        "learning_curves.png",
        "solutions.png",
        "errors.png",
        "field.gif",
    }
    with Image.open(flow / "figures" / "field.gif") as picture:
        assert picture.n_frames == 3
        assert picture.info["loop"] == 0


def test_the_arrays_of_a_flow_have_time_first_and_their_axes(flow):
    arrays = RunFolder(flow).arrays
    assert arrays["predicted"].shape == (1, 3, 16, 16)
    np.testing.assert_allclose(arrays["axis_t"], [0, 0.5, 1])
    np.testing.assert_allclose(arrays["axis_x"], np.arange(16) / 16)
    # the initial field is given, and is there to what its 11 waves hold
    initial = arrays["parameters"][:, ::4, ::4]
    np.testing.assert_allclose(arrays["predicted"][:, 0], initial, atol=0.01 * np.abs(initial).max())


@pytest.mark.parametrize("kind", KINDS)
@undrawn
def test_a_run_interrupted_in_the_middle_of_an_epoch_ends_as_if_it_had_not_been(kind, run_of, tmp_path, monkeypatch):
    overrides = [*KINDS[kind], "trainer.max_steps=8"]  # the last epoch is not a whole one
    expected = run_of(tmp_path / "whole", *overrides)
    take = Optimisation.step

    def interrupted(self, loss, step, *arguments):
        if step == 5:
            raise RuntimeError("interrupted")
        return take(self, loss, step, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Optimisation, "step", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run_of(tmp_path / "resumed", *overrides)
    found = run_of(tmp_path / "resumed", *overrides)
    assert {name: found[name] for name in found if name not in COST} == {
        name: expected[name] for name in expected if name not in COST
    }
    for name in ("best", "last"):
        one, other = weights(tmp_path / "whole", name), weights(tmp_path / "resumed", name)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    one, other = (RunFolder(tmp_path / name).arrays for name in ("whole", "resumed"))
    for name in one:
        if name != "history_training_seconds":
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert len(one["history_training_seconds"]) == 3
    assert RunFolder(tmp_path / "resumed").record["steps"] == 8
    assert RunFolder(tmp_path / "resumed").record["resumed"]


@undrawn
def test_the_selected_weights_are_those_of_the_least_validation_error(run_of, tmp_path):
    metrics = run_of(tmp_path, *POISSON, "trainer.max_steps=12", "training.learning_rate=0.02")
    history = RunFolder(tmp_path).arrays["history_relative_l2_validation"]
    assert metrics["best_epoch"] == np.argmin(history) + 1
    again = restore(tmp_path)
    sampling = again.data().sampling
    found, _ = again.learned.solve(sampling.parameters("validation"), 64)
    errors = relative_l2(torch.from_numpy(found), torch.from_numpy(sampling.solutions("validation")))
    assert float(errors.mean()) == pytest.approx(history.min(), rel=1e-5)


@undrawn
def test_another_seed_is_another_network_that_is_tested_on_the_same_parameters(run_of, tmp_path):
    for seed in (0, 1):
        run_of(tmp_path / str(seed), *POISSON, f"seed={seed}", "trainer.max_steps=1")
    one, other = (RunFolder(tmp_path / str(seed)).arrays for seed in (0, 1))
    np.testing.assert_array_equal(one["parameters"], other["parameters"])
    np.testing.assert_array_equal(one["truth"], other["truth"])
    assert not np.array_equal(one["predicted"], other["predicted"])


@undrawn
def test_an_exponential_schedule_is_a_power_of_the_step(run_of, tmp_path, monkeypatch):
    taken = rates(monkeypatch)
    schedule = ["training.learning_rate=0.01", "schedule=exponential"]
    run_of(tmp_path, *POISSON, *schedule, "schedule.final_factor=1e-2", "trainer.max_steps=7")
    np.testing.assert_allclose(taken, 0.01 * 1e-2 ** ((np.arange(7) + 0.5) / 7), rtol=1e-12)


@undrawn
def test_a_cosine_ends_at_zero_also_where_epochs_end_the_fit(run_of, tmp_path, monkeypatch):
    taken = rates(monkeypatch)
    schedule = ["training.learning_rate=0.01"]
    run_of(tmp_path, *POISSON, *schedule, "trainer.max_steps=1000", "trainer.max_epochs=2")
    np.testing.assert_allclose(taken, 0.005 * (1 + np.cos(np.pi * (np.arange(6) + 0.5) / 6)), rtol=1e-12)


@undrawn
def test_without_a_number_of_steps_the_methods_epochs_are_trained(run_of, tmp_path, monkeypatch):
    taken = rates(monkeypatch)
    constant = ["schedule=constant", "training.learning_rate=0.003", "+training.n_epochs=2"]
    run_of(tmp_path, *POISSON, *constant, "trainer.max_steps=-1", "pde.steps_per_epoch=2")
    assert taken == [0.003] * 4
    assert RunFolder(tmp_path).record["epochs"] == 2


@undrawn
def test_gradients_are_shortened_to_the_norm_that_was_asked_for(run_of, tmp_path, monkeypatch):
    norms = []
    step = Optimisation.step

    def watched(self, *arguments):
        value = step(self, *arguments)
        weights = self.optimizer.param_groups[0]["params"]
        norms.append(float(torch.nn.utils.get_total_norm([weight.grad for weight in weights])))
        return value

    monkeypatch.setattr(Optimisation, "step", watched)
    run_of(tmp_path / "free", *POISSON, "training.norm=raw", "trainer.max_steps=2")
    run_of(tmp_path / "clipped", *POISSON, "training.norm=raw", "trainer.max_steps=2", "trainer.gradient_clip_val=1e-3")
    free, clipped = norms[:2], norms[2:]
    assert min(free) > 1e-2
    np.testing.assert_allclose(clipped, 1e-3, rtol=1e-3)


@undrawn
def test_a_loss_that_is_not_finite_ends_the_fit(run_of, tmp_path):
    with pytest.raises(TrainingError, match=r"try a smaller training.learning_rate"):
        run_of(tmp_path, *POISSON, "training.learning_rate=1e30", "schedule=constant")
    assert RunFolder(tmp_path).status == "failed"


@undrawn
def test_supervised_training_in_time_learns_its_pairs(run_of, tmp_path):
    overrides = ["pde=reaction_diffusion", "pde.length_scale=1.0", "pde.parameter_modes=15", "model.modes=[6,9]"]
    overrides += ["pde.test_time_points=5", "pde.test_resolutions=[16]", "training=supervised", "training.n_training=8"]
    overrides += ["training.resolution=16", "model.width=8", "pde.batch_size=8", "trainer.max_steps=60"]
    metrics = run_of(tmp_path, *overrides, "pde.steps_per_epoch=30", "training.learning_rate=0.01")
    assert metrics["relative_l2_16"] < 0.1
    assert RunFolder(tmp_path).record["n_training"] == 8


def test_an_ensemble_is_refused(run_of, tmp_path):
    with pytest.raises(ConfigurationError, match="trains one seed at a time"):
        run_of(tmp_path, *POISSON, "ensemble=2")
