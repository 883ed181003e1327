import numpy as np
import pytest
import torch
from discovery_cases import lorenz_coefficients, lorenz_rows, whole, whole_rows

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.mechnn import DiscoveryNetwork, DiscoveryTraining


def method(rows: np.ndarray, time_step: float = 0.01, window: int = 30, **options: object) -> DiscoveryTraining:
    view = whole_rows(rows, time_step)
    torch.manual_seed(0)
    made = DiscoveryTraining(DiscoveryNetwork(view.spec, window=window, hidden_width=16), view, **options)
    made.start()
    return made


def set_coefficients(found: DiscoveryTraining, values: np.ndarray) -> None:
    change = torch.einsum("dij,jd->id", found.model.preconditioner, found.model.scaled_coefficients().double())
    found.model.start.copy_(torch.from_numpy(values) - change.detach())


def test_at_the_truth_the_solution_is_the_data() -> None:
    found = method(lorenz_rows(400, 0.01))
    set_coefficients(found, lorenz_coefficients(found.model.library.names))
    found.precondition()
    found.model.mask &= torch.from_numpy(lorenz_coefficients(found.model.library.names) != 0)
    assert float(found.window_loss(found.windows, found.step_sizes).detach()) < 1e-8


def test_preconditioning_leaves_the_coefficients_and_makes_all_directions_alike() -> None:
    """A unit change of any scaled coefficient changes the solution by one standard deviation, orthogonally."""
    found = method(lorenz_rows(400, 0.01))
    before = found.model.coefficients().detach().clone()
    found.precondition()
    torch.testing.assert_close(found.model.coefficients().detach(), before)
    states = found.windows
    base = found.model.solution(states, found.step_sizes).detach()
    responses = []
    for term in range(3):
        change = found.model.preconditioner[0, :, term]
        start = found.model.start.clone()
        found.model.start[:, 0] += change
        solved = found.model.solution(states, found.step_sizes).detach() - base
        found.model.start.copy_(start)
        centred = solved[..., 0] - solved[..., 0].mean(dim=1, keepdim=True)
        responses.append(centred.flatten() / float(found.spec.deviation[0]))
    gram = torch.stack(responses) @ torch.stack(responses).T / states.shape[:2].numel()
    torch.testing.assert_close(gram, torch.eye(3, dtype=torch.float64), rtol=1e-3, atol=1e-3)


def test_the_threshold_masks_small_parts_of_the_derivative_for_good() -> None:
    found = method(lorenz_rows(400, 0.01), threshold=0.05)
    true = torch.from_numpy(lorenz_coefficients(found.model.library.names))
    size = found.model.library(found.windows).flatten(0, 1).square().mean(dim=0).sqrt()
    small = 0.02 / size  # hardly a hundredth of any derivative
    set_coefficients(found, torch.where(true != 0, true, small[:, None]).numpy())
    found.apply_threshold()
    assert torch.equal(found.model.mask, true != 0)
    torch.testing.assert_close(found.model.coefficients().detach(), true)
    found.threshold = 50.0
    found.apply_threshold()
    assert found.model.mask.sum(dim=0).tolist() == [1, 1, 1]  # the largest of a component stays


def test_the_network_starts_alike_in_every_unit() -> None:
    rows, units = lorenz_rows(200, 0.01), 2.0 ** np.array([20, -9, 3])
    plain, scaled = method(rows), method(rows * units, 0.01 * 2.0**12)
    losses = [float(found.window_loss(found.windows, found.step_sizes).detach()) for found in (plain, scaled)]
    assert losses[0] == losses[1]


def test_no_window_that_is_learned_from_reaches_across_missing_rows() -> None:
    times, kept = 0.01 * np.arange(100), np.delete(np.arange(100), [40, 41])
    view = whole(times[kept], lorenz_rows(100, 0.01)[kept])
    found = DiscoveryTraining(DiscoveryNetwork(view.spec, window=30, hidden_width=16), view)
    found.start()
    np.testing.assert_allclose(found.step_sizes, np.full((1, 29), 0.01))
    assert len(found.windows) == len(found.windows[:, 0].unique(dim=0)) > 4


def test_bad_choices_are_named() -> None:
    view = whole_rows(lorenz_rows(60, 0.01), 0.01)
    with pytest.raises(ConfigurationError, match=r"model\.coefficients=dense"):
        DiscoveryNetwork(view.spec, coefficients="dense")
    model = DiscoveryNetwork(view.spec)
    with pytest.raises(ConfigurationError, match=r"training\.n_cycles=0"):
        DiscoveryTraining(model, view, n_cycles=0)
    with pytest.raises(ConfigurationError, match=r"training\.initial_coefficients=random"):
        DiscoveryTraining(model, view, initial_coefficients="random")
    with pytest.raises(DataError, match=r"model\.window=50: a trajectory has only 20 rows"):
        DiscoveryTraining(model, whole_rows(lorenz_rows(20, 0.01), 0.01)).start()


def test_what_is_to_be_said_of_the_equations_is_told_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = method(lorenz_rows(60, 0.01))
    set_coefficients(found, np.full((10, 3), 1e-9))
    entries = found.record_entries()
    said = "\n".join(entries["remarks"])
    assert "no law found" in said
    assert "30 coefficients from 60 rows" in said
    assert entries["equations"][0] in caplog.text
    assert entries["remarks"][-1] in caplog.text
    set_coefficients(found, lorenz_coefficients(found.model.library.names))
    found.precondition()
    found.model.mask &= torch.from_numpy(lorenz_coefficients(found.model.library.names) != 0)
    assert not any("no law found" in remark for remark in found.record_entries().get("remarks", ()))


def test_terms_that_cancel_are_masked_and_the_others_take_over() -> None:
    """Near n = 1, 1 - n - 4 (n - 1)³ has four large terms, of which the data ask for two; no threshold sees it."""
    times, noise = 0.05 * np.arange(200), 0.005 * np.random.default_rng(0).standard_normal(200)
    view = whole(times, (1 / (1 + 0.25 * np.exp(-times)) + noise)[:, None], component_names=["n"])
    found = DiscoveryTraining(DiscoveryNetwork(view.spec, degree=3, window=30, hidden_width=16), view)
    found.start()
    set_coefficients(found, np.array([[5.0], [-13.0], [12.0], [-4.0]]))
    found.apply_threshold()
    assert int(found.model.mask.sum()) == 2
    coefficients = found.model.coefficients().detach()
    assert float(coefficients.abs().max()) < 3
    states = torch.linspace(0.9, 1.0, 50, dtype=torch.float64)[:, None]
    whole_law = 1 - states - 4 * (states - 1) ** 3
    torch.testing.assert_close(found.model.library(states) @ coefficients, whole_law, rtol=0, atol=0.02)
    assert any(line.startswith("the data hardly tell") for line in found.record_entries()["remarks"])


@pytest.mark.parametrize("start", ["zero", "closed_form"])
def test_what_the_record_keeps_is_told_and_its_terms_are_masked(start: str) -> None:
    """With x + y = 3, no term with y can be told from others; its coefficients were of the order of 10¹⁴."""
    times = 0.1 * np.arange(120)
    states = 1 + np.exp(-0.4 * times)  # x' = -0.4 x + 0.4
    view = whole(times, np.stack([states, 3 - states], axis=1), component_names=["x", "y"])
    network = DiscoveryNetwork(view.spec, window=30, hidden_width=16)
    found = DiscoveryTraining(network, view, initial_coefficients=start)
    found.start()
    assert set(np.array(network.library.names)[network.mask.any(dim=1).numpy()]) <= {"1", "x", "x^2"}
    assert float(network.preconditioner.abs().max()) < 1e3
    entries = found.record_entries()
    assert entries["invariants"] == ["x + y = 3"]
    assert "the record keeps x + y = 3" in entries["remarks"]
    assert found.learned().invariants == ("x + y = 3",)
    if start == "closed_form":
        coefficients = dict(zip(network.library.names, network.coefficients().detach()[:, 0].tolist(), strict=True))
        assert coefficients["x"] == pytest.approx(-0.4, rel=1e-3)
