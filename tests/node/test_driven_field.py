"""Fields under inputs: what every solver makes of them, their gradients, and fits that know the inputs."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import RecordSpec, Trajectories, WholeTrajectoriesView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views import InputSignals
from sciml_bench.node import (
    AdaptiveSolver,
    Blackbox,
    CompiledSolver,
    CoupledDynamics,
    DrivenField,
    FixedStepSolver,
    GrayBox,
    HomotopyTraining,
    KnownDynamics,
    MultipleShootingTraining,
    SecondOrderBlackbox,
    SmoothingSpline,
    VanillaTraining,
    VectorField,
    losses_of,
    solve,
)
from sciml_bench.systems import Duffing, ForcedDuffing

RNG = np.random.default_rng(0)
TIMES = np.sort(RNG.uniform(0, 3, (2, 7)), axis=1)
VALUES = RNG.standard_normal((2, 7, 2))
STATES = RNG.standard_normal((2, 7, 2))


def spec(kind: str = "linear") -> RecordSpec:
    return RecordSpec.of(
        Trajectories(tuple(STATES), 0.4, times=tuple(TIMES), inputs=tuple(VALUES), input_interpolation=kind)
    )


def signals(kind: str) -> InputSignals:
    return InputSignals(TIMES, VALUES, kind)


def network(**options) -> Blackbox:
    torch.manual_seed(1)
    return Blackbox(spec(), 1, 6, "tanh", **options)


def written_out(rates, x0: np.ndarray, kind: str) -> np.ndarray:
    """SciPy's motion, interval by interval, of every trajectory; `rates` of state and input."""
    paths = []
    for times, values in zip(TIMES, VALUES, strict=True):
        states = [x0]
        for n in range(len(times) - 1):
            change = values[n + 1] - values[n] if kind == "linear" else 0.0

            def slope(t: float, x: np.ndarray, n=n, times=times, values=values, change=change) -> np.ndarray:
                return rates(x, values[n] + (t - times[n]) / (times[n + 1] - times[n]) * change)

            states.append(solve_ivp(slope, times[n : n + 2], states[-1], "DOP853", rtol=1e-11, atol=1e-13).y[:, -1])
        paths.append(states)
    return np.array(paths)


SOLVERS = {
    "compiled": CompiledSolver(max_step=0.02),
    "fixed": FixedStepSolver("dormand_prince", max_step=0.02),
    "adaptive": AdaptiveSolver(rtol=1e-6, atol=1e-8),
    "adjoint": AdaptiveSolver(rtol=1e-6, atol=1e-8, gradient="adjoint"),
}


@pytest.mark.parametrize("kind", ["linear", "hold"])
@pytest.mark.parametrize("standardize", [False, True])
def test_all_solvers_agree_with_scipy_and_on_the_gradient(kind, standardize):
    field = network(standardize=standardize)

    def rates(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return field(0.0, torch.tensor(x)[None], torch.tensor(u)[None])[0].numpy()

    expected, gradients = written_out(rates, np.ones(2), kind), {}
    for name, solver in SOLVERS.items():
        adaptive = isinstance(solver, AdaptiveSolver)
        if adaptive and standardize:  # slow, and the field is the same to them
            continue
        if adaptive and kind == "hold":
            with pytest.raises(ConfigurationError, match="solver=adaptive: an input that is held jumps at every row"):
                solver(DrivenField(field, signals(kind)), torch.ones(1, 2, 2).double(), TIMES)
            continue
        field.zero_grad()
        states = solver(DrivenField(field, signals(kind)), torch.ones(1, 2, 2).double(), TIMES).states
        np.testing.assert_allclose(states[0].detach(), expected, atol=1e-5 if adaptive else 1e-7)
        states.square().sum().backward()
        gradients[name] = torch.cat([weight.grad.flatten() for weight in field.parameters()])
    torch.testing.assert_close(gradients["compiled"], gradients["fixed"], rtol=1e-9, atol=1e-10)
    for gradient in gradients.values():
        torch.testing.assert_close(gradient, gradients["fixed"], rtol=1e-3, atol=1e-4)


class Linear(VectorField):
    """dx/dt = x A + u B."""

    def __init__(self, a: np.ndarray, b: np.ndarray) -> None:
        super().__init__(2)
        self.a, self.b = torch.nn.Parameter(torch.from_numpy(a)), torch.nn.Parameter(torch.from_numpy(b))

    def forward(self, t, x, u=None):
        return x @ self.a + u @ self.b


def closed_form(a: np.ndarray, b: np.ndarray, kind: str) -> float:
    """The sum of squares of the last states, by matrix exponentials of (x, u, du/dt)."""
    total = 0.0
    for times, values in zip(TIMES, VALUES, strict=True):
        x = np.ones(2)
        for n, step in enumerate(np.diff(times)):
            slope = (values[n + 1] - values[n]) / step if kind == "linear" else np.zeros(2)
            whole = np.zeros((6, 6))
            whole[:2, :2], whole[2:4, :2], whole[4:, 2:4] = a, b, np.eye(2)
            x = (np.concatenate([x, values[n], slope]) @ expm(step * whole))[:2]
        total += float(x @ x)
    return total


@pytest.mark.parametrize("kind", ["linear", "hold"])
def test_the_gradient_is_that_of_a_forced_linear_system_in_closed_form(kind):
    a, b = np.array([[-0.3, 1.0], [-1.0, -0.2]]), np.array([[0.5, 0.1], [-0.4, 1.0]])
    field = Linear(a, b)
    solver = FixedStepSolver("dormand_prince", max_step=0.01)
    loss = (
        solver(DrivenField(field, signals(kind)), torch.ones(1, 2, 2).double(), TIMES).states[0, :, -1].square().sum()
    )
    assert float(loss.detach()) == pytest.approx(closed_form(a, b, kind), rel=1e-9)
    loss.backward()
    for name, gradient in (("a", field.a.grad), ("b", field.b.grad)):
        for place in np.ndindex(2, 2):
            matrices = {sign: {"a": a.copy(), "b": b.copy()} for sign in (1, -1)}
            for sign, moved in matrices.items():
                moved[name][place] += sign * 1e-5
            ends = {sign: closed_form(moved["a"], moved["b"], kind) for sign, moved in matrices.items()}
            assert float(gradient[place]) == pytest.approx((ends[1] - ends[-1]) / 2e-5, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", ["linear", "hold"])
def test_coupled_dynamics_are_driven_as_well(kind):
    splines = [SmoothingSpline(*pair) for pair in zip(TIMES, STATES, strict=True)]
    coupled = CoupledDynamics(network(), splines, 2.0)
    x0 = torch.ones(1, 2, 2).double()
    found = [s(DrivenField(coupled, signals(kind)), x0, TIMES).states for s in (SOLVERS["compiled"], SOLVERS["fixed"])]
    torch.testing.assert_close(*found, rtol=0, atol=1e-12)
    free = SOLVERS["fixed"](DrivenField(coupled.field, signals(kind)), x0, TIMES).states
    assert float((found[0] - free).detach().abs().max()) > 0.01


def test_every_field_takes_inputs():
    forced = RecordSpec.of(Trajectories((STATES[0],), inputs=(VALUES[0, :, :1],)))
    x, u = torch.from_numpy(STATES[0]), torch.from_numpy(VALUES[0, :, :1])
    second = SecondOrderBlackbox(forced)(0.0, x, u)
    torch.testing.assert_close(second[:, 0], x[:, 1])
    known = KnownDynamics(ForcedDuffing())(0.0, x, u)
    torch.testing.assert_close(known[:, 1:], KnownDynamics(Duffing())(0.0, x)[:, 1:] + u)
    gray = GrayBox(forced, ForcedDuffing(), unknown_components=[1])
    torch.testing.assert_close(gray(0.0, x, u)[:, 0], known[:, 0])
    with pytest.raises(ConfigurationError, match="ForcedDuffing has 1 inputs, but the data have 2"):
        GrayBox(spec(), ForcedDuffing())
    for solver in (SOLVERS["compiled"], SOLVERS["fixed"]):
        with pytest.raises(ConfigurationError, match="inputs: the field takes 2 inputs, and 0 are given"):
            solver(network(), torch.ones(1, 2, 2).double(), TIMES)


def test_solve_takes_inputs():
    expected = SOLVERS["compiled"](DrivenField(network(), signals("hold")), torch.ones(1, 2, 2).double(), TIMES).states
    options = {"max_step": 0.02, "inputs": VALUES, "input_interpolation": "hold"}
    found = solve(network(), torch.ones(1, 2, 2).double(), TIMES, **options).states
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    with pytest.raises(DataError, match=r"inputs: an array of the shape \(2, 3, 2\); give finite numbers at 7 times"):
        solve(network(), torch.ones(1, 2, 2).double(), TIMES, inputs=VALUES[:, :3])


@pytest.mark.parametrize("solver", ["compiled", "adaptive"])
def test_members_are_driven_by_the_same_inputs(solver):
    members = [network(), Blackbox(spec(), 1, 6, "tanh")]
    together = DrivenField(Blackbox.joined(members), signals("linear"))
    both = SOLVERS[solver](together, torch.ones(2, 2, 2).double(), TIMES).states
    for one, member in zip(both, members, strict=True):
        alone = SOLVERS[solver](DrivenField(member, signals("linear")), torch.ones(1, 2, 2).double(), TIMES).states
        torch.testing.assert_close(one[None], alone, rtol=0, atol=1e-12)


# ---- fits ---------------------------------------------------------------------------------------------------------


def linear_record(kind: str = "linear", factor: float = 1.0) -> TrajectoryFiles:
    """x″ = −x − x′/2 + u."""
    times, rng = 0.2 * np.arange(60), np.random.default_rng(4)
    u, states = np.repeat(rng.uniform(-1, 1, 15), 4), [np.array([0.5, 0.0])]
    whole = np.zeros((4, 4))
    whole[:2, :2], whole[2, 1], whole[3, 2] = [[0, -1], [1, -0.5]], 1, 1
    for n in range(59):
        slope = (u[n + 1] - u[n]) / 0.2 if kind == "linear" else 0.0
        states.append((np.array([*states[-1], u[n], slope]) @ expm(0.2 * whole))[:2])
    rows = np.column_stack([states, factor * u])
    options = {"inputs": ["u"], "input_interpolation": kind, "split": {"train": 40, "test": 20}}
    return TrajectoryFiles.from_arrays(times, rows, component_names=["x", "v", "u"], **options)


@pytest.mark.parametrize("method", [VanillaTraining, HomotopyTraining, MultipleShootingTraining])
def test_losses_are_those_of_the_driven_dynamics(method):
    view = WholeTrajectoriesView(linear_record("hold"))
    field = Blackbox(view.spec, 1, 4, "tanh", standardize=True)
    fitted = method(field, view, units="raw")
    start = torch.from_numpy(view.train.states[:, :1].copy()).swapaxes(0, 1)
    path = FixedStepSolver("dormand_prince")(DrivenField(field, view.train.inputs), start, view.train.times).states
    expected = (path[0] - torch.from_numpy(view.train.states)).square().mean()
    torch.testing.assert_close(fitted.free_errors()[0], expected, rtol=1e-9, atol=0)
    vector = torch.nn.utils.parameters_to_vector(fitted.model.parameters())
    torch.testing.assert_close(losses_of(fitted, vector[None])[0], expected.detach(), rtol=1e-9, atol=0)
    (loss,) = fitted.loss(None)
    assert torch.isfinite(loss)
    loss.backward()
    first = next(field.parameters())  # (members, states and u, hidden units)
    assert float(first.grad[:, -1].abs().max()) > 0


def test_a_learned_field_forecasts_under_inputs_to_come(tmp_path):
    view = WholeTrajectoriesView(linear_record())
    learned = VanillaTraining(Blackbox(view.spec, 1, 4), view).learned()
    assert learned.past.inputs[0].shape == (1, 1)
    inputs = RNG.standard_normal((6, 1))
    told = learned.forecast(learned.past, 6, inputs=inputs)
    ends = learned.past.times_of(0)[-1] + 0.2 * np.arange(7)
    signal = InputSignals(ends[None], np.concatenate([learned.past.inputs[0], inputs])[None], "linear")
    start = torch.from_numpy(np.asarray(learned.past.states[0])[None])
    expected = CompiledSolver()(DrivenField(learned.field, signal), start, ends[None]).states[0, :, 1:]
    np.testing.assert_allclose(told.states, expected.detach(), atol=1e-12)
    write_learned(tmp_path / "learned.ckpt", learned)
    again = read_learned(tmp_path / "learned.ckpt")
    np.testing.assert_array_equal(again.forecast(again.past, 6, inputs=inputs).states, told.states)
    with pytest.raises(ConfigurationError, match="driven by u; give its 6 values to come"):
        learned.forecast(learned.past, 6)


def test_an_input_in_another_unit_gives_the_same_field():
    told = []
    for factor in (1.0, 2.0**12, 1e-9):
        view = WholeTrajectoriesView(linear_record(factor=factor))
        torch.manual_seed(3)
        learned = VanillaTraining(Blackbox(view.spec, 1, 4, standardize=True), view).learned()
        inputs = factor * np.linspace(-1, 1, 6)[:, None]
        told.append(learned.forecast(learned.past, 6, inputs=inputs).states)
    np.testing.assert_allclose(told[1], told[0], rtol=1e-12)
    np.testing.assert_allclose(told[2], told[0], rtol=1e-6)
