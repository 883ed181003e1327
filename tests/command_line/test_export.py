"""What a run has learned, in programs that have not this package."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from finished_runs import finished_runs
from scipy.integrate import solve_ivp
from scipy.special import erf

from sciml_bench.command_line import main
from sciml_bench.data import Trajectories
from sciml_bench.training import restore

RUNS = {
    "field": ("node_homotopy", ["training=vanilla", "training.n_epochs=1", "model.nodes_per_layer=6"]),
    "operator of states": ("koopman", ["data=logistic_map", "data.n_steps=400", "training=linear_ridge"]),
    "equations": ("mechnn", ["data=lorenz63", "model=polynomials", "training=closed_form"]),
    "persistence": ("baselines", ["data=logistic_map", "data.n_steps=400", "model=persistence"]),
    "solutions": ("nsm", ["pde=poisson", "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16]"]),
}
SMALLER = {
    "field": ["data.end_time=4.0", "data.split={train:21,test:20}"],
    "equations": ["data.n_steps=600", "data.time_step=0.01", "data.split={train:500,validation:0,test:100}"],
    "solutions": [
        *["model.width=4", "model.depth=1", "trainer.max_steps=2", "pde.steps_per_epoch=1", "pde.batch_size=2"],
        *["pde.n_validation=2", "pde.n_test=2"],
    ],
}
ELSEWHERE = """
import sys
sys.modules["sciml_bench"] = None  # importing it is an error now
import json, numpy, torch
facts = {"facts.json": ""}
program = torch.export.load(sys.argv[1], extra_files=facts).module()
rows = [torch.from_numpy(part) for part in numpy.load(sys.argv[2]).values()]
numpy.save(sys.argv[3], program(*rows).detach().numpy())
print(facts["facts.json"])
"""

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_runs(tmp_path_factory.mktemp("finished"), RUNS, SMALLER)


def export(capsys, *words):
    capsys.readouterr()
    code = main(["export", *map(str, words)])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return printed.out


def refused(capsys, *words):
    capsys.readouterr()
    assert main(["export", *map(str, words)]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    return sentence


def elsewhere(path, tmp_path, *rows):
    """What a .pt2 file says in a process that cannot import the suite, and the facts in it."""
    np.savez(tmp_path / "rows.npz", *rows)
    words = [sys.executable, "-c", ELSEWHERE, path, tmp_path / "rows.npz", tmp_path / "found.npy"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
    return np.load(tmp_path / "found.npy"), json.loads(done.stdout)


def loaded(path, *rows):
    """What a .pt2 file says here, and the facts in it."""
    facts = {"facts.json": ""}
    program = torch.export.load(path, extra_files=facts).module()
    return program(*map(torch.from_numpy, rows)).detach().numpy(), json.loads(facts["facts.json"])


def in_onnxruntime(path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra `export`")
    session = onnxruntime.InferenceSession(path)

    def evaluated(**rows):
        return session.run(None, rows)[0]

    return evaluated, session


def perceptron(field, states):
    """The blackbox with one hidden layer of GELUs, by hand."""
    tensors = field.network.layers.state_dict()
    weights = [tensors[f"weights.{number}"][0].numpy() for number in (0, 1)]
    biases = [tensors[f"biases.{number}"][0].numpy() for number in (0, 1)]
    scale = {name: field.network.get_buffer(name).numpy() for name in ("mean", "deviation", "output_scale")}
    if field.network.is_scaled:
        states = (states - scale["mean"]) / scale["deviation"]
    hidden = states @ weights[0] + biases[0]
    found = (hidden * (1 + erf(hidden / np.sqrt(2))) / 2) @ weights[1] + biases[1]
    return found * scale["output_scale"] if field.network.is_scaled else found


def test_a_torch_program_needs_no_package_and_has_the_fields_derivative(finished, tmp_path, capsys):
    printed = export(capsys, finished("field"), "--format", "torch")
    path = finished("field") / "exported" / "derivative.pt2"
    assert printed.startswith(f"wrote {path}\nderivative(t (batch), state (batch, 2)) -> (batch, 2): d(state)/dt")
    assert "1 row: " in printed
    assert "64 rows: " in printed
    assert "--function exports next_state of this run" in printed
    states = np.random.default_rng(0).uniform(0.5, 3.0, (5, 2))
    found, facts = elsewhere(path, tmp_path, np.zeros(5), states)
    np.testing.assert_allclose(found, perceptron(restore(finished("field")).learned.field, states), rtol=1e-12)
    assert facts["component_names"] == ["prey", "predators"]
    assert facts["time_step"] == pytest.approx(0.1)
    assert facts["inputs"] == {"t": ["batch"], "state": ["batch", 2]}


def test_an_onnx_graph_has_the_fields_derivative_for_any_number_of_rows(finished, tmp_path, capsys):
    pytest.importorskip("onnxruntime", reason="needs the extra `export`")
    path = tmp_path / "field.onnx"
    printed = export(capsys, finished("field"), "--format", "onnx", "--output", path)
    assert "µs in onnxruntime" in printed
    evaluated, session = in_onnxruntime(path)
    field = restore(finished("field")).learned.field
    for rows in (1, 2, 100):
        states = np.random.default_rng(rows).uniform(0.5, 3.0, (rows, 2))
        np.testing.assert_allclose(evaluated(t=np.zeros(rows), state=states), perceptron(field, states), atol=1e-5)
    assert [value.shape for value in session.get_inputs()] == [["batch"], ["batch", 2]]
    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["component_names"]) == ["prey", "predators"]
    assert facts["meaning"] == "d(state)/dt at the time t of every state, per time"


def test_the_program_on_the_page_of_run_folders_reads_it(finished, tmp_path, capsys, monkeypatch, repository):
    pytest.importorskip("onnxruntime", reason="needs the extra `export`")
    monkeypatch.chdir(tmp_path)
    export(capsys, finished("field"), "--format", "onnx", "--output", "derivative.onnx")
    page = (repository / "docs/start/run_folder.md").read_text()
    program, scope = page.partition('```python title="elsewhere.py"\n')[2].partition("```")[0], {}
    exec(compile(program, "elsewhere.py", "exec"), scope)
    expected = perceptron(restore(finished("field")).learned.field, scope["states"])
    np.testing.assert_allclose(scope["rates"], expected, atol=1e-5)
    assert "component_names" in capsys.readouterr().out


def test_the_next_state_is_the_solution_of_the_field_one_time_step_later(finished, capsys):
    folder = finished("field")
    export(capsys, folder, "--format", "torch", "--function", "next_state")
    field, states = restore(folder).learned.field, np.random.default_rng(0).uniform(0.5, 3.0, (4, 2))
    found, _ = loaded(folder / "exported" / "next_state.pt2", np.zeros(4), states)
    for start, end in zip(states, found, strict=True):
        solution = solve_ivp(lambda t, x: perceptron(field, x[None])[0], (0.0, 0.1), start, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(end, solution.y[:, -1], rtol=1e-5)


def test_found_equations_leave_as_they_are_read(finished, capsys):
    folder = finished("equations")
    learned = restore(folder).learned
    export(capsys, folder, "--format", "torch")
    export(capsys, folder, "--format", "torch", "--function", "next_state")
    states = np.array([[1.0, 2.0, 20.0], [-8.0, -7.0, 27.0]])
    table = learned.coefficient_table()
    x, y, z = states.T
    values = {"1": 1 + 0 * x, "x": x, "y": y, "z": z, "x^2": x**2, "y^2": y**2, "z^2": z**2}
    values |= {"x y": x * y, "x z": x * z, "y z": y * z}
    rates = sum(values[name][:, None] * row for name, row in table.items() if np.any(row))
    found, _ = loaded(folder / "exported" / "derivative.pt2", np.zeros(2), states)
    np.testing.assert_allclose(found, rates, rtol=1e-12)
    arrived, facts = loaded(folder / "exported" / "next_state.pt2", np.zeros(2), states)
    known = np.stack([learned.motion(start, np.array([0.0, facts["time_step"]]))[-1] for start in states])
    np.testing.assert_allclose(arrived, known, rtol=1e-5)


def test_the_expected_state_is_the_forecast_and_eigenfunctions_decay_by_their_eigenvalues(finished, capsys):
    folder, learned = finished("operator of states"), restore(finished("operator of states")).learned
    export(capsys, folder, "--format", "torch")
    states = np.linspace(0.1, 0.8, 5)[:, None]
    found, facts = loaded(folder / "exported" / "expected_state.pt2", states)
    past = Trajectories(tuple(np.stack([1 - row, row]) for row in states), time_step=1.0, time_unit="step")
    np.testing.assert_allclose(found, learned.forecast(past, 1).states[:, 0], rtol=1e-6)
    assert facts["lag"] == 1
    export(capsys, folder, "--format", "torch", "--function", "eigenfunctions")
    parts, facts = loaded(folder / "exported" / "eigenfunctions.pt2", states)
    np.testing.assert_allclose(parts @ [1, 1j], learned.eigenfunctions(states), atol=1e-5)
    np.testing.assert_allclose(np.array(facts["eigenvalues"]) @ [1, 1j], learned.eigenvalues())


@pytest.mark.parametrize("form", ["torch", "onnx"])
def test_an_operator_solves_for_other_parameters_at_the_resolution_that_was_asked_for(form, finished, capsys):
    folder, learned = finished("solutions"), restore(finished("solutions")).learned
    fields = np.asarray(learned.equation.draw_parameters(3, seed=5), dtype=np.float64)
    if form == "onnx":
        pytest.importorskip("onnxruntime", reason="needs the extra `export`")
    export(capsys, folder, "--format", form, "--resolution", 10)
    if form == "onnx":
        found = in_onnxruntime(folder / "exported" / "solution.onnx")[0](parameters=fields)
    else:
        found, facts = loaded(folder / "exported" / "solution.pt2", fields)
        assert facts["solution_axes"]["x"] == pytest.approx(np.arange(10) / 10)
    known = learned.solve(fields, 10)[0]
    np.testing.assert_allclose(found, known, atol=1e-5 * np.abs(known).max())


def test_what_cannot_be_exported_is_told_in_one_sentence(finished, tmp_path, capsys, monkeypatch):
    field, words = finished("field"), ("--format", "torch")
    assert "holds no run: record.json is missing" in refused(capsys, tmp_path, *words)
    assert "does not exist" in refused(capsys, tmp_path / "nowhere", *words)
    said = refused(capsys, finished("persistence"), *words)
    assert "which cannot be exported; vector fields, found equations, Koopman operators" in said
    assert "--function step: " in refused(capsys, field, *words, "--function", "step")
    assert "has derivative, next_state; give one of these" in refused(capsys, field, *words, "--function", "step")
    assert refused(capsys, field, *words, "--resolution", 8).startswith("error: --resolution 8: ")
    assert "give a whole number of at least 3" in refused(capsys, finished("solutions"), *words, "--resolution", 2)
    assert "writes .pt2; give such a name" in refused(capsys, field, *words, "--output", tmp_path / "f.onnx")
    monkeypatch.setattr("sciml_bench.core.stored.exported_file.find_spec", lambda name: None)
    assert "pip install 'sciml-bench[export]'" in refused(capsys, field, "--format", "onnx")


def test_a_file_that_is_there_is_replaced_only_by_force(finished, tmp_path, capsys):
    path = tmp_path / "f.pt2"
    path.write_bytes(b"mine")
    words = (finished("field"), "--format", "torch", "--output", path)
    assert "this file is there already; give --force" in refused(capsys, *words)
    assert path.read_bytes() == b"mine"
    export(capsys, *words, "--force")
    assert torch.export.load(path)


def test_a_run_that_has_learned_nothing_yet_is_sent_back(finished, tmp_path, capsys):
    folder = tmp_path / "unfinished"
    folder.mkdir()
    (folder / "record.json").write_text(json.dumps({"status": "interrupted", "seed": 0}))
    assert "has learned nothing yet (interrupted); repeat its command" in refused(capsys, folder, "--format", "torch")
