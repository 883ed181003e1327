"""The notebooks run as they are, in their fast setting, and end by checking what they claim."""

import ast
import importlib
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
LARGEST_FILE = 600_000  # bytes; a reader on the web waits for every one of them
SECONDS_PER_CELL = 300  # far beyond what any cell takes, so that a kernel that hangs ends

IN_THE_DEFAULT_SUITE = {"logistic_map", "linear_ode_block"}
"""Two that show most of the suite; the others run with `make test-slow`, for the default suite must stay quick."""

each_notebook_runs = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=() if path.stem in IN_THE_DEFAULT_SUITE else pytest.mark.slow)
        for path in NOTEBOOKS
    ],
)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def outputs_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Everything that the code cells printed, drew or returned."""
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_of(outputs: list[nbformat.NotebookNode], stream: str) -> str:
    """What was written to one stream."""
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == stream)


def figure_count(outputs: list[nbformat.NotebookNode]) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs)


def test_both_stories_are_there():
    assert {"logistic_map", "ordered_digits"} <= {path.stem for path in NOTEBOOKS}


@each_notebook_runs
def test_notebook_runs_and_its_claims_hold_in_the_fast_setting(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SCIML_BENCH_FAST", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # a person's own settings are left alone
    notebook = nbformat.read(path, as_version=4)
    stored_figures = figure_count(outputs_of(notebook))
    work = tmp_path / "work"
    work.mkdir()

    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, kernel_name="python3", resources={"metadata": {"path": str(work)}}
    )
    client.execute()  # raises where a cell raises

    outputs = outputs_of(notebook)
    assert re.search(r"all \d+ claims hold", text_of(outputs, "stdout"))
    assert "Warning" not in text_of(outputs, "stderr")
    assert figure_count(outputs) == stored_figures
    assert [entry.name for entry in work.iterdir()] == ["outputs"], "a notebook writes below outputs/ only"


@each_notebook
def test_what_a_notebook_imports_is_there(path: Path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    code = ast.parse("\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", cell, flags=re.MULTILINE) for cell in cells))
    wanted = [
        (node.module, name.name)
        for node in ast.walk(code)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sciml_bench")
        for name in node.names
    ]
    assert wanted
    for module, name in wanted:
        assert hasattr(importlib.import_module(str(module)), name), f"{module} has no {name}"


@each_notebook
def test_stored_notebook_shows_the_full_setting_and_nothing_private(path: Path):
    notebook = nbformat.read(path, as_version=4)
    outputs = outputs_of(notebook)
    shown = text_of(outputs, "stdout") + "".join(output.get("data", {}).get("text/plain", "") for output in outputs)

    assert path.stat().st_size < LARGEST_FILE
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code"), "execute it before storing"
    assert re.search(r"all \d+ claims hold", shown)
    assert figure_count(outputs) >= 5
    assert not re.search(r"/(home|root|tmp|work|Users)/", shown), "an absolute path of somebody's machine"
    assert all(output.output_type != "error" for output in outputs)
    assert text_of(outputs, "stderr") == ""
