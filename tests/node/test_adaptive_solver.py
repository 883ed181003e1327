import numpy as np
import pytest
import torch
from node_cases import BUILDERS, Square, field_of, grids, initial_states, reference, right_hand_side

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node import AdaptiveSolver, Units, VectorField


@pytest.mark.parametrize("method", ["dopri8", "bosh3", "fehlberg2", "adaptive_heun"])
def test_the_other_methods_agree_with_scipy(method):
    field, x0, times = field_of("blackbox"), initial_states(2), grids(3, 4)
    states = AdaptiveSolver(method, 1e-7, 1e-9)(field, x0, times).states
    equations = right_hand_side("blackbox", field)
    for row in range(3):
        expected = reference(equations, x0[row].numpy(), times[row])
        np.testing.assert_allclose(states[row].detach(), expected, atol=1e-4)


def test_tighter_tolerances_are_more_accurate_and_cost_more():
    field, x0, times = field_of("graybox"), initial_states(2), grids()
    equations = right_hand_side("graybox", field)
    expected = np.stack([reference(equations, x, t) for x, t in zip(x0.numpy(), times, strict=True)])
    with torch.no_grad():
        loose, tight, refined = (
            AdaptiveSolver(rtol=rtol, atol=rtol / 100)(field, x0, times, refinement)
            for rtol, refinement in ((1e-3, 1), (1e-8, 1), (1e-3, 2))
        )
    errors = [np.abs(solution.states.numpy() - expected).max() for solution in (loose, tight, refined)]
    assert errors[1] < 1e-7
    assert max(errors[1:]) < errors[0]
    assert 0 < loose.function_evaluations < refined.function_evaluations < tight.function_evaluations


@pytest.mark.parametrize("gradient", ["backpropagation", "adjoint"])
def test_one_trajectory_among_many_at_rest_is_as_accurate_as_alone(gradient):
    class Rotation(VectorField):
        def forward(self, t, x):
            return torch.stack([x[..., 1], -x[..., 0]], dim=-1)

    times = np.array([[0.0, 3.0, 10.0]])
    x0 = torch.zeros(1000, 2, dtype=torch.float64)
    x0[417, 0] = 1.0
    solver = AdaptiveSolver(rtol=1e-6, atol=1e-8, gradient=gradient)
    among = solver(Rotation(2), x0, np.repeat(times, 1000, axis=0)).states[417].detach()
    alone = solver(Rotation(2), x0[417:418], times).states[0].detach()
    exact = np.stack([np.cos(times[0]), -np.sin(times[0])], axis=1)
    errors = [np.abs(states.numpy() - exact).max() for states in (among, alone)]
    assert errors[0] <= 1.5 * errors[1]  # thirty to sixty times as much with a norm over the whole batch


@pytest.mark.parametrize("gradient", ["backpropagation", "adjoint"])
@pytest.mark.parametrize("name", ["two_layers", "second_order_standardized"])
def test_members_of_an_ensemble_are_single_runs_bit_for_bit(gradient, name):
    solver, x0, times = AdaptiveSolver(gradient=gradient, rtol=1e-5), initial_states(4, members=3), grids()
    together = field_of(name, n_members=3)
    x0 = x0[..., : together.dim].clone().requires_grad_()
    solution = solver(together, x0, times)
    found = torch.autograd.grad(solution.states.square().sum(), [*together.parameters(), x0])
    evaluations = []
    for number in range(3):
        torch.manual_seed(number)
        single, start = BUILDERS[name](), x0[number].detach().clone().requires_grad_()
        alone = solver(single, start, times)
        evaluations.append(alone.function_evaluations)
        np.testing.assert_array_equal(alone.states.detach(), solution.states[number].detach())
        expected = torch.autograd.grad(alone.states.square().sum(), [*single.parameters(), start])
        for whole, part in zip(found, expected, strict=True):
            np.testing.assert_allclose(whole[number], part.reshape(whole[number].shape), rtol=1e-10, atol=1e-12)
    assert solution.function_evaluations == max(evaluations)


def test_a_member_that_breaks_down_leaves_the_others_alone():
    class Power(VectorField):
        def __init__(self, factors):
            super().__init__(1, len(factors))
            self.factor = torch.nn.Parameter(torch.tensor(factors, dtype=torch.float64)[:, None, None])

        def forward(self, t, x):
            return self.factor * x * x

    x0, times = torch.ones(2, 1, 1, dtype=torch.float64), np.array([[0.0, 1.0, 2.0]])
    states = AdaptiveSolver()(Power([1.0, 0.25]), x0, times).states.detach()[:, 0, :, 0]
    np.testing.assert_allclose(states[1], [1, 1 / 0.75, 2], rtol=1e-6)  # 1/(1 − t/4)
    assert states[0, 0] == 1
    assert torch.isnan(states[0, 1:]).all()
    with pytest.raises(SolverError, match="underflow"):
        AdaptiveSolver()(Power([1.0, 2.0]), x0, times)


@pytest.mark.parametrize("gradient", ["backpropagation", "adjoint"])
def test_in_units_the_tolerances_are_relative_to_the_motion_of_every_component(gradient):
    """A rotation in coordinates x = mean + deviation · y is as accurate as that of y, and takes the same steps."""

    class Rotation(VectorField):
        def __init__(self, mean, deviation, time):
            super().__init__(2)
            self.mean, self.deviation, self.time = mean, deviation, time

        def forward(self, t, x):
            y = (x - self.mean) / self.deviation
            return torch.stack([y[..., 1], -y[..., 0]], dim=-1) * self.deviation / self.time

    solver, times = AdaptiveSolver(rtol=1e-5, atol=1e-7, gradient=gradient), np.array([[0.0, 1.0, 4.0]])
    start = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    expected = solver(Rotation(0.0, 1.0, 1.0), start, times)
    for mean, deviation, time in (((0.0, 0.0), (2.0**-30, 2.0**20), 2.0**25), ((3e4, -1e-5), (3.0, 1e-9), 7e6)):
        m, d = torch.tensor(mean, dtype=torch.float64), torch.tensor(deviation, dtype=torch.float64)
        inside = solver.in_units(Units(mean, deviation, time))
        found = inside(Rotation(m, d, time), m + d * start, times * time)
        assert found.function_evaluations == expected.function_evaluations
        error = ((found.states - m) / d - expected.states).abs().max()
        assert error == 0 if mean == (0.0, 0.0) else error < 1e-10


def test_evaluations_are_the_calls_of_the_forward_pass():
    field, calls = field_of("blackbox"), []
    field.network.register_forward_hook(lambda *_: calls.append(1))
    solution = AdaptiveSolver()(field, initial_states(2), grids())
    assert solution.function_evaluations == len(calls) > 0


def test_trajectories_that_start_at_different_times_see_their_own_clock():
    class Clock(VectorField):
        def forward(self, t, x):
            return torch.as_tensor(t).reshape(-1, 1) * torch.ones_like(x)

    times = np.array([[0.0, 1.0, 2.0], [3.0, 3.5, 4.0]])
    states = AdaptiveSolver()(Clock(1), torch.zeros(2, 1, dtype=torch.float64), times).states[..., 0]
    np.testing.assert_allclose(states, [[0, 0.5, 2], [0, (3.5**2 - 9) / 2, (16 - 9) / 2]], atol=1e-9)


@pytest.mark.parametrize("gradient", ["backpropagation", "adjoint"])
def test_steps_that_vanish_are_an_error_with_time_norm_and_remedy(gradient):
    x0 = torch.tensor([[1.0]], dtype=torch.float64)
    with pytest.raises(SolverError, match=r"broke down near time 1\S* of 2 .*underflow.*solver=fixed_step") as caught:
        AdaptiveSolver(gradient=gradient)(Square(), x0, np.array([[0.0, 2.0]]))
    assert float(str(caught.value).split("norm of the state was ")[1].split(";")[0]) > 1e4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "rk45"}, "solver.method=rk45: choose one of adaptive_heun, bosh3, dopri5"),
        ({"gradient": "magic"}, "solver.gradient=magic: choose one of adjoint, backpropagation"),
        ({"rtol": 0.0}, "solver.rtol=0.0: give a number greater than 0"),
        ({"atol": -1e-9}, "solver.atol=-1e-09"),
        ({"rtol": 1e-30}, r"solver.rtol=1e-30: float64 rounds more coarsely; give at least 1.1e-16\.$"),
        ({"atol": 1e-310}, "solver.atol=1e-310: float64 rounds more coarsely; give at least 2.2e-308"),
    ],
)
def test_bad_choices_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        AdaptiveSolver(**options)
