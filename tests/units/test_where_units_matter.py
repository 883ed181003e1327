"""Methods whose form is not the same in all units: what does hold, when the numbers given to them follow the change."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from unit_cases import CASES, Case, Change, outcomes

from sciml_bench.data import RecordSpec
from sciml_bench.mechnn.parameters.logistic_closed_form import fitted_growth
from sciml_bench.node import (
    AdaptiveSolver,
    CompiledSolver,
    GrayBox,
    LotkaVolterraGrayBox,
    SecondOrderBlackbox,
    Units,
    solve,
)
from sciml_bench.node.fields.gray_box import KnownDynamics
from sciml_bench.scores.forecast_scores import errors_of
from sciml_bench.systems import LotkaVolterra

DOCS = Path(__file__).resolve().parents[2] / "docs" / "units.md"
TIMES = np.array([[0.0, 0.5, 1.5]])
STATES = torch.tensor([[0.5, 4.5]], dtype=torch.float64)


def require_equal(case: Case, change: Change, folder) -> None:
    before, after = case.fitted(Change(), folder), case.fitted(change, folder)
    expected, found = outcomes(before, Change()), outcomes(after, change)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_the_page_names_every_method():
    page = DOCS.read_text()
    for name in CASES:
        assert f"| {name} |" in page, name


def in_units(factors: tuple[float, float], time: float) -> LotkaVolterra:
    """The same populations counted in other units."""
    before, (prey, predators) = LotkaVolterra(), factors
    return LotkaVolterra(
        before.prey_growth / time,
        before.predation / time / predators,
        before.predator_gain / time / prey,
        before.predator_death / time,
    )


@pytest.mark.parametrize("solver", [CompiledSolver(max_step=0.25), AdaptiveSolver()])
@pytest.mark.parametrize("factors", [(2.0**-20, 2.0**10), (3e-7, 5e4)])
def test_known_equations_give_the_same_motion_where_their_coefficients_follow(solver, factors):
    factor, time = torch.tensor(factors, dtype=torch.float64), 2.0**17
    units = [
        Units((1.0, 2.0), (0.5, 2.0), 0.5),
        Units((factors[0], 2 * factors[1]), (0.5 * factors[0], 2 * factors[1]), 0.5 * time),
    ]
    expected = solver.in_units(units[0])(KnownDynamics(LotkaVolterra()), STATES, TIMES).states
    found = (
        solver.in_units(units[1])(KnownDynamics(in_units(factors, time)), factor * STATES, TIMES * time).states / factor
    )
    exact = factors[0] == 2.0**-20
    torch.testing.assert_close(found, expected, rtol=0 if exact else 1e-9, atol=0)


def test_the_network_beside_known_equations_follows_with_the_states_that_it_sees():
    """The record says how large states are; the coefficients of the known part are the user's."""
    factors, time = np.array([2.0**-20, 2.0**10]), 2.0**17
    before = RecordSpec((2,), 0.1, "time", ("prey", "predators"), np.array([2.0, 1.5]), np.array([1.2, 0.7]), (10,))
    after = replace(before, mean=before.mean * factors, deviation=before.deviation * factors)
    states = []
    for each, system, change, clock in (
        (before, LotkaVolterra(), 1.0, 1.0),
        (after, in_units(tuple(factors), time), factors, time),
    ):
        torch.manual_seed(0)
        field = GrayBox(each, system, [1], 1, 5, standardize=True)
        field.set_time_unit(2.0 * clock)
        found = solve(field, STATES * torch.as_tensor(change), TIMES * clock, "rk4", max_step=0.1 * clock).states
        states.append(found.detach() / torch.as_tensor(change))
    torch.testing.assert_close(states[1], states[0], rtol=0, atol=0)


def test_the_hunt_of_prey_and_predators_is_learned_from_bare_numbers_whose_rates_follow_the_clock():
    times, states = 2.0**12, []
    for clock in (1.0, times):
        torch.manual_seed(0)
        field = LotkaVolterraGrayBox(2, 1, 5, prey_growth=1.3 / clock, predator_death=1.8 / clock)
        with torch.no_grad():
            for last in (field.network.layers.weights[-1], field.network.layers.biases[-1]):
                last /= clock
        states.append(solve(field, STATES, TIMES * clock, "rk4", max_step=0.1 * clock).states.detach())
    torch.testing.assert_close(states[1], states[0], rtol=0, atol=0)


def test_of_second_order_velocities_are_measured_in_the_units_of_positions_and_time(tmp_path):
    time = 2.0**9
    case = Case("node_homotopy", ("model=second_order",))
    require_equal(case, Change((2.0**-20, 2.0**-20 / time), time=time), tmp_path)
    assert issubclass(SecondOrderBlackbox, torch.nn.Module)


def test_networks_of_bare_states_follow_the_clock_alone(tmp_path):
    bare = Case("koopman", ("training=vamp", "training.view.standardize=false", "training.view.batch_size=64"))
    require_equal(bare, Change(time=2.0**30), tmp_path)
    require_equal(Case("node_homotopy", ("model.standardize=false", "training.units=standardized")), Change(), tmp_path)


def test_a_growth_rate_is_one_over_time_and_a_capacity_a_number_of_the_population():
    observed = 3.0 / (1 + 5 * np.exp(-0.7 * 0.25 * np.arange(40)))[None] * np.array([[1.0], [1.5]])
    before = fitted_growth(torch.from_numpy(observed), 0.25)
    for factor, time in ((2.0**-30, 2.0**20), (1e9, 1e-9)):
        after = fitted_growth(torch.from_numpy(observed * factor), 0.25 * time)
        tolerance = 0 if factor < 1 else 1e-6
        np.testing.assert_allclose(after.growth_rates * time, before.growth_rates, rtol=tolerance)
        np.testing.assert_allclose(after.capacities / factor, before.capacities, rtol=tolerance)


def test_errors_of_a_forecast_are_in_common_units_and_relative_ones_to_the_mean_have_none():
    rng = np.random.default_rng(0)
    truth, told = rng.standard_normal((2, 50, 3))
    before = errors_of([told], [truth], np.zeros(3))
    after = errors_of([1e-6 * told + 7.0], [1e-6 * truth + 7.0], np.full(3, 7.0))
    assert after["forecast_mse"] == pytest.approx(1e-12 * before["forecast_mse"], rel=1e-6)
    assert after["forecast_error_over_mean"] == pytest.approx(before["forecast_error_over_mean"], rel=1e-6)
