"""Kinetics of an operator on given features of a double well, against its quadrature; and the verb."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from koopman_cases import GivenFeatures, estimated, pairs_of
from scripts import command_line

from sciml_bench.command_line import main
from sciml_bench.command_line.kinetics import _told_seldom
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import Record, RecordSpec, Trajectories
from sciml_bench.data.sources import MarkovTrajectories
from sciml_bench.koopman import KoopmanModel, KoopmanOperator
from sciml_bench.koopman.kinetics import kinetics_of
from sciml_bench.koopman.kinetics.cores import entries
from sciml_bench.koopman.kinetics.told_kinetics import _number_of_states
from sciml_bench.systems import DoubleWell, OrnsteinUhlenbeck

SYSTEM = DoubleWell(barrier=1.5)


def chebyshev(states):
    x = states / 2
    powers = [torch.ones_like(x), x]
    for _ in range(7):
        powers.append(2 * x * powers[-1] - powers[-2])
    return torch.cat(powers, dim=1)


@pytest.fixture(scope="module")
def learned():
    view = pairs_of(MarkovTrajectories(SYSTEM, n_steps=40_000, split={"train": 0.9, "test": 0.1}))
    return estimated(view, chebyshev, "reversible"), view.record.splits["train"]


def test_two_wells_are_two_states_with_the_times_of_their_quadrature(learned):
    found = kinetics_of(*learned)
    assert found.passage_times.shape == (2, 2)
    np.testing.assert_allclose(np.sort(found.representatives[:, 0]) / [-1, 1], [1.6, 1.6], atol=0.7)
    np.testing.assert_allclose(found.populations, 0.5, atol=0.05)
    assert found.timescales[0] == pytest.approx(-1 / SYSTEM.generator_eigenvalues(2)[1], rel=0.1)
    rule = SYSTEM.quadrature(300)
    functions = learned[0].eigenfunctions(rule.points)[:, :2].real
    degrees = found.memberships.of(np.column_stack([np.ones(len(functions)), functions[:, 1]]))
    for source, target in ((0, 1), (1, 0)):
        outside = degrees[:, target] < found.core_memberships[target]
        core = degrees[:, source] >= found.core_memberships[source]
        inner = np.eye(outside.sum()) - rule.transition[np.ix_(outside, outside)]
        times = np.linalg.solve(inner, np.full(outside.sum(), SYSTEM.time_step))
        weights = rule.weights[outside] * core[outside]
        exact = weights @ times / weights.sum()
        assert found.passage_times[source, target] == pytest.approx(exact, rel=0.05)
        assert found.passage_times_lower[source, target] < exact < found.passage_times_upper[source, target]
    assert found.row_memberships.sum(axis=1) == pytest.approx(1)
    source, target = (degrees[:, end] >= found.core_memberships[end] for end in found.committor_ends)
    inner = np.eye((~source & ~target).sum()) - rule.transition[np.ix_(~source & ~target, ~source & ~target)]
    exact = np.where(target, 1.0, 0.0)
    exact[~source & ~target] = np.linalg.solve(inner, rule.transition[np.ix_(~source & ~target, target)].sum(axis=1))
    order = np.argsort(rule.points[:, 0])
    rows = learned[1].states[0][:, 0]
    at_rows = np.interp(rows, rule.points[order, 0], exact[order])
    assert np.sqrt(np.mean((found.committor - at_rows) ** 2)) < 0.03
    assert np.mean((found.committor_lower <= at_rows) & (at_rows <= found.committor_upper)) > 0.8
    widths = found.committor_upper - found.committor_lower
    assert 0 < widths[widths > 0].mean() < 0.15
    assert found.transition_state[0] == pytest.approx(0.0, abs=0.1)  # the top of the barrier


def test_shares_and_the_transition_state_count_every_row_by_its_weight(learned):
    """Weights that lift the barrier, over the stationary density by quadrature; the dynamics they leave as they are."""
    model, train = learned
    weights = np.exp(1.5 * train.states[0][:, 0] - 2 * train.states[0][:, 0] ** 2)
    found = kinetics_of(model, train.unchecked(weights=(weights,)))
    plain = kinetics_of(model, train)
    rule = SYSTEM.quadrature(300)
    x, density = rule.points[:, 0], rule.weights / rule.weights.sum()
    known = np.interp(x, np.sort(train.states[0][:, 0]), found.committor[np.argsort(train.states[0][:, 0])])
    tilted = density * np.exp(1.5 * x - 2 * x**2)
    crossing = np.abs(known - 0.5) < 0.1
    assert found.in_transition == pytest.approx(tilted[crossing].sum() / tilted.sum(), rel=0.2)
    assert plain.in_transition == pytest.approx(density[crossing].sum(), rel=0.2)
    assert found.in_transition > 2 * plain.in_transition
    rows = np.abs(found.committor - 0.5) < 0.1
    mean = (weights * train.states[0][:, 0])[rows].sum() / weights[rows].sum()
    np.testing.assert_allclose(found.transition_state, [mean], rtol=1e-9)
    cores = found.row_memberships >= found.core_memberships
    np.testing.assert_allclose(found.in_core, weights @ cores / weights.sum(), rtol=1e-9)


@pytest.mark.parametrize("core", [0.5, 0.7, 0.9])
def test_a_core_holds_most_of_its_state_however_far_out_the_corners_lie(core):
    """A low barrier, whose eigenfunction has no plateaus; times are again those of the quadrature for these cores."""
    system = DoubleWell(barrier=0.4)
    view = pairs_of(MarkovTrajectories(system, n_steps=40_000, split={"train": 0.9, "test": 0.1}))
    found = kinetics_of(estimated(view, chebyshev, "reversible"), view.record.splits["train"], 2, core=core)
    rows = found.row_memberships
    for state in range(2):
        own = rows.argmax(axis=1) == state
        assert np.median(rows[own, state]) < 0.9  # a membership of .9 would be a remote corner
        assert found.core_memberships[state] == pytest.approx(core * np.median(rows[own, state]), rel=1e-3)
        assert 0.5 < found.in_core[state] / own.mean() <= 1
    rule = system.quadrature(300)
    order = np.argsort(view.record.splits["train"].states[0][:, 0])
    x, places = view.record.splits["train"].states[0][order, 0], rule.points[:, 0]
    degrees = np.stack([np.interp(places, x, rows[order, state]) for state in range(2)], axis=1)
    cores = (degrees >= found.core_memberships) & (degrees.argmax(axis=1)[:, None] == np.arange(2))
    for source, target in ((0, 1), (1, 0)):
        outside = ~cores[:, target]
        inner = np.eye(outside.sum()) - rule.transition[np.ix_(outside, outside)]
        times = np.linalg.solve(inner, np.full(outside.sum(), system.time_step))
        weights = rule.weights[outside] * cores[outside, source]
        assert found.passage_times[source, target] == pytest.approx(weights @ times / weights.sum(), rel=0.07)


def test_entries_into_cores_are_counted_in_every_trajectory_by_itself():
    visits = [0, 0, -1, 0, 1, 1, -1, 1, 0, 2], [1, -1, 2, 2, -1, 1]
    cores = np.array([[state == label for state in range(3)] for part in visits for label in part])
    np.testing.assert_array_equal(entries(cores, [0, 10, 16]), [1, 2, 2])


class _WithAnOutlier(Record):
    def __init__(self, states: np.ndarray) -> None:
        super().__init__()
        self.states = states

    def load_splits(self) -> dict[str, Trajectories]:
        names = ("x", "rbias")
        return dict.fromkeys(("train", "test"), Trajectories((self.states,), component_names=names))


def test_a_state_of_a_few_odd_rows_is_told_with_the_column_they_are_odd_in(learned):
    x = learned[1].states[0]
    odd = np.random.default_rng(0).normal(size=x.shape)
    odd[2000:2003] = 500.0
    view = pairs_of(_WithAnOutlier(np.hstack([x, odd])))
    model = estimated(view, lambda states: torch.cat([chebyshev(states[:, :1]), states[:, 1:]], dim=1), "reversible")
    found = kinetics_of(model, view.record.splits["train"], 3)
    state = int(found.farthest_deviations.argmax())
    assert found.entries[state] <= 1 < 10 < min(np.delete(found.entries, state))
    assert found.farthest_components[state] == 1
    deviation = np.std(odd)
    assert found.farthest_deviations[state] == pytest.approx((500 - odd.mean()) / deviation, rel=1e-6)
    assert (found.passage_times_lower <= found.passage_times).all()
    assert (found.passage_times_upper >= found.passage_times).all()
    (told,) = _told_seldom(found, model.spec)
    assert told.startswith(f"warning: state {state + 1} was entered once from another core, too seldom for its times")
    assert "standard deviations from the mean in rbias: it may be an outlier" in told
    assert "data.observe" in told


def test_an_odd_coordinate_of_positions_is_told_as_it_can_be_left_out():
    """By the name that data.observe takes, of all numbers of a state."""
    spec = RecordSpec((2, 3), 1.0, "ns", ("x", "y", "z"), np.zeros((2, 3)), np.ones((2, 3)), (100,))
    found = SimpleNamespace(entries=[1, 50], farthest_deviations=[90.0, 1.0], farthest_components=[4, 0])
    (told,) = _told_seldom(found, spec)
    assert f"from the mean in {spec.column_names[4]}: it may be an outlier" in told
    assert spec.column_names[4] not in ("x", "y", "z")


def test_an_oscillation_is_told_as_one():
    turn = 2 * np.pi / 25 * np.arange(5000)
    rng = np.random.default_rng(0)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) + 0.01 * rng.standard_normal((5000, 2))
    view = pairs_of(_WithAnOutlier(circle))
    with pytest.raises(DataError, match=r"slowest eigenvalues are complex, as of an oscillation of the period 25 step"):
        kinetics_of(
            estimated(view, lambda states: torch.cat([torch.ones_like(states[:, :1]), states], dim=1), "edmd_left"),
            view.record.splits["train"],
        )


def test_an_operator_that_adds_the_constant_tells_the_passages_of_its_chain():
    """Two states whose features are the value alone; the mean first-passage time is one over the rate of jumps."""
    rng, path, state = np.random.default_rng(0), [], 0
    for kick in rng.random(60_000):
        path.append(state)
        state = 1 - state if kick < (0.005, 0.05)[state] else state
    path = np.array(path)
    values = np.column_stack([np.where(path, 3.0, -0.3), np.zeros(len(path))]) + 0.01 * rng.normal(size=(len(path), 2))
    view = pairs_of(_WithAnOutlier(values))
    model = KoopmanModel.estimated(
        KoopmanOperator("edmd_left", add_constant=True), view, GivenFeatures(lambda x: x[:, :1])
    )
    found = kinetics_of(model, view.record.splits["train"], 2)
    for start, end in ((0, 1), (1, 0)):
        begins = path[:-1] == start
        rate = (begins & (path[1:] == end)).sum() / begins.sum()
        assert found.passage_times[start, end] == pytest.approx(1 / rate, rel=0.01)


@pytest.mark.parametrize(
    ("eigenvalues", "n_states"),
    [([0.99, 0.95, 0.3 + 0.1j, 0.3 - 0.1j], 3), ([0.99, 0.95, 0.9], 2), ([0.99, 0.98, -0.2], 3), ([0.99], 2)],
)
def test_the_gap_to_what_is_no_state_counts(eigenvalues, n_states):
    assert _number_of_states(np.array(eigenvalues, dtype=complex), 12, "step") == n_states


def test_a_turn_in_two_lags_is_an_oscillation_and_no_state():
    with pytest.raises(DataError, match="as of an oscillation of the period 24 step"):
        _number_of_states(np.array([-0.95, -0.9]), 12, "step")


def test_rows_that_do_not_count_make_no_state(learned):
    """Some burn-in far away, left out of what is learned from: weights of 0."""
    model, train = learned
    rows = train.states[0].copy()
    rows[:20] = 3.5  # beyond both wells
    weights = np.ones(len(rows))
    weights[:20] = 0
    found = kinetics_of(model, train.unchecked(states=(rows,), weights=(weights,)), 2)
    plain = kinetics_of(model, train, 2)
    np.testing.assert_allclose(found.populations, plain.populations, atol=0.02)
    np.testing.assert_allclose(found.passage_times, plain.passage_times, rtol=0.1)


def test_where_every_row_is_in_a_core_nothing_turns_back(learned):
    found = kinetics_of(*learned, 2, core=0.5, ends=(1, 0))
    assert set(found.committor.tolist()) == {0.0, 1.0}
    assert np.isnan(found.transition_state).all()
    np.testing.assert_array_equal(found.committor == 1, found.row_memberships[:, 0] >= 0.5)


def test_wrong_numbers_and_operators_without_states_are_told(learned):
    with pytest.raises(ConfigurationError, match=r"core=1\.0: give a share of at least 0.5 and below 1"):
        kinetics_of(*learned, core=1.0)
    with pytest.raises(ConfigurationError, match="states=1: between fewer than two there are no passages"):
        kinetics_of(*learned, 1)
    for ends, typed in (((0, 0), "1,1"), ((0, 2), "1,3")):
        with pytest.raises(ConfigurationError, match=f"committor={typed}: give two different states of 1 to 2"):
            kinetics_of(*learned, 2, ends=ends)
    with pytest.raises(ConfigurationError, match="states=50: the operator has 9 eigenfunctions"):
        kinetics_of(*learned, 50)
    with pytest.raises(DataError, match="no trajectory has more than 1 rows without a gap"):
        kinetics_of(learned[0], learned[1].select(time=slice(0, 1)))
    quick = OrnsteinUhlenbeck(relaxation_rate=20.0, time_step=1.0)
    view = pairs_of(MarkovTrajectories(quick, n_steps=500, split={"train": 0.9, "test": 0.1}))
    with pytest.raises(DataError, match="no eigenfunction outlasts a lag"):
        kinetics_of(estimated(view, chebyshev, "reversible"), view.record.splits["train"])


def test_the_verb_prints_and_writes_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["data=double_well", "training=nested_lora_reversible", "data.n_steps=4000", "data.system.barrier=1.5"]
    words += ["model.encoder.hidden=[16]", "trainer.max_epochs=4", "logger=none", "evaluation.n_bootstrap=5"]
    assert command_line(monkeypatch, "koopman", *words) == 0
    capsys.readouterr()
    (folder,) = {path.parent for path in tmp_path.rglob("metrics.json")}
    assert main(["kinetics", str(folder), "--states", "2", "--core", "0.8", "--committor", "2,1"]) == 0
    told = capsys.readouterr().out
    assert "2 metastable states; implied timescales" in told
    assert "x1 = " in told
    assert "1 → 2: " in told
    assert "committor 2 → 1: " in told
    assert "between the cores its 95 % intervals are 0." in told
    assert "% of the rows are as likely to go on as to turn back, about x1 = " in told
    assert (folder / "kinetics" / "free_energy.png").stat().st_size > 1000
    with np.load(folder / "kinetics" / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays["passage_times"].shape == (2, 2)
        assert str(arrays["time_unit"]) == "time"
    with pytest.raises(SystemExit):
        main(["kinetics", str(folder), "--committor", "2"])
    assert "2: give two states, such as 1,2" in capsys.readouterr().err
    assert main(["kinetics", str(folder), "--states", "2", "--committor", "1,3"]) == 1
    assert "error: --committor 1,3: give two different states of 1 to 2" in capsys.readouterr().err
    assert main(["kinetics", str(folder), "--core", "2"]) == 1
    assert "--core 2" in capsys.readouterr().err
