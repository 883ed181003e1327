"""Functions learned from pairs at several lags: the batches, the loss, the timescales, and what is refused."""

import json

import numpy as np
import pytest
import torch
from koopman_cases import fit, learning, pairs_of, perceptron
from scripts import command_line

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import LaggedPairs, LaggedPairsView, Trajectories
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.sources import MarkovTrajectories
from sciml_bench.koopman import (
    DPLoss,
    DynamicalAutoEncoderLearning,
    FeaturePair,
    KoopmanOperator,
    LinearRegression,
    NestedLoRALoss,
    VAMPLoss,
)
from sciml_bench.koopman.losses import DynamicalAutoEncoderLoss, nested_lora_loss
from sciml_bench.koopman.losses.spectral_contrastive import SpectralContrastiveLoss
from sciml_bench.networks import MultilayerPerceptron
from sciml_bench.systems import OrnsteinUhlenbeck
from sciml_bench.training import composed, restore, run

LAGS = [1, 3, 4]


def relaxations(n_steps=400, time_step=0.2, **options):
    record = MarkovTrajectories(OrnsteinUhlenbeck(time_step=time_step), n_steps=n_steps)
    return pairs_of(record, **{"lags": LAGS, **options})


def learned_from(view, loss, **options):
    model = FeaturePair(view.spec, encoder=perceptron, n_modes=3, **{"lagged": "shared", **options})
    return learning(view, model=model, loss=loss)


# ---- batches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_disk", [False, True])
def test_every_first_state_comes_with_one_later_state_per_lag(on_disk):
    states = tuple(np.arange(100.0 * n, 100 * n + 9 + n)[:, None] for n in range(3))
    weights = tuple(1 + part[:, 0] for part in states)
    given = tuple(map(LazyStates, states)) if on_disk else states
    pairs = LaggedPairs(Trajectories(given, weights=weights), LAGS)
    order = np.random.default_rng(0).permutation(len(pairs))
    now, later, counts = pairs.batch(order)
    assert len(pairs) == sum(len(part) - 4 for part in states)
    assert set(now.flatten().tolist()) == {row for part in states for row in part[:-4, 0]}
    assert later.shape == (len(pairs), 3, 1)
    assert torch.equal(later[..., 0], now + torch.tensor(LAGS))
    np.testing.assert_allclose(counts * max(part.max() for part in weights), 1 + now[:, 0], rtol=1e-6)


def test_no_lag_reaches_across_a_gap_or_to_a_missing_value():
    times = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 24, 25])
    values = times[:, None].copy()
    values[4] = np.nan
    pairs = LaggedPairs(Trajectories((values,), times=(times,), masked=True), [1, 3])
    now, later = pairs.batch(np.arange(len(pairs)))
    assert torch.equal(later[..., 0], now + torch.tensor([1, 3]))
    assert now.flatten().tolist() == [0, 2, 20, 21, 22]


def test_the_view_has_batches_of_all_lags_and_pairs_of_the_shortest():
    view = relaxations()
    assert (view.lag, view.lags, view.spec.lag, view.spec.lags) == (1, (1, 3, 4), 1, (1, 3, 4))
    assert len(view.pairs("train")) == view.record.splits["train"].n_states - 1
    for loader in (view.train_loader(), view.validation_loader()):
        now, later = next(iter(loader))
        assert later.shape == (len(now), 3, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lags": [3, 1]}, r"training\.view\.lags=\[3, 1\]: give whole numbers of steps, the shortest first"),
        ({"lags": [1, 1]}, r"training\.view\.lags=\[1, 1\]"),
        ({"lags": []}, r"training\.view\.lags=\[\]"),
        ({"lags": [0, 1]}, r"training\.view\.lags=0"),
        ({"lags": [1, 2.5]}, r"training\.view\.lags=2\.5"),
        ({"lag_time": 0.2}, r"training\.view\.lag_time=0\.2: give one"),
    ],
)
def test_lags_out_of_range_name_their_key(options, message):
    with pytest.raises(ConfigurationError, match=message):
        relaxations(**options)


def test_a_single_lag_in_a_list_is_that_lag():
    one, other = relaxations(lags=[2]), relaxations(lags=None, lag=2)
    for batches in zip(one.train_loader(), other.train_loader(), strict=True):
        assert all(torch.equal(*parts) for parts in zip(*batches, strict=True))


# ---- losses ---------------------------------------------------------------------------------------------------------


LOSSES = {
    "vamp": VAMPLoss(),
    "dp": DPLoss(),
    "joint": NestedLoRALoss(3, regularization=0.1),
    "sequential": NestedLoRALoss(3, nesting="sequential"),
    "contrastive": SpectralContrastiveLoss(),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_the_sum_of_the_losses_of_every_lag_on_the_same_pairs(name):
    method = learned_from(relaxations(), LOSSES[name]).double()
    now, later = (part.double() for part in next(iter(method.view.train_loader())))
    value = method.loss((now, later))
    parameters = [*method.model.parameters(), *method.decays.parameters()]
    gradients = torch.autograd.grad(value, parameters)
    each = []
    for place in range(3):
        f, g = method.model(now, later[:, place])
        factors = method.decays[place - 1]() if place and len(method.decays) else None
        if "dp" in name or "vamp" in name:
            each.append(LOSSES[name](f, g))
            continue
        nesting, penalty = getattr(LOSSES[name], "nesting", "none"), getattr(LOSSES[name], "regularization", 0.0)
        each.append(nested_lora_loss(f, g, nesting=nesting, regularization=penalty, singular_values=factors))
    expected = torch.stack(each).sum()
    assert value.item() == pytest.approx(expected.item(), abs=1e-10)
    for one, other in zip(gradients, torch.autograd.grad(expected, parameters), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


def test_weighted_pairs_of_several_lags_are_repeated_ones():
    method = learned_from(relaxations(), VAMPLoss()).double()
    now, later = (part.double() for part in next(iter(method.view.train_loader())))
    counts = torch.arange(len(now)) % 4 + 1
    weighted = method.loss((now, later, counts.double()))
    repeated = method.loss(tuple(part.repeat_interleave(counts, dim=0) for part in (now, later)))
    assert weighted.item() == pytest.approx(repeated.item(), abs=1e-10)


def test_an_auto_encoder_steps_its_code_once_per_shortest_lag():
    view = relaxations(lags=[2, 4, 8])
    model = FeaturePair(view.spec, encoder=perceptron, n_modes=2, lagged="shared", center=False)
    method = learning(view, model=model, kind=DynamicalAutoEncoderLearning, loss=DynamicalAutoEncoderLoss())
    torch.nn.init.normal_(method.step.weight)
    now, later = next(iter(view.train_loader()))
    code, expected = method.model.encode(now), 0.0
    for place, n_steps in enumerate((1, 2, 4)):
        stepped = code @ torch.linalg.matrix_power(method.step.weight, n_steps).T
        after, decoded = method.model.encode(later[:, place]), method.decode(code)
        expected += torch.nn.functional.mse_loss(decoded, now)
        expected += torch.nn.functional.mse_loss(stepped, after)
        expected += torch.nn.functional.mse_loss(method.decode(stepped), later[:, place])
    assert method.loss((now, later)).item() == pytest.approx(float(expected), rel=1e-5)


def test_states_of_all_lags_are_distorted_one_by_one():
    view, seen = relaxations(), []

    class Noted(torch.nn.Module):
        def forward(self, states):
            seen.append(states.shape)
            return states + 1

    model = FeaturePair(view.spec, encoder=perceptron, n_modes=3, lagged="shared")
    method = learning(view, model=model, loss=VAMPLoss(), augmentation=Noted())
    now, later = next(iter(view.train_loader()))
    assert method.loss((now, later)).item() == pytest.approx(method.pair_loss(now + 1, later + 1).item(), abs=1e-6)
    assert seen == [(len(now), 1), (3 * len(now), 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda view: learned_from(view, NestedLoRALoss(3), lagged="separate"), r"set model\.lagged=shared, or choose"),
        (
            lambda view: LinearRegression(torch.nn.Identity(), view, operator=KoopmanOperator),
            r"set training\.view\.lag$",
        ),
        (
            lambda view: learning(
                view,
                model=FeaturePair(view.spec, encoder=perceptron, n_modes=2, lagged="shared", center=False),
                kind=DynamicalAutoEncoderLearning,
                loss=DynamicalAutoEncoderLoss(),
            ),
            r"give multiples of it",
        ),
    ],
)
def test_what_cannot_learn_from_several_lags_says_so(make, message):
    with pytest.raises(ConfigurationError, match=rf"training\.view\.lags=\[2, 3\]: .*{message}"):
        make(relaxations(lags=[2, 3]))


# ---- what is learned ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "method"), [(NestedLoRALoss(4), "reversible"), (VAMPLoss(), "edmd_left")])
def test_timescales_and_factors_of_a_relaxation_are_the_exact_ones(loss, method):
    """Hermite functions decay as exp(−k θ t) at every lag."""
    split = {"train": 14_000, "validation": 1000}
    record = MarkovTrajectories(OrnsteinUhlenbeck(time_step=0.2), n_steps=15_000, split=split)
    view = LaggedPairsView(record, lags=[1, 2, 4], batch_size=512)

    def encoder(shape, n_outputs):
        return MultilayerPerceptron(shape, n_outputs, hidden=(32,), activation="silu")

    torch.manual_seed(0)
    model = FeaturePair(view.spec, encoder=encoder, n_modes=4, lagged="shared")
    learner = learning(view, model=model, loss=loss, operator=lambda: KoopmanOperator(method))
    fit(learner, max_epochs=20)
    timescales = np.sort(learner.learned().implied_timescales())[::-1][1:3]
    np.testing.assert_allclose(timescales, [1.0, 0.5], rtol=0.06)
    if learner.decays:
        factors = torch.stack([decay() for decay in learner.decays]).detach().numpy()
        exact = np.exp(-0.2 * np.outer([1, 3], np.arange(4)))
        np.testing.assert_allclose(factors[:, :3], exact[:, :3], atol=0.06)


RUN = ["data=ornstein_uhlenbeck", "data.n_steps=900", "training.view.lags=[1,2,4]", "model.n_modes=3", "logger=none"]
RUN += ["evaluation.n_bootstrap=3", "evaluation.quadrature_points=50", "trainer.threads=1"]


@pytest.mark.usefixtures("undrawn")
def test_a_run_tells_timescales_by_lag_and_goes_on_where_it_was_interrupted(tmp_path, monkeypatch, capsys):
    words = [*RUN, "training=nested_lora_reversible", "trainer.seconds_between_checkpoints=0"]
    assert command_line(monkeypatch, "koopman", *words, "trainer.max_epochs=4", f"hydra.run.dir={tmp_path / 'a'}") == 0
    told = capsys.readouterr()
    assert "implied timescales by lag [time]: " in told.out + told.err
    assert "at 0.5; " in told.out + told.err
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    with np.load(tmp_path / "a" / "arrays.npz", allow_pickle=False) as arrays:
        np.testing.assert_allclose(arrays["timescale_lag_times"], 0.5 * np.array([1, 2, 3, 4, 5, 8]))
    assert restore(tmp_path / "a").learned.spec.lags == (1, 2, 4)

    from sciml_bench.training.loop import gradient_training

    class Interruption(BaseException):
        pass

    end = gradient_training.GradientTraining.on_train_epoch_end

    def stop(self):
        end(self)
        if self.current_epoch == 2:
            raise Interruption

    configuration = composed("koopman", [*words, "trainer.max_epochs=4"], tmp_path / "b")
    with monkeypatch.context() as patched:
        patched.setattr(gradient_training.GradientTraining, "on_train_epoch_end", stop)
        with pytest.raises(Interruption):
            run(configuration)
    assert run(composed("koopman", [*words, "trainer.max_epochs=4"], tmp_path / "b")) == metrics
    assert json.loads((tmp_path / "b" / "record.json").read_text())["resumed"]


@pytest.mark.usefixtures("undrawn")
def test_a_run_from_disk_learns_from_several_lags(tmp_path):
    states = OrnsteinUhlenbeck(time_step=0.1).sample(3000, 0, n_trajectories=1)[0]
    np.save(tmp_path / "x.npy", states)
    words = ["data=trajectories", f"data.path={tmp_path / 'x.npy'}", "data.in_memory_gigabytes=0", "data.time_step=0.1"]
    words += ["training=vamp", "model.n_modes=3", "trainer.max_epochs=8", *RUN[2:3], *RUN[4:5]]
    run(composed("koopman", words, tmp_path / "run"))
    timescales = np.sort(restore(tmp_path / "run").learned.implied_timescales())[::-1]
    assert timescales[1] == pytest.approx(1.0, rel=0.25)  # the standard error of 300 relaxations is .08


def test_a_script_refuses_several_lags_for_single_states(tmp_path, monkeypatch, capsys):
    words = [*RUN, "training=generator", f"hydra.run.dir={tmp_path}"]
    assert command_line(monkeypatch, "koopman", *words) == 1
    assert "training=generator learns from single states: leave training.view.lags out" in capsys.readouterr().err
