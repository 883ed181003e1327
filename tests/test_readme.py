"""The README's example does what its comment says."""

import fnmatch
import re
import shlex
from pathlib import Path
from typing import Any, cast

import nbformat
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from sciml_bench.command_line import _parser
from sciml_bench.core.errors import NotApplicableError
from sciml_bench.suite.comparison import chosen_names, names_of
from sciml_bench.suite.composition import composed_run
from sciml_bench.systems import LotkaVolterra
from sciml_bench.training.script import composed

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))


def test_the_python_example_finds_the_eigenvalues_it_promises(repository: Path):
    text = (repository / "README.md").read_text()
    (code,) = [code for code in _examples(text) if "koopman" in code]
    assert len(code.strip().splitlines()) <= 22
    scope: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), scope)
    found = np.sort(scope["learned"].eigenvalues().real)[::-1]  # type: ignore[attr-defined]
    np.testing.assert_allclose(found, np.exp(-0.5 * np.arange(4)), atol=0.06)


def test_the_neural_ode_example_runs_and_its_field_follows_the_truth(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (code,) = [code for code in _examples((repository / "README.md").read_text()) if "sciml_bench.node" in code]
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), scope)
    truth = LotkaVolterra().reference(np.array([[5.5, 0.14]]), np.linspace(0, 6, 61))
    assert scope["metrics"]["interpolation_mse_clean"] < 0.01
    # another start than the one that was learned from, on nearly the same orbit
    assert np.mean((scope["solution"].states.detach().numpy() - truth) ** 2) < 0.1 * truth.var()
    assert scope["solution"].error_estimate < 0.01


def test_the_block_s_example_prints_the_sine_and_cosine_it_promises(
    repository: Path, capsys: pytest.CaptureFixture[str]
):
    (code,) = [code for code in _examples((repository / "README.md").read_text()) if "sciml_bench.mechnn" in code]
    scope: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), scope)
    end = scope["solution"].states[0, -1, 0, :2].detach().numpy()
    np.testing.assert_allclose(end, [np.sin(24.95), np.cos(24.95)], atol=1e-5)
    assert np.isfinite(scope["coefficients"].grad.numpy()).all()


def test_the_spectral_example_solves_new_sources(repository: Path, capsys: pytest.CaptureFixture[str]):
    (code,) = [code for code in _examples((repository / "README.md").read_text()) if "sciml_bench.nsm" in code]
    torch.manual_seed(0)
    scope: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert float(capsys.readouterr().out) < 0.1


def _examples(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


METHODS = {
    "koopman": ("## Koopman learning", "koopman"),
    "node_homotopy": ("## NeuralODEs from noisy trajectories", "neural_odes"),
    "mechnn": ("## Mechanistic networks", "mechanistic_networks"),
    "nsm": ("## Neural spectral methods", "neural_spectral"),
}
"""Where the choices of a script stand: a section of the README and a page of the documentation."""


@pytest.mark.parametrize("place", ["README", "docs"])
def test_every_choice_that_is_told_exists_and_none_is_left_out(place: str, repository: Path):
    text = (repository / "README.md").read_text()
    for paradigm, (title, page) in METHODS.items():
        section = text.split(title)[1].split("\n## ")[0]
        if place == "docs":
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
    assert len(commands["README.md"]) >= 24
    assert sum(len(some) for name, some in commands.items() if name.startswith("docs/")) >= 60
    assert sum(map(len, commands.values())) >= 105
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
    assert found >= 8


def test_the_verbs_in_the_readme_and_the_notebooks_take_what_they_are_given(repository: Path):
    found = []
    for text in _pages(repository).values():
        found += re.findall(r"(?:^|`)sciml-bench (\w[^`\n]*)", re.sub(r"<[^>]*>", "somewhere", text), re.MULTILINE)
    assert len(found) >= 12
    for typed in found:
        words = shlex.split(typed, comments=True)
        _parser(words[:1])[1][words[0]].parse_intermixed_args(words[1:])  # ends the process where it cannot
