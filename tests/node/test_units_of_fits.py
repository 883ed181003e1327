"""What a fit in deviations and time steps is, beside the same written out; the cases on which raw units were wrong."""

import numpy as np
import pytest
import torch
from node_cases import field_of, observed, record_of, rows, view_of

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import PaddedTrajectories
from sciml_bench.node import (
    Blackbox,
    CompiledSolver,
    HomotopyTraining,
    MultipleShootingTraining,
    SmoothingSpline,
    VanillaTraining,
    solve,
)
from sciml_bench.node.units import standard_units, time_of_change
from sciml_bench.training import composed, run

STEP = 0.1


def standardized(data, method=VanillaTraining, **options):
    torch.manual_seed(0)
    view = view_of(data)
    return method(Blackbox(view.spec, 1, 6, standardize=True), view, **options)


def test_losses_are_in_squared_deviations_and_steps_in_time_steps():
    data = observed()
    method = standardized(data, solver=CompiledSolver(max_step=0.25))
    spec = method.view.spec
    assert method.solver.max_step == 0.25 * spec.time_step
    errors = []
    for times, states in rows(data):
        x0 = torch.from_numpy(states[:1])
        found = solve(method.model, x0, times, max_step=0.25 * spec.time_step).states[0].detach().numpy()
        errors.append((found - states) / np.array(spec.deviation))
    assert float(method.losses(0)) == pytest.approx(np.mean(np.concatenate(errors) ** 2), rel=1e-9)


def test_splines_and_couplings_are_in_time_steps_and_the_default_is_as_strong_as_that_of_a_tenth():
    data = observed()
    step = view_of(data).spec.time_step
    method = standardized(data, HomotopyTraining, smoothing=2.0, coupling_strength=[0.5, 1.5])
    np.testing.assert_allclose(method.coupling_strength, np.array([0.5, 1.5]) / step, rtol=1e-14)
    times, states = rows(data)[1]
    expected = SmoothingSpline(times, states, 2.0 * step**3)
    np.testing.assert_array_equal(method.splines[1](times), expected(times))
    assert method.learned().smoothing == 2.0 * step**3
    assert standardized(data, HomotopyTraining).coupling_strength == pytest.approx([0.6 / step] * 2)
    assert standardized(data, HomotopyTraining, units="raw").coupling_strength == [6.0, 6.0]


@pytest.mark.parametrize("n_rows", [60, 600, 6000])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_default_coupling_of_dense_noisy_rows_follows_the_motion_and_not_the_rows(n_rows, noise):
    """Of a sine of the angular frequency ω it is about 3.6 ω (3.6 / (π/3)), but never above .6 per time step."""
    times = np.linspace(0, 60, n_rows, endpoint=False)
    states = np.stack([np.sin(times), np.cos(times)], axis=1)
    states = states + noise * np.random.default_rng(0).standard_normal(states.shape)
    view = view_of(record_of([times], [states]))
    method = HomotopyTraining(Blackbox(view.spec, 1, 4, standardize=True), view)
    expected = 0.6 / (60 / n_rows)
    if noise:
        expected = min(expected, 3.6 / (np.pi / 3))
    assert method.coupling_strength == pytest.approx([expected] * 2, rel=0.1)


def test_trained_starts_move_by_deviations():
    data = observed()
    method = standardized(data, MultipleShootingTraining, initial_state="trained")
    deviation = torch.tensor(method.view.spec.deviation)
    before = method.segment_starts().detach().clone()
    with torch.no_grad():
        method.initial_offsets += 0.5
        method.start_offsets += 0.25
    moved = (method.segment_starts().detach() - before).reshape(1, 2, 5, 2) / deviation
    torch.testing.assert_close(moved[:, :, 0], torch.full_like(moved[:, :, 0], 0.5))
    torch.testing.assert_close(moved[:, :, 1:], torch.full_like(moved[:, :, 1:], 0.25))
    starts = method.learned().initial_states
    expected = np.stack([states[0] for _, states in rows(data)]) + 0.5 * method.view.spec.deviation
    np.testing.assert_allclose(starts[0], expected, rtol=1e-12)


@pytest.mark.parametrize("period", [20, 35, 300])
def test_states_change_by_a_deviation_in_about_the_inverse_of_their_angular_frequency(period):
    """rms (y(t + T) − y(t)) = 2 sin(ω T / 2) of a sine of deviation 1, and that is 1 at ω T = π / 3."""
    phase = 2 * np.pi * np.arange(900) / period
    noise = 0.05 * np.random.default_rng(0).standard_normal((900, 1))
    data = record_of([7.0 * np.arange(900)], [3.0 + 1e-6 * (np.sin(phase)[:, None] + noise)])
    view = view_of(data)
    units = standard_units(view.spec.mean, view.spec.deviation, 1, view.spec.time_step)
    exact = 7.0 * period / 6
    assert time_of_change(view.train, units) == pytest.approx(exact, rel=0.15)


def test_a_drift_has_the_time_of_the_record_and_noise_that_of_a_step():
    rng = np.random.default_rng(0)
    for states, expected in ((rng.standard_normal((50, 2)), 1.0), (np.ones((50, 2)) * np.arange(50)[:, None], 15.0)):
        view = view_of(record_of([np.arange(50.0)], [states]))
        units = standard_units(view.spec.mean, view.spec.deviation, 2, view.spec.time_step)
        assert time_of_change(view.train, units) == pytest.approx(expected, rel=0.1)
    padded = PaddedTrajectories(np.arange(3.0)[None], np.array([[[0.0], [0.1], [0.2]]]), np.ones((1, 3), bool))
    assert time_of_change(padded, standard_units(np.zeros(1), np.ones(1), 1, 2.0)) == 4.0


def test_what_was_learned_holds_its_scales_whatever_the_record_becomes(tmp_path):
    data = observed()
    method = standardized(data, forecast_start="smoothed")
    write_learned(tmp_path / "learned.ckpt", method.learned())
    found = read_learned(tmp_path / "learned.ckpt")
    state = method.state_dict()
    other = standardized(record_of([10 * t for t, _ in rows(data)], [5 + 100 * x for _, x in rows(data)]))
    other.load_state_dict(state)
    x = torch.from_numpy(rows(data)[0][1])
    for field in (found.field, other.model):
        torch.testing.assert_close(field(0.0, x), method.model(0.0, x), rtol=0, atol=0)
    for one, two in zip((found, method.learned()), (method.learned(), found), strict=True):
        np.testing.assert_array_equal(one.forecast(one.past, 3).states, two.forecast(two.past, 3).states)


def test_unknown_units_are_refused():
    with pytest.raises(ConfigurationError, match=r"training\.units=si: choose one of raw, standardized"):
        VanillaTraining(field_of("blackbox"), view_of(observed()), units="si")


@pytest.mark.slow
def test_a_default_run_is_the_same_in_every_unit_and_at_the_level_of_the_noise(tmp_path):
    """The oscillator of Van der Pol with noise of 5 %: five clocks and scales, one of them of mixed units."""
    from scipy.integrate import solve_ivp

    times = np.arange(0, 20, STEP)
    field = lambda t, u: [u[1], (1 - u[0] ** 2) * u[1] - u[0]]  # noqa: E731
    cycle = solve_ivp(field, (0, 20), [2.0, 0.0], "DOP853", times, rtol=1e-11, atol=1e-12).y.T
    noise = 0.05 * cycle.std(axis=0) * np.random.default_rng(0).standard_normal(cycle.shape)
    expected = None
    records = {"as_it_is": (1.0, 1.0), "ms": (1.0, 1e3), "small": (1e-5, 1e-3), "mixed": (np.array([1e-3, 1.0]), 1.0)}
    for name, (factor, clock) in records.items():
        np.savez(tmp_path / f"{name}.npz", x=(cycle + noise) * factor, t=times * clock)
        given = ["data=trajectories", f"data.path={tmp_path / name}.npz", "logger=none", "trainer=cpu"]
        run(composed("node_homotopy", given, folder=tmp_path / name))
        states = np.load(tmp_path / name / "arrays.npz")["prediction"] / factor
        expected = states if expected is None else expected
        np.testing.assert_allclose(states, expected, rtol=0, atol=1e-6 * cycle.std())
    learned = expected[0, :120] - cycle[:120]
    assert np.sqrt(np.mean(learned**2)) < 0.5 * noise.std()
