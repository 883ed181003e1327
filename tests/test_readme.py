"""The README is short and true, and what it, the pages and the notebooks say can be typed."""

import fnmatch
import re
import shlex
from pathlib import Path
from typing import Any, cast

import nbformat
import pytest
from omegaconf import OmegaConf

from sciml_bench.command_line import _parser
from sciml_bench.core.errors import NotApplicableError
from sciml_bench.suite.comparison import chosen_names, names_of
from sciml_bench.suite.composition import composed_run
from sciml_bench.training import run
from sciml_bench.training.script import composed

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def test_the_readme_is_short_and_its_links_lead_somewhere(repository: Path):
    text = (repository / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert [target for target in targets if "://" not in target and not (repository / target).exists()] == []
    needed = {f"docs/{name}.md" for name in ("leaderboard", "common_task", "odebench", "dysts")}
    needed |= {"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"}
    assert needed <= set(targets)


def test_the_readme_reads_a_finished_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (code,) = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), flags=re.DOTALL)
    (folder,) = re.findall(r'restore\("([^"]+)"\)', code)
    monkeypatch.chdir(tmp_path)
    small = ["data.n_steps=1000", "data.split={train:900,test:100}", "logger=none"]
    run(composed("mechnn", small, folder=folder))
    capsys.readouterr()
    scope: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), scope)
    (found,) = scope["finished"]
    assert found.path == (tmp_path / folder).resolve()
    assert not scope["unfinished"]
    assert f"{found.path} finished {found.metrics['forecast_standardised_error']}" in capsys.readouterr().out
    assert [law[:5] for law in scope["run"].learned.equations()] == ["dx/dt", "dy/dt", "dz/dt"]
    assert scope["forecast"].states.shape == (1, 100, 3)


METHODS = {
    "koopman": "koopman",
    "node_homotopy": "neural_odes",
    "mechnn": "mechanistic_networks",
    "nsm": "neural_spectral",
}
"""The page of the documentation where the choices of a script stand."""


def test_every_choice_that_is_told_exists_and_none_is_left_out(repository: Path):
    for paradigm, page in METHODS.items():
        section = (DOCS / "methods" / f"{page}.md").read_text().split("## Choices")[1]
        more = {"node_homotopy": ["solver"]}.get(paradigm, [])
        for group in ("pde" if paradigm == "nsm" else "data", "model", "training", *more):
            (row,) = re.findall(rf"^\| `{group}=` \| (.*) \|$", section, flags=re.MULTILINE)
            named = {name for name in re.findall(r"`([a-z_0-9]+)`", row) if name not in ("true",)}
            places = [repository / "conf" / place / group for place in (paradigm, "shared")]
            existing = {path.stem for place in places for path in place.glob("*.yaml")} - {"base", "gradient_steps"}
            assert named <= existing if group == "data" else named == existing  # records are shared by all scripts


def _commands(text: str) -> list[tuple[str, list[str]]]:
    """The paradigm and the overrides of every call of a script; of several values the first, and of <…> a word."""
    found = re.findall(r"python train_(\w+)\.py([^`\n]*)", re.sub(r"<[^>]*>", "somewhere", text))
    commands = []
    for paradigm, arguments in found:
        if "--config-dir" in arguments or paradigm == "somewhere":  # with files of one's own (tests/test_docs.py); any
            continue
        words = [word for word in shlex.split(arguments, comments=True) if "=" in word and "…" not in word]
        words = [re.sub(r"=.*interval\(([^,]*),.*", r"=\1", word) for word in words]
        words = [word if "[" in word else word.partition(",")[0] for word in words]
        commands.append((paradigm, [word for word in words if not word.startswith(("hydra", "extend="))]))
    return commands


def _pages(repository: Path) -> dict[str, str]:
    """The README, the pages of the documentation, and the cells of every notebook."""
    pages = {name: (repository / name).read_text() for name in ("README.md", *(f"docs/{page}.md" for page in PAGES))}
    for path in sorted((repository / "notebooks").glob("*.ipynb")):
        pages[path.name] = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    return pages


def test_every_command_in_the_readme_and_the_notebooks_composes(repository: Path, tmp_path: Path):
    commands = {name: _commands(text) for name, text in _pages(repository).items()}
    assert len(commands["README.md"]) >= 7
    assert sum(len(some) for name, some in commands.items() if name.startswith("docs/")) >= 71
    assert sum(map(len, commands.values())) >= 102
    assert len({(paradigm, *words) for some in commands.values() for paradigm, words in some}) >= 68
    for name, found in commands.items():
        for paradigm, words in found:
            try:
                composed(paradigm, words, tmp_path)
            except Exception as error:
                pytest.fail(f"{name}: train_{paradigm}.py {' '.join(words)}: {error}")


def test_every_comparison_in_the_readme_and_the_notebooks_composes(repository: Path, tmp_path: Path):
    pages = {**_pages(repository), "CONTRIBUTING.md": (repository / "CONTRIBUTING.md").read_text()}
    found = 0
    for name, text in pages.items():
        joined = re.sub(r"<[^>]*>", "somewhere", text.replace("\\\n", " "))
        for typed in re.findall(r"python benchmark\.py([^`#\n]*)", joined):
            words = dict(word.split("=", 1) for word in shlex.split(typed, comments=True) if "=" in word)
            task, pattern = words.pop("task", "glob(lorenz63_forecast)"), words.pop("method").partition(",")[0]
            task = chosen_names("task", task.removeprefix("glob(").removesuffix(")").partition(",")[0])[0]
            known = fnmatch.filter(names_of("method"), pattern.removeprefix("glob(").removesuffix(")"))
            # of a sweep or a search the first job; what is not known is a method of one's own
            words = {
                key: value if value[:1] in "[{" else value.removeprefix("range(").partition(",")[0]
                for key, value in words.items()
                if not key.startswith("hydra") and key != "objective"
            }
            of_task = [f"{key}={words.pop(key)}" for key in list(words) if key.startswith("task.")]
            chosen = {"task": task, "method": known[0] if known else "persistence"}
            written = {
                group: OmegaConf.load(repository / "conf" / "benchmark" / group / f"{choice}.yaml")
                for group, choice in chosen.items()
            }
            settings = OmegaConf.merge(written, OmegaConf.from_dotlist(of_task), {"seed": 0})
            nodes = list(cast(dict[str, Any], OmegaConf.to_container(settings, resolve=True)).values())[:2]
            overrides = [f"{key}={value}" for key, value in words.items() if key not in ("seed", "cpu_seconds")]
            choices = {"task": task, "method": known[0] if known else pattern}
            try:
                composed_run(*nodes, folder=tmp_path, choices=choices, overrides=overrides)
            except NotApplicableError:  # an answer, of the first of many methods
                assert "*" in pattern
            except Exception as error:
                pytest.fail(f"{name}: benchmark.py {typed}: {error}")
            found += 1
    assert found >= 30


def test_the_verbs_in_the_readme_and_the_notebooks_take_what_they_are_given(repository: Path):
    found = []
    for text in _pages(repository).values():
        found += re.findall(r"(?:^|`)sciml-bench (\w[^`\n]*)", re.sub(r"<[^>]*>", "somewhere", text), re.MULTILINE)
    assert len(found) >= 40
    for typed in found:
        words = shlex.split(typed, comments=True)
        _parser(words[:1])[1][words[0]].parse_intermixed_args(words[1:])  # ends the process where it cannot
