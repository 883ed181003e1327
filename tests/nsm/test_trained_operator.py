"""A trained run solves a person's own parameters, or says why it does not, and leaves nothing behind then."""

import json
import logging
import shutil

import numpy as np
import pytest
from nsm_cases import TURN, tiny_run

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.nsm import TrainedOperator
from sciml_bench.nsm import predict as command
from sciml_bench.nsm.predict import main, predict
from sciml_bench.systems import Poisson
from sciml_bench.training import composed, run

X = np.arange(16) / 16
SOURCE = np.stack([np.sin(TURN * X)[:, None] * np.cos(TURN * X), np.tile(np.cos(TURN * X), (16, 1))])


def a_run(root, *overrides):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sciml_bench.training.one_run.save_figure", lambda figure, path: None)
        run(composed("nsm", tiny_run("pde=poisson", *overrides, cache=root / "cache"), root / "run"))
    return root / "run"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short run on 8-point sources, 9 modes."""
    root = tmp_path_factory.mktemp("trained")
    return a_run(root, "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16,24]")


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    """A short run with a boundary, on 8-point sources."""
    root = tmp_path_factory.mktemp("bounded")
    sizes = ["pde.n_points=8", "model.modes=[6,6]", "pde.test_resolutions=[16]"]
    return a_run(root, "pde.boundary=dirichlet", *sizes)


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
    operator = TrainedOperator.load(trained)
    operator.equation.setup()
    parameters = operator.equation.parameters("test")
    metrics, arrays = RunFolder(trained).metrics, RunFolder(trained).arrays
    for resolution in (16, 24):
        path = predict(trained, file(parameters), resolution)
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


def test_the_command_line_writes_where_it_is_told(trained, file, capsys):
    source = file(SOURCE)
    target = source.parent / "deep" / "solved.npz"
    assert main([f"run={trained}", f"parameters={source}", "resolution=5", f"output={target}"]) == 0
    assert str(target) in capsys.readouterr().out
    with np.load(target) as written:
        assert written["solutions"].shape == (2, 5, 5)
        assert written["residual_l2"].shape == (2,)
    assert beside(source) == ["deep", "sources.npz"]


def test_solutions_at_fewer_points_than_modes_lie_on_those_at_more(trained):
    operator = TrainedOperator.load(trained)
    fine, _ = operator.solve(SOURCE, 20)
    coarse, axes = operator.solve(SOURCE, 4)
    np.testing.assert_allclose(coarse, fine[:, ::5, ::5], atol=1e-6)
    np.testing.assert_allclose(axes["y"], [0, 0.25, 0.5, 0.75])


def test_integers_and_single_precision_are_numbers_too(trained, file):
    one = predict(trained, file(SOURCE.astype(np.float32)))
    with np.load(one) as written:
        expected = TrainedOperator.load(trained).solve(SOURCE)[0]
        np.testing.assert_allclose(written["solutions"], expected, atol=1e-6)
    stripes = np.tile(np.array([1, 0, -1, 0]), (1, 4, 1))
    predict(trained, file(stripes))


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
def test_parameters_that_cannot_be_used_leave_nothing_behind(case, trained, file, capsys):
    array, says = BAD[case]
    source = file(array)
    with pytest.raises(DataError, match=says):
        predict(trained, source)
    assert main([f"run={trained}", f"parameters={source}"]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert beside(source) == ["sources.npz"]


def test_an_array_of_another_name_is_not_guessed_at(trained, file):
    source = file(SOURCE, "sources")
    with pytest.raises(DataError, match="holds sources; name the array `parameters`"):
        predict(trained, source)
    assert beside(source) == ["sources.npz"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 and no more", None])
def test_a_file_that_is_no_archive_is_named(content, trained, file):
    source = file(SOURCE)
    source.write_bytes(source.read_bytes()[:500] if content is None else content)
    with pytest.raises(DataError, match="is no npz file"):
        predict(trained, source)
    assert beside(source) == ["sources.npz"]


def test_a_single_array_is_no_archive(trained, tmp_path, capsys):
    np.save(tmp_path / "x.npy", SOURCE)
    with pytest.raises(DataError, match=r"x.npy is no npz file.*one array without a name.*numpy.savez"):
        predict(trained, tmp_path / "x.npy")
    assert main([f"run={trained}", f"parameters={tmp_path / 'x.npy'}"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("output", ["sources.npz", "../mine/sources.npz", "link.npz"])
def test_the_parameters_are_never_replaced(output, trained, file):
    source = file(SOURCE)
    (source.parent / "link.npz").symlink_to(source)
    before = source.read_bytes()
    with pytest.raises(ConfigurationError, match="this file holds the parameters; give another name"):
        predict(trained, source, output=source.parent / output)
    assert source.read_bytes() == before
    assert (source.parent / "link.npz").is_symlink()


def test_a_resolution_beyond_the_memory_is_refused_at_once(trained, file, monkeypatch):
    source = file(SOURCE)
    with pytest.raises(ConfigurationError, match=r"2 fields on 99999999 × 99999999 points take about .* GiB of memory"):
        predict(trained, source, 99999999)
    monkeypatch.setattr(command, "_memory_of_this_machine", lambda: 2**20)
    predict(trained, source, 64)
    with pytest.raises(ConfigurationError, match=r"this machine has 0\.000977; give a smaller resolution or fewer"):
        predict(trained, source, 400)
    monkeypatch.setattr(command, "_memory_of_this_machine", lambda: None)
    predict(trained, source, 400)


def test_sources_far_from_those_of_the_training_are_solved_with_a_warning(trained, file, caplog):
    with caplog.at_level(logging.WARNING):
        predict(trained, file(SOURCE))
        assert not caplog.records
        predict(trained, file(np.stack([SOURCE[0], 1e6 * SOURCE[1]])))
    (record,) = caplog.records
    assert "sources.npz: parameters[1]: far from the random fields" in record.getMessage()


NODES = (1 - np.cos(np.pi * np.arange(8) / 7)) / 2


def test_a_run_with_a_boundary_predicts_its_own_test_parameters(bounded, file):
    operator = TrainedOperator.load(bounded)
    operator.equation.setup()
    parameters = operator.equation.parameters("test")
    path = predict(bounded, file(parameters, axis_x=NODES, axis_y=NODES), 16)
    with np.load(path) as written:
        solutions, x = written["solutions"], written["axis_x"]
    truth = Poisson(boundary="dirichlet", n_points=8).reference(parameters, 16)
    errors = np.sqrt(((solutions - truth) ** 2).sum((1, 2)) / (truth**2).sum((1, 2)))
    np.testing.assert_allclose(errors, RunFolder(bounded).arrays["relative_l2_16"], rtol=1e-4)
    np.testing.assert_allclose(x, np.linspace(0, 1, 16))
    np.testing.assert_allclose(solutions[:, [0, -1]], 0, atol=1e-6)


def test_sources_with_a_boundary_must_say_where_they_were_sampled(bounded, file):
    even = np.linspace(0, 1, 16)
    field = np.multiply.outer(np.sin(np.pi * even), np.sin(np.pi * even))[None]
    source = file(field)
    with pytest.raises(DataError, match=r"needs the positions.*np.cos\(np.pi \* np.arange\(16\) / 15\)"):
        predict(bounded, source)
    source = file(field, axis_x=even, axis_y=even)
    with pytest.raises(DataError, match="axis_x does not hold the positions"):
        predict(bounded, source)
    assert beside(source) == ["sources.npz"]


def test_positions_of_a_periodic_run_are_checked_where_they_are_given(trained, file):
    predict(trained, file(SOURCE, axis_x=X, axis_y=X))
    with pytest.raises(DataError, match=r"axis_y = np.arange\(16\) / 16"):
        predict(trained, file(SOURCE, axis_x=X, axis_y=np.linspace(0, 1, 16)))


def test_a_missing_file_and_a_missing_run_are_named(trained, file, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"parameters=.*nowhere.npz: there is no such file"):
        predict(trained, tmp_path / "nowhere.npz")
    with pytest.raises(FileNotFoundError, match=r"run=.*empty: there is no run in this folder"):
        predict(tmp_path / "empty", file(SOURCE))
    assert not (tmp_path / "empty").exists()


def copied(trained, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    return copy


@pytest.mark.parametrize("status", ["running", "failed"])
def test_a_run_that_is_not_finished_is_refused(status, trained, file, tmp_path):
    copy = copied(trained, tmp_path)
    record = json.loads((copy / "record.json").read_text())
    (copy / "record.json").write_text(json.dumps(record | {"status": status}))
    source = file(SOURCE)
    with pytest.raises(ConfigurationError, match=rf"is not finished \({status}\)"):
        predict(copy, source)
    assert beside(source) == ["sources.npz"]


def test_a_run_of_another_script_is_refused(trained, file, tmp_path):
    copy = copied(trained, tmp_path)
    path = copy / ".hydra" / "config.yaml"
    path.write_text(path.read_text().replace("pde:", "data:"))
    with pytest.raises(ConfigurationError, match="is a run of another script"):
        predict(copy, file(SOURCE))


def test_a_damaged_checkpoint_is_named(trained, file, tmp_path):
    copy = copied(trained, tmp_path)
    (copy / "checkpoints" / "best.ckpt").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"best.ckpt is not a readable checkpoint"):
        predict(copy, file(SOURCE))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run=here"], "parameters is missing"),
        (["parameters=x.npz"], "run is missing"),
        (["run=here", "parameters=x.npz", "resolution=many"], "resolution=many: give a whole number"),
        (["run=here", "parameters=x.npz", "resolution=2"], "resolution=2"),
        (["run=here", "parameters=x.npz", "resolution=9²"], "resolution=9²"),
        (["run=here", "parameters=x.npz", "resolution=-4"], "resolution=-4"),
        (["run=here", "parameters=x.npz", "grid=4"], "grid=4: give key=value with one of the keys run, parameters"),
        (["--force"], "--force: give key=value"),
    ],
)
def test_a_command_that_cannot_be_meant_is_one_sentence(arguments, says, capsys):
    assert main(arguments) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0)])
def test_help_says_what_to_give(arguments, code, capsys):
    assert main(arguments) == code
    assert "without the end" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_an_error_without_a_traceback(trained, file, capsys):
    source = file(SOURCE)
    (source.parent / "taken").mkdir()
    assert main([f"run={trained}", f"parameters={source}", f"output={source.parent / 'taken'}"]) == 1
    assert "taken" in capsys.readouterr().err
    assert beside(source) == ["sources.npz", "taken"]
