"""Kinetics of a simulation with a bias: its steps are biased, its weighted rows are not; against a grid."""

import numpy as np
import pytest
import torch
from koopman_cases import estimated, learning, pairs_of
from scipy.linalg import expm

from sciml_bench.command_line.kinetics import _told, dihedrals_of_states
from sciml_bench.data import Record, Trajectories
from sciml_bench.data.transforms import with_weights
from sciml_bench.koopman import Evaluation, FeaturePair, GeneratorLearning, GeneratorLoss, KoopmanOperator
from sciml_bench.koopman.kinetics import kinetics_of

STEP, EVERY = 2e-3, 10


def energy(x):
    """Of two wells of different depth, in units of k_B T."""
    return 4 * (x**2 - 1) ** 2 + 0.5 * x


def bias(x):
    """It fills the way over the barrier."""
    return -3 * np.exp(-(x**2) / 0.18)


def simulated(n_walkers: int = 40, n_rows: int = 1000) -> Trajectories:
    rng, x = np.random.default_rng(0), np.linspace(-1.2, 1.2, n_walkers)
    rows = np.empty((n_rows, n_walkers))
    for row in range(-50, n_rows):
        for _ in range(EVERY):
            slope = 16 * x * (x**2 - 1) + 0.5 + 6 * x / 0.18 * np.exp(-(x**2) / 0.18)
            x = x - slope * STEP + np.sqrt(2 * STEP) * rng.standard_normal(n_walkers)
        rows[max(row, 0)] = x
    states = tuple(np.stack([part, bias(part)], axis=1) for part in rows.T)
    return Trajectories(states, time_step=STEP * EVERY, time_unit="ps", component_names=("x", "bias"))


class _Simulated(Record):
    def load_splits(self) -> dict[str, Trajectories]:
        return dict.fromkeys(("train", "test"), with_weights(simulated(), "bias", 1.0))


class _Given(torch.nn.Module):
    """Functions enough for the passage, so that nothing has to be learned."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return torch.cat([*(torch.tanh(k * states) for k in (1, 2, 4)), *(states**k for k in range(1, 6))], dim=1)


@pytest.fixture(scope="module")
def view():
    return pairs_of(_Simulated(), batch_size=512)


def exact_times(u, left=-0.6, right=0.6, every=None) -> tuple[float, float]:
    """Mean first-passage times from well to well under an energy, by finite differences on a grid.

    With `every`, arrivals count where they are seen, at multiples of it.
    """
    x = np.linspace(-2.4, 2.4, 481)
    values, h = u(x), x[1] - x[0]
    up, down = np.exp(-np.diff(values) / 2) / h**2, np.exp(np.diff(values) / 2) / h**2
    rates = np.diag(up, 1) + np.diag(down, -1)
    rates -= np.diag(rates.sum(axis=1))
    law, found = np.exp(-values), []
    for source, target in ((x < left, x > right), (x > right, x < left)):
        times = np.zeros(len(x))
        generator, gain = rates[np.ix_(~target, ~target)], -np.ones((~target).sum())
        if every is not None:
            generator, gain = (expm(rates * every) - np.eye(len(x)))[np.ix_(~target, ~target)], every * gain
        times[~target] = np.linalg.solve(generator, gain)
        found.append(float((times * law)[source].sum() / law[source].sum()))
    return found[0], found[1]


def test_a_generator_tells_the_passages_without_the_bias(view):
    model = FeaturePair(view.spec, encoder=lambda shape, n: _Given(), n_modes=9, lagged="shared")
    options = {"kind": GeneratorLearning, "loss": GeneratorLoss(9), "diffusion": 1.0}
    method = learning(view, model=model, operator=lambda: KoopmanOperator("generator"), **options)
    found = kinetics_of(method.learned(), view.record.splits["train"], 2)
    assert found.passages_from == "rates"
    assert found.centres[:, 0] == pytest.approx([-1, 1], abs=0.1)
    unbiased, biased = exact_times(energy), exact_times(lambda x: energy(x) + bias(x))
    assert unbiased[0] > 4 * biased[0]
    assert (found.passage_times[0, 1], found.passage_times[1, 0]) == pytest.approx(unbiased, rel=0.2)
    assert np.isnan(found.passage_times_upper).all()
    away = found.row_memberships[:, 0] >= found.core_memberships[0]
    toward = found.row_memberships[:, 1] >= found.core_memberships[1]
    np.testing.assert_array_equal(np.isnan(found.committor), ~away & ~toward)
    told = _told(found, method.learned().spec, {})
    assert "between the states as wholes, from the generator's rates [ps]" in told
    assert "no intervals and no committor" in told
    assert not any("bias" in note for note in Evaluation(n_bootstrap=5)(method.learned(), view.record).notes)


def test_other_methods_tell_that_their_times_are_those_of_the_bias(view):
    def monomials(states):
        return torch.cat([states**power for power in range(6)], dim=1)

    learned = estimated(view, monomials, "reversible")
    found = kinetics_of(learned, view.record.splits["train"], 2)
    assert found.passages_from == "biased_steps"
    cores = found.row_memberships >= found.core_memberships
    x = np.concatenate([states[:, 0] for states in view.record.splits["train"].states])
    ends = x[cores[:, 0]].max(), x[cores[:, 1]].min()  # the cores lie outside of these
    exact = exact_times(lambda x: energy(x) + bias(x), *ends, every=STEP * EVERY)
    assert (found.passage_times[0, 1], found.passage_times[1, 0]) == pytest.approx(exact, rel=0.15)
    assert "those of the dynamics with its bias" in _told(found, learned.spec, {})
    (note,) = (each for each in Evaluation(n_bootstrap=5)(learned, view.record).notes if "bias" in each)
    assert note.startswith("the weights restore the law of the rows, not their steps")
    train = view.record.splits["train"]
    plain = train.unchecked(facts={name: fact for name, fact in train.facts.items() if name != "biased"})
    assert kinetics_of(learned, plain, 2).passages_from == "steps"  # weights of unbiased steps say nothing of a bias


def test_a_state_of_a_molecule_lies_at_the_mean_direction_of_its_dihedrals():
    class Found:
        row_memberships = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 2 + [[0.4, 0.6]])
        core_memberships, row_weights = np.array([0.9, 0.9]), np.array([1.0, 1, 1, 1, 3, 9])

    angles = np.radians([175, -175, 180, 80, 100, 0])
    measured = Trajectories(
        (np.stack([np.ones(6), np.cos(angles), np.sin(angles)], axis=1),),
        component_names=("radius of gyration", "cos phi 2", "sin phi 2"),
    )
    (name,) = found = dihedrals_of_states(Found(), measured)
    assert name == "phi 2"
    mean = np.degrees(np.angle(np.exp(1j * np.radians(80)) + 3 * np.exp(1j * np.radians(100))))
    assert np.mod(found[name], 360) == pytest.approx([180, mean])
