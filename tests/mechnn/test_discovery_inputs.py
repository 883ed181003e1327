"""Equations with inputs: exact coefficients, integrals across jumps, and motions under inputs to come."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import RecordSpec, Trajectories, WholeTrajectoriesView
from sciml_bench.data.sources import DrivenTrajectories
from sciml_bench.data.views import InputSignals
from sciml_bench.mechnn import BasisLibrary, DiscoveryNetwork, DiscoveryTraining, EquationDiscovery
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import flow
from sciml_bench.mechnn.discovery.integration import integrated_along
from sciml_bench.mechnn.discovery.sparse_equations import exact_coefficients
from sciml_bench.systems import ForcedDuffing

NAMES = {"component_names": ["x", "v"]}


def record(signal: str, noise: float = 0.0, n_steps: int = 240) -> DrivenTrajectories:
    return DrivenTrajectories(
        ForcedDuffing(damping=0.4, linear_stiffness=1.0, cubic_stiffness=0.5),
        signal=signal,
        input_amplitude=3.0,
        input_period=3.0,
        n_steps=n_steps,
        time_step=0.1,
        noise_std=noise,
        split={"train": 200, "test": n_steps - 200},
        **NAMES,
    )


def discovered(signal: str, noise: float = 0.0):
    view = WholeTrajectoriesView(record(signal, noise))
    method = EquationDiscovery(BasisLibrary(view.spec, 3), view)
    method.fit()
    return method.learned(), view


@pytest.fixture(scope="module")
def of_tones():
    return discovered("multisine")


def test_the_terms_are_those_of_states_and_inputs_with_their_names(of_tones):
    _, view = of_tones
    library = BasisLibrary(view.spec, 2, 1)
    assert library.names[:5] == ("1", "x", "v", "u", "x^2")
    assert {"x u", "u^2", "sin(u)", "cos(v)"} <= set(library.names)
    values = library(torch.tensor([[2.0, 3.0, 5.0]], dtype=torch.float64)).numpy()[0]
    assert values[library.names.index("x u")] == 10
    assert values[library.names.index("sin(u)")] == pytest.approx(np.sin(5))


def test_the_forced_oscillator_is_found_with_its_coefficients(of_tones):
    learned, _ = of_tones
    truth = exact_coefficients(learned.library, ForcedDuffing(0.4, 1.0, 0.5))
    assert np.count_nonzero(truth) == 5
    np.testing.assert_array_equal(learned.coefficients != 0, truth != 0)
    np.testing.assert_allclose(learned.coefficients, truth, atol=1e-4)
    assert learned.coefficient_table()["u"][1] == pytest.approx(1, abs=1e-5)
    assert learned.equations()[1].startswith("dv/dt = ")
    assert " u" in learned.equations()[1]


def test_steps_and_noise_do_not_hide_them():
    learned, _ = discovered("random_steps", 0.01)
    truth = exact_coefficients(learned.library, ForcedDuffing(0.4, 1.0, 0.5))
    np.testing.assert_array_equal(learned.coefficients != 0, truth != 0)
    np.testing.assert_allclose(learned.coefficients, truth, atol=0.02)


def test_an_input_that_was_not_observed_leaves_no_exact_equations():
    hidden = RecordSpec.of(Trajectories((np.random.default_rng(0).standard_normal((9, 2)),)))
    assert exact_coefficients(BasisLibrary(hidden, 3), ForcedDuffing()) is None


def test_the_flow_follows_inputs_within_an_interval(of_tones):
    _, view = of_tones
    library = BasisLibrary(view.spec, 1)
    coefficients = np.array([[0.1, 0.0], [0.0, -1.0], [1.0, -0.4], [0.3, 1.0]])  # of 1, x, v, u
    ends = np.array([[[1.0], [-2.0]]])
    start, interval = np.array([0.5, -0.3]), 0.7

    def rates(t: float, x: np.ndarray) -> np.ndarray:
        u = ends[0, 0, 0] + t / interval * (ends[0, 1, 0] - ends[0, 0, 0])
        return np.array([1.0, *x, u]) @ coefficients

    expected = solve_ivp(rates, (0, interval), start, rtol=1e-11, atol=1e-12).y[:, -1]
    support = coefficients != 0
    asked = (torch.from_numpy(start[None]), torch.tensor([interval], dtype=torch.float64), 40, torch.from_numpy(ends))
    arrived, by_state, by_coefficient = flow(library, coefficients, support, *asked)
    np.testing.assert_allclose(arrived[0], expected, atol=1e-8)
    assert by_state.shape == (1, 2, 2)
    of_input = list(zip(*np.nonzero(support), strict=True)).index((3, 1))
    changed = coefficients.copy()
    changed[3, 1] += 1e-6
    finite = (flow(library, changed, support, *asked)[0] - arrived) / 1e-6
    np.testing.assert_allclose(by_coefficient[0, :, of_input], finite[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "hold"])
def test_terms_are_integrated_as_the_input_goes(of_tones, kind):
    library, times = BasisLibrary(of_tones[1].spec, 2), np.array([0.0, 0.4, 1.0, 1.3])
    values = np.array([[1.0], [-2.0], [0.5], [3.0]])
    states = np.column_stack([times**2, 1 - times])
    signal = InputSignals(times[None], values[None], kind)
    found = integrated_along(library, times, states, signal)
    place = library.names.index("v u")

    def term(t: float) -> float:
        return (1 - t) * float(signal.at(np.array([t]))[0, 0])

    expected = quad(term, 0, times[-1], points=times.tolist(), epsabs=1e-10)[0]
    assert found[-1, place] == pytest.approx(expected, abs=1e-8)
    assert found[-1, library.names.index("x")] == pytest.approx(times[-1] ** 3 / 3, abs=1e-8)


def test_a_forecast_goes_where_the_inputs_to_come_take_it(of_tones, tmp_path):
    learned, view = of_tones
    test = view.record.splits["test"]
    told = learned.forecast(learned.past.select(time=slice(0, 200)), 20, inputs=np.zeros(20))  # another future
    driven = learned.forecast(view.record.splits["train"], 40, inputs=test.inputs[0])
    np.testing.assert_allclose(driven.states[0], test.states[0], atol=1e-4)
    assert np.abs(told.states[0] - test.states[0][:20]).max() > 0.1
    write_learned(tmp_path / "learned.ckpt", learned)
    again = read_learned(tmp_path / "learned.ckpt")
    found = again.forecast(view.record.splits["train"], 40, inputs=test.inputs[0])
    np.testing.assert_array_equal(found.states, driven.states)
    with pytest.raises(ConfigurationError, match="driven by u; give its 3 values to come"):
        learned.forecast(learned.past, 3)


@pytest.mark.parametrize("factor", [2.0**20, 1e-3])
def test_coefficients_follow_the_unit_of_the_input(of_tones, factor):
    _, view = of_tones
    scaled = record("multisine")
    scaled.setup()
    parts = scaled.splits
    parts = {name: part.unchecked(inputs=(factor * part.inputs[0],)) for name, part in parts.items()}
    scaled._loaded = parts, RecordSpec.of(parts["train"])
    other = WholeTrajectoriesView(scaled)
    told = []
    for each in (view, other):
        recipe = {"threshold": 1e-12, "refinement": "never", "smoothing": "none"}
        method = EquationDiscovery(BasisLibrary(each.spec, 1), each, **recipe)
        method.fit()
        told.append(method.learned().coefficients)
    expected, found = told
    np.testing.assert_allclose(found * np.array([1, 1, 1, factor])[:, None], expected, rtol=1e-6, atol=1e-9)


def test_the_network_of_the_paper_takes_no_inputs():
    view = WholeTrajectoriesView(record("multisine"))
    with pytest.raises(ConfigurationError, match=r"data\.inputs=\[u\]: DiscoveryTraining takes no inputs"):
        DiscoveryTraining(DiscoveryNetwork(view.spec), view)
