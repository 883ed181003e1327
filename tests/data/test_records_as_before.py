"""The numbers that the data modules before the records gave for the same settings and seeds (commit 6850896)."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.instantiate import instantiate
from sciml_bench.data.sources import KortewegDeVriesFields, TwoBodyOrbits
from sciml_bench.data.views import LaggedPairsView, WholeTrajectoriesView, WindowsView
from sciml_bench.systems import KortewegDeVries, TwoBody

RECORDS = Path(__file__).parents[2] / "conf/shared/data"
POPULATIONS = {"split": {"train": 50, "validation": 7, "test": 9}}


def record(name, **changes):
    made = instantiate(OmegaConf.merge(OmegaConf.load(RECORDS / f"{name}.yaml"), changes), role="data")
    made.setup()
    return made


def first_batch(view, seed, epoch):
    loader = view.train_loader(seed=seed)
    loader.sampler.set_epoch(epoch)
    return next(iter(loader))


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("lorenz63_ko2023", {}, (14.601183358130232, 22.649926857766722, 14.908230493150977)),
        ("lotka_volterra", {}, (3.3228646465686262, 4.355783147467561, 1.1443000148269062)),
        ("lotka_volterra_ko2023", {}, (3.6547315059421264, 4.53761470256233, 0.9093623913404698)),
        ("double_pendulum", {}, (0.1403751426074351, 16.509800051991654, -16.68814310005417)),
        ("van_der_pol", {}, (0.0029737221822016017, 2.8695829800846875, -1.9643809332693647)),
        ("noisy_damped_sine", {}, (0.011930325256087693, 0.2651638167832395, -0.0021948105461654793)),
        ("logistic_growth", POPULATIONS, (1.6629267783267387, 1.1783843637693319, 3.359928154470368)),
        ("duffing", {"n_trajectories": 20}, (-0.17082719720354178, 1.266415849838952, -0.9949698316069678)),
        # few rows: the map doubles the rounding of the machine's sine and cosine at every step
        ("logistic_map", {"n_steps": 20}, (0.4132859628390171, 0.3452158859584004, 0.2656901516314217)),
        ("linear_gaussian", {"n_steps": 3000}, (0.008823183172819727, 2.1945854412348993, 0.7694025307618345)),
        ("markov_chain", {"n_steps": 3000}, (1.3758333333333332, 1.1001890620353494, 1.0)),
        ("ornstein_uhlenbeck", {"n_steps": 3000}, (-0.051655190012572634, 0.9968836948168056, -1.9699660777860828)),
        ("switching_autoregressive", {"n_steps": 3000}, (1.121341483859622, 1.0951075246469442, 1.2912858524231792)),
        ("prinz_potential", {"n_steps": 1000}, (0.07413463750216076, 0.5476353513370873, 0.7115113308869554)),
    ],
)
def test_the_states_of_a_record_are_those_of_before(name, changes, expected):
    """Sums over the components of mean and deviation of the training states, and of the last state of all."""
    made = record(name, **changes)
    last = list(made.splits.values())[-1].states[-1][-1]
    found = made.spec.mean.sum(), made.spec.deviation.sum(), last.sum()
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_images_and_the_order_of_their_pairs_are_those_of_before():
    made = record("ordered_digits")
    train = made.splits["train"].states[0]
    assert (train.mean(axis=0).sum(), train.std(axis=0).sum()) == pytest.approx(
        (241.34031712333325, 165.22806919772842)
    )
    assert made.splits["test"].states[0][-1].sum() == pytest.approx(238.0328530164883)
    _, later = first_batch(LaggedPairsView(made, 1, 16), seed=3, epoch=2)
    assert float(later.double().sum()) == pytest.approx(3965.7338857252817, rel=1e-7)


def test_the_pairs_of_a_process_in_standardised_units_are_those_of_before():
    view = LaggedPairsView(record("ornstein_uhlenbeck", n_steps=3000), 2, 16, standardize=True)
    pair = [float(states.double().sum()) for states in first_batch(view, seed=3, epoch=2)]
    assert pair == pytest.approx([-8.372854690998793, -7.3153309896588326], rel=1e-6)


def test_the_populations_of_a_batch_are_those_of_before():
    view = WholeTrajectoriesView(record("logistic_growth", **POPULATIONS), batch_size=16)
    numbers = first_batch(view, seed=5, epoch=1).numpy()
    assert view.train.states[numbers].astype(np.float32).astype(np.float64).sum() == pytest.approx(1852.6249162703753)


def test_the_windows_of_two_bodies_are_those_of_before():
    counts, sizes = {"train": 3, "validation": 2, "test": 2}, {"n_states": 60, "n_test_states": 40}
    made = TwoBodyOrbits(TwoBody(0.7, 0.3), split=counts, **sizes)
    view = WindowsView(made, 10, 4, 8, 40, dtype="float64")
    assert float(first_batch(view, seed=5, epoch=1).sum()) == pytest.approx(1.0319165810840545, rel=1e-9)
    expected = [[0.011667987746074566, 0.010981139107497375], [0.02722530474084065, 0.025622657917493873]]
    np.testing.assert_allclose(view.spec.increment_deviation, expected, rtol=1e-9)
    last = made.splits["test"].states[-1][-1].sum()
    found = made.spec.mean.sum(), made.spec.deviation.sum(), last
    assert found == pytest.approx((0.02913533769543805, 1.1939858401242078, 0.41541224691672257), rel=1e-9)


def test_the_windows_of_fields_are_those_of_before():
    equation = KortewegDeVries(length=32.0, n_points=32, refinement=1, largest_step=0.1)
    sizes = {"n_skipped": 2, "n_frames": 20, "n_test_frames": 24, "time_step": 0.2, "data_seed": 1}
    made = KortewegDeVriesFields(equation, split={"train": 4, "validation": 1, "test": 2}, **sizes)
    spec = WindowsView(made, 3, 3, 2, n_calls=2).spec
    found = spec.deviation[0], spec.increment_deviation[0]
    assert found == pytest.approx((0.7211469255060887, 0.023140073237731817), rel=1e-6)
