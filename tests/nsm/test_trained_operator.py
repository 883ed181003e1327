"""A trained run solves a person's own parameters, or says why it does not, and leaves nothing behind then."""

import logging
import shutil
import subprocess
import sys

import numpy as np
import pytest
from nsm_cases import TURN, tiny_run

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data.capabilities import SolutionOperator
from sciml_bench.nsm import TrainedOperator, solution_file, solve_file
from sciml_bench.nsm.equations import NavierStokes
from sciml_bench.nsm.networks import FourierNeuralOperator, SpectralNeuralOperator, SpectralOperator
from sciml_bench.systems import Poisson
from sciml_bench.training import composed, restore, run

X = np.arange(16) / 16
SOURCE = np.stack([np.sin(TURN * X)[:, None] * np.cos(TURN * X), np.tile(np.cos(TURN * X), (16, 1))])


def a_run(root, *overrides):
    """The folder of a run, without its pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
        run(composed("nsm", tiny_run("pde=poisson", *overrides, cache=root / "cache"), root / "run"))
    return root / "run"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short run on 8-point sources, 9 modes."""
    root = tmp_path_factory.mktemp("trained")
    return restore(a_run(root, "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16,24]"))


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    """A short run with a boundary, on 8-point sources."""
    root = tmp_path_factory.mktemp("bounded")
    sizes = ["pde.n_points=8", "model.modes=[6,6]", "pde.test_resolutions=[16]"]
    return restore(a_run(root, "pde.boundary=dirichlet", *sizes))


@pytest.fixture
def file(tmp_path):
    def write(array, name="parameters", **others):
        path = tmp_path / "mine" / "sources.npz"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, **{name: array}, **others)
        return path

    return write


def beside(path):
    return sorted(one.name for one in path.parent.iterdir())


def test_a_run_predicts_its_own_test_parameters_with_the_errors_of_its_evaluation(trained, file):
    operator = trained.learned
    parameters = operator.equation.draw_parameters(4, derived_seed(0, "test"))
    metrics, arrays = trained.metrics, trained.arrays
    for resolution in (16, 24):
        path = solve_file(trained.learned, file(parameters), resolution)
        assert path.name == "sources_solutions.npz"
        with np.load(path, allow_pickle=False) as written:
            solutions, residuals, x = written["solutions"], written["residual_l2"], written["axis_x"]
        truth = Poisson(n_points=8).reference(parameters, resolution)
        errors = np.sqrt(((solutions - truth) ** 2).sum((1, 2)) / (truth**2).sum((1, 2)))
        np.testing.assert_allclose(errors, arrays[f"relative_l2_{resolution}"], rtol=1e-4)
        assert errors.mean() == pytest.approx(metrics[f"relative_l2_{resolution}"], rel=1e-4)
        assert np.sqrt((residuals**2).mean()) == pytest.approx(metrics["residual_l2"], rel=1e-4)
        np.testing.assert_allclose(x, np.arange(resolution) / resolution)
        if resolution == 16:
            np.testing.assert_allclose(solutions[:3], arrays["predicted"], atol=1e-7)


def test_solutions_are_written_where_a_person_wants_them(trained, file):
    source = file(SOURCE)
    target = source.parent / "deep" / "solved.npz"
    assert solve_file(trained.learned, source, 5, target) == target
    with np.load(target) as written:
        assert written["solutions"].shape == (2, 5, 5)
        assert written["residual_l2"].shape == (2,)
    assert beside(source) == ["deep", "sources.npz"]


def test_what_was_learned_solves_alike_in_a_process_that_has_neither_configuration_nor_references(trained, tmp_path):
    learned = tmp_path / "learned.ckpt"
    shutil.copy(trained.folder.learned_checkpoint, learned)
    np.save(tmp_path / "sources.npy", SOURCE)
    command = (
        "import sys, numpy as np, torch; torch.set_num_threads(1)\n"
        "from sciml_bench.core.stored.learned_file import read_learned\n"
        "found, _ = read_learned(sys.argv[1] + '/learned.ckpt').solve(np.load(sys.argv[1] + '/sources.npy'), 24)\n"
        "np.save(sys.argv[1] + '/found.npy', found)"
    )
    subprocess.run([sys.executable, "-c", command, str(tmp_path)], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), trained.learned.solve(SOURCE, 24)[0])


def test_a_trained_operator_is_a_solution_operator(trained):
    assert isinstance(trained.learned, TrainedOperator)
    assert isinstance(trained.learned, SolutionOperator)


@pytest.mark.parametrize("make", [SpectralOperator, SpectralNeuralOperator, FourierNeuralOperator])
def test_every_network_and_its_precision_come_back_from_its_file(make, tmp_path):
    model = make(NavierStokes(parameter_modes=9, viscosity=0.02, forcing=0.1), modes=[4, 5, 7], width=3, depth=1)
    operator = TrainedOperator(model.double())
    write_learned(tmp_path / "learned.ckpt", operator)
    again = read_learned(tmp_path / "learned.ckpt")
    fields = again.equation.draw_parameters(2, 0)
    assert again.equation.identity == model.equation.identity
    found = again.solve(fields, 8)[0]
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, operator.solve(fields, 8)[0])


def test_solutions_at_fewer_points_than_modes_lie_on_those_at_more(trained):
    operator = trained.learned
    fine, _ = operator.solve(SOURCE, 20)
    coarse, axes = operator.solve(SOURCE, 4)
    np.testing.assert_allclose(coarse, fine[:, ::5, ::5], atol=1e-6)
    np.testing.assert_allclose(axes["y"], [0, 0.25, 0.5, 0.75])


def test_integers_and_single_precision_are_numbers_too(trained, file):
    one = solve_file(trained.learned, file(SOURCE.astype(np.float32)))
    with np.load(one) as written:
        expected = trained.learned.solve(SOURCE)[0]
        np.testing.assert_allclose(written["solutions"], expected, atol=1e-6)
    stripes = np.tile(np.array([1, 0, -1, 0]), (1, 4, 1))
    solve_file(trained.learned, file(stripes))


CLOSED = np.linspace(0, 1, 17)
BAD = {
    "a field instead of a batch": (SOURCE[0], r"sources.npz: parameters of shape \(16, 16\)"),
    "one axis too few": (SOURCE[:, 0], "needs \\(batch, x, y\\)"),
    "too few points": (SOURCE[:, :2], "at least 3 points"),
    "nothing": (SOURCE[:0], "of shape"),
    "not finite": (np.where(SOURCE[0, 0, 0] == SOURCE, np.nan, SOURCE), "values are not finite"),
    "the end point": (np.sin(TURN * CLOSED)[None, :, None] + np.cos(TURN * CLOSED), "repeats the first"),
    "a mean": (SOURCE + 1, "needs fields without mean"),
    "too rough": (SOURCE + np.sin(6 * TURN * X), r"in waves beyond the \[9, 9\] modes"),
    "too large for single precision": (1e300 * SOURCE, r"parameters\[0\]: 1e\+300 is no number in single precision"),
    "too large for the network": (np.stack([SOURCE[0], 1e30 * SOURCE[1]]), r"parameters\[1\]: its \w+ is not finite"),
    "complex": (SOURCE + 0j, "give real numbers"),
    "text": (np.array(["a", "b"]), "give real numbers"),
    "objects": (np.array([{}, None], dtype=object), "is no npz file of plain arrays"),
}


@pytest.mark.parametrize("case", BAD)
def test_parameters_that_cannot_be_used_leave_nothing_behind(case, trained, file):
    array, says = BAD[case]
    source = file(array)
    with pytest.raises(DataError, match=says):
        solve_file(trained.learned, source)
    assert beside(source) == ["sources.npz"]


def test_an_array_of_another_name_is_not_guessed_at(trained, file):
    source = file(SOURCE, "sources")
    with pytest.raises(DataError, match="holds sources; name the array `parameters`"):
        solve_file(trained.learned, source)
    assert beside(source) == ["sources.npz"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 and no more", None])
def test_a_file_that_is_no_archive_is_named(content, trained, file):
    source = file(SOURCE)
    source.write_bytes(source.read_bytes()[:500] if content is None else content)
    with pytest.raises(DataError, match="is no npz file"):
        solve_file(trained.learned, source)
    assert beside(source) == ["sources.npz"]


def test_a_single_array_is_no_archive(trained, tmp_path):
    np.save(tmp_path / "x.npy", SOURCE)
    with pytest.raises(DataError, match=r"x.npy is no npz file.*one array without a name.*numpy.savez"):
        solve_file(trained.learned, tmp_path / "x.npy")


@pytest.mark.parametrize("output", ["sources.npz", "../mine/sources.npz", "link.npz"])
def test_the_parameters_are_never_replaced(output, trained, file):
    source = file(SOURCE)
    (source.parent / "link.npz").symlink_to(source)
    before = source.read_bytes()
    with pytest.raises(ConfigurationError, match="this file holds the parameters; give another name"):
        solve_file(trained.learned, source, output=source.parent / output)
    assert source.read_bytes() == before
    assert (source.parent / "link.npz").is_symlink()


def test_a_resolution_beyond_the_memory_is_refused_at_once(trained, file, monkeypatch):
    source = file(SOURCE)
    with pytest.raises(ConfigurationError, match=r"2 fields on 99999999 × 99999999 points take about .* GiB of memory"):
        solve_file(trained.learned, source, 99999999)
    monkeypatch.setattr(solution_file, "_memory_of_this_machine", lambda: 2**20)
    solve_file(trained.learned, source, 64)
    with pytest.raises(ConfigurationError, match=r"this machine has 0\.000977; give a smaller resolution or fewer"):
        solve_file(trained.learned, source, 400)
    monkeypatch.setattr(solution_file, "_memory_of_this_machine", lambda: None)
    solve_file(trained.learned, source, 400)


def test_sources_far_from_those_of_the_training_are_solved_with_a_warning(trained, file, caplog):
    with caplog.at_level(logging.WARNING):
        solve_file(trained.learned, file(SOURCE))
        assert not caplog.records
        solve_file(trained.learned, file(np.stack([SOURCE[0], 1e6 * SOURCE[1]])))
    (record,) = caplog.records
    assert "sources.npz: parameters[1]: far from the random fields" in record.getMessage()


NODES = (1 - np.cos(np.pi * np.arange(8) / 7)) / 2


def test_a_run_with_a_boundary_predicts_its_own_test_parameters(bounded, file):
    operator = bounded.learned
    parameters = operator.equation.draw_parameters(4, derived_seed(0, "test"))
    path = solve_file(bounded.learned, file(parameters, axis_x=NODES, axis_y=NODES), 16)
    with np.load(path) as written:
        solutions, x = written["solutions"], written["axis_x"]
    truth = Poisson(boundary="dirichlet", n_points=8).reference(parameters, 16)
    errors = np.sqrt(((solutions - truth) ** 2).sum((1, 2)) / (truth**2).sum((1, 2)))
    np.testing.assert_allclose(errors, bounded.arrays["relative_l2_16"], rtol=1e-4)
    np.testing.assert_allclose(x, np.linspace(0, 1, 16))
    np.testing.assert_allclose(solutions[:, [0, -1]], 0, atol=1e-6)


def test_sources_with_a_boundary_must_say_where_they_were_sampled(bounded, file):
    even = np.linspace(0, 1, 16)
    field = np.multiply.outer(np.sin(np.pi * even), np.sin(np.pi * even))[None]
    source = file(field)
    with pytest.raises(DataError, match=r"needs the positions.*np.cos\(np.pi \* np.arange\(16\) / 15\)"):
        solve_file(bounded.learned, source)
    source = file(field, axis_x=even, axis_y=even)
    with pytest.raises(DataError, match="axis_x does not hold the positions"):
        solve_file(bounded.learned, source)
    assert beside(source) == ["sources.npz"]


def test_positions_of_a_periodic_run_are_checked_where_they_are_given(trained, file):
    solve_file(trained.learned, file(SOURCE, axis_x=X, axis_y=X))
    with pytest.raises(DataError, match=r"axis_y = np.arange\(16\) / 16"):
        solve_file(trained.learned, file(SOURCE, axis_x=X, axis_y=np.linspace(0, 1, 16)))


def test_a_missing_file_is_named(trained, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"parameters=.*nowhere.npz: there is no such file"):
        solve_file(trained.learned, tmp_path / "nowhere.npz")


@pytest.mark.parametrize("resolution", [2, -4, 4.5])
def test_a_resolution_that_is_none_is_named(resolution, trained, file):
    with pytest.raises(ConfigurationError, match=f"resolution={resolution}: give a whole number of at least 3"):
        solve_file(trained.learned, file(SOURCE), resolution)


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(trained, file):
    source = file(SOURCE)
    (source.parent / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        solve_file(trained.learned, source, output=source.parent / "taken")
    assert beside(source) == ["sources.npz", "taken"]
