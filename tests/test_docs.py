"""What the pages of the documentation say is done: their files are written, their Python executed, their commands run.

A page is one story in one working folder. Blocks with a title are files, blocks of Python go on from each other, and
blocks of bash are commands, which run with `make test-slow`, made small by what an invisible comment above them says.
"""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from sciml_bench.scores.catalogue import CATALOGUE, VARIANTS
from sciml_bench.systems import LotkaVolterra

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(path for room in ("start", "guides", "methods") for path in (DOCS / room).glob("*.md"))
BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^>]*?) -->\n)?^```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SMALL = {
    "koopman": "trainer.max_epochs=1",
    "node_homotopy": "debug=fast",
    "nsm": "trainer.max_steps=5",
    "mechnn": "",
    "benchmark": "cpu_seconds=1",
}
"""What makes a command of a script quick where the comment above its block says nothing."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Args:
        kind: its language.
        title: the file that it is; empty where it is none.
        text: its content.
        note: of the comment above it.
    """

    kind: str
    title: str
    text: str
    note: str


def blocks_of(path: Path) -> list[Block]:
    return [
        Block(found["kind"], found["title"] or "", found["text"], found["note"] or "")
        for found in BLOCK.finditer(path.read_text())
    ]


def written(blocks: list[Block], folder: Path) -> None:
    for block in blocks:
        if block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
            if path.suffix == ".py":
                (path.parent / "__init__.py").touch()


LONG = {"your_own_loop", "comparing", "neural_odes"}
"""Pages whose Python takes longer than the default suite may; examples of the paradigms are executed below."""


def each_page_with(kind: str) -> pytest.MarkDecorator:
    """Over all pages with blocks of a language that are no files."""
    pages = [path for path in PAGES if any(block.kind == kind and not block.title for block in blocks_of(path))]
    if kind == "bash":  # those of the methods are whole runs, which tests/test_readme.py composes
        pages = [path for path in pages if path.parent.name != "methods"]
    slow = [pytest.mark.slow] if kind == "python" else []
    return pytest.mark.parametrize(
        "path", [pytest.param(path, id=path.stem, marks=slow if path.stem in LONG else ()) for path in pages]
    )


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    sys.path_importer_cache.pop("mine", None)  # that of the folder of another page
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


@each_page_with("python")
def test_the_python_of_a_page_does_what_it_says(path: Path, work: Path):
    blocks = blocks_of(path)
    written(blocks, work)
    scope: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        if block.kind == "python" and not block.title:
            exec(compile(block.text, path.name, "exec"), scope)


def example_of(page: str, word: str) -> tuple[str, dict[str, Any]]:
    """The one block of Python of a page that has a word, and the modules that earlier blocks have imported for it."""
    (code,) = [block.text for block in blocks_of(DOCS / page) if block.kind == "python" and word in block.text]
    return code, {"np": np, "torch": torch}


def test_the_koopman_example_finds_the_eigenvalues_it_promises():
    code, scope = example_of("guides/your_own_loop.md", "NestedLoRALoss")
    exec(compile(code, "your_own_loop.md", "exec"), scope)
    found = np.sort(scope["learned"].eigenvalues().real)[::-1]
    np.testing.assert_allclose(found, np.exp(-0.5 * np.arange(4)), atol=0.06)


def test_the_neural_ode_example_runs_and_its_field_follows_the_truth(work: Path):
    code, scope = example_of("methods/neural_odes.md", "sciml_bench.node")
    exec(compile(code, "neural_odes.md", "exec"), scope)
    truth = LotkaVolterra().reference(np.array([[5.5, 0.14]]), np.linspace(0, 6, 61))
    assert scope["metrics"]["interpolation_mse_clean"] < 0.01
    # another start than the one that was learned from, on nearly the same orbit
    assert np.mean((scope["solution"].states.detach().numpy() - truth) ** 2) < 0.1 * truth.var()
    assert scope["solution"].error_estimate < 0.01


def test_the_block_s_example_prints_the_sine_and_cosine_it_promises():
    code, scope = example_of("guides/your_own_loop.md", "sciml_bench.mechnn")
    exec(compile(code, "your_own_loop.md", "exec"), scope)
    end = scope["solution"].states[0, -1, 0, :2].detach().numpy()
    np.testing.assert_allclose(end, [np.sin(24.95), np.cos(24.95)], atol=1e-5)
    assert np.isfinite(scope["coefficients"].grad.numpy()).all()


def test_the_spectral_example_solves_new_sources(capsys: pytest.CaptureFixture[str]):
    code, scope = example_of("guides/your_own_loop.md", "sciml_bench.nsm.equations")
    torch.manual_seed(0)
    exec(compile(code, "your_own_loop.md", "exec"), scope)
    assert float(capsys.readouterr().out) < 0.1


def commands_of(path: Path) -> Iterator[tuple[str, str]]:
    """Commands, one a line, and what makes them small."""
    for block in blocks_of(path):
        if block.kind == "bash" and not block.note.startswith("not run"):
            for line in block.text.replace("\\\n", " ").splitlines():
                command = re.sub(r"\s+#.*", "", line).strip()
                if command and "<" not in command:
                    yield command, block.note.removeprefix("small: ")


@pytest.mark.slow
@each_page_with("bash")
def test_the_commands_of_a_page_run(path: Path, tmp_path: Path):
    written(blocks_of(path), tmp_path)
    example_of_a_record(tmp_path / "mine.csv")
    for script in DOCS.parent.glob("*.py"):
        (tmp_path / script.name).symlink_to(script)
    paths = os.pathsep.join([str(DOCS.parent), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    for command, small in commands_of(path):
        script = re.search(r"(?:train_)?(\w+)\.py", command)
        more = small or (SMALL[script[1]] if script else "")
        more = "" if more.split("=")[0] in command else more
        typed = re.sub(r"PYTHONPATH=mine", f"PYTHONPATH=mine{os.pathsep}{paths}", f"{command} {more}")
        done = subprocess.run(
            ["bash", "-c", typed], cwd=tmp_path, env=environment | {"PYTHONPATH": paths}, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{path.name}: {typed}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def example_of_a_record(path: Path) -> None:
    """A table of a damped oscillation, with a column that acts from outside."""
    times = np.arange(600) * 0.1
    columns = [times, np.exp(-0.02 * times) * np.cos(times), np.exp(-0.02 * times) * np.sin(times), np.sin(0.3 * times)]
    np.savetxt(path, np.stack(columns, axis=1), delimiter=",", header="t,x,y,valve", comments="")


@pytest.fixture(scope="module")
def hooks() -> Iterator[dict[str, Any]]:
    """The modules that make pages of the code, but those that need what `make docs` installs."""
    names = ("catalogue", "configuration", "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS / "hooks"))
        yield {name: importlib.import_module(name) for name in names}
    for name in names:
        del sys.modules[name]


def test_every_option_of_every_yaml_stands_on_a_page(hooks: dict[str, Any]):
    page = "\n".join(text for _, text in hooks["configuration"].pages())
    for path in (DOCS.parent / "conf").rglob("*.yaml"):
        node = yaml.safe_load(path.read_text()) or {}
        for key in node if isinstance(node, dict) else ():
            if key != "defaults" and not isinstance(node[key], dict):
                assert f"{key}` |" in page, f"{path}: {key}"


def test_the_page_of_scores_has_every_definition_of_the_catalogue(hooks: dict[str, Any]):
    ((path, page),) = hooks["catalogue"].pages()
    assert path == "reference/scores.md"
    assert "| `spectral_error` | largest distance" in page
    for score in CATALOGUE:
        names = ", ".join(f"`{name}`" for name in score.shown_names)
        assert f"\n| {names} | {score.meaning} | {score.unit} | {score.better or ''} | {score.window} |\n" in page
        assert f"\n## {score.group}\n" in page
    for ending in (*VARIANTS, "std"):
        assert f"`_{ending}`, " in page.partition("\n## Endings\n")[2]


def test_comments_of_options_are_read_wherever_they_stand(hooks: dict[str, Any]):
    text = "# Head.\na: 1   # one\n# of b\nb:\n  c: 'x # y'  # first\n              # second\nd: [1,\n    2]  # two\n"
    found = hooks["configuration"].options(text, "p.")
    assert found[:2] == [("p.a", "1", "one"), ("p.b", "", "of b")]
    assert found[2:] == [("p.b.c", "'x # y'", "first second"), ("p.d", "[1, 2]", "two")]


def test_every_page_is_in_the_navigation(hooks: dict[str, Any]):
    navigation = (DOCS.parent / "mkdocs.yml").read_text().partition("\nnav:")[2]
    made = [path for hook in hooks.values() for path, _ in hook.pages() if path.endswith(".md")]
    written_here = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert [name for name in (*made, *written_here) if not re.search(rf" {re.escape(name)}$", navigation, re.M)] == []


def test_every_link_of_a_page_leads_somewhere(hooks: dict[str, Any]):
    made = {path for hook in hooks.values() for path, _ in hook.pages()}
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            name = os.path.relpath(page.parent / target, DOCS)
            is_there = (DOCS / name).exists() or name in made or name.startswith("reference/")
            assert is_there or target.startswith("https://"), f"{page.name}: {target}"


def test_the_site_asks_nothing_of_the_internet():
    for path in [DOCS.parent / "mkdocs.yml", *(DOCS / "assets").iterdir()]:
        assert "http" not in path.read_text(), path
    assert yaml.safe_load((DOCS.parent / "mkdocs.yml").read_text())["theme"]["font"] is False
