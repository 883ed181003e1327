"""The README's example does what its comment says."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_bench.systems import LotkaVolterra
from sciml_bench.training.script import composed


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


def test_every_choice_in_the_readme_exists(repository: Path):
    text = (repository / "README.md").read_text()
    sections = {"koopman": "## Koopman learning", "node_homotopy": "## NeuralODEs from noisy trajectories"}
    sections |= {"mechnn": "## Mechanistic networks", "nsm": "## Neural spectral methods"}
    for paradigm, title in sections.items():
        section = text.split(title)[1].split("\n## ")[0]
        more = {"node_homotopy": ["solver"]}.get(paradigm, [])
        for group in ("pde" if paradigm == "nsm" else "data", "model", "training", *more):
            (row,) = re.findall(rf"^\| `{group}=` \| (.*) \|$", section, flags=re.MULTILINE)
            named = {name for name in re.findall(r"`([a-z_0-9]+)`", row) if name not in ("true",)}
            places = [repository / "conf" / place / group for place in (paradigm, "shared")]
            existing = {path.stem for place in places for path in place.glob("*.yaml")} - {"base", "gradient_steps"}
            assert named <= existing if group == "data" else named == existing  # records are shared by all scripts


def _commands(text: str) -> list[tuple[str, list[str]]]:
    """The paradigm and the arguments of every call of a script, without its comment and what stands in <…>."""
    lines = re.findall(r"^python train_(\w+)\.py(.*)$", re.sub(r"<[^>]*>", "somewhere", text), flags=re.MULTILINE)
    return [(paradigm, shlex.split(arguments, comments=True)) for paradigm, arguments in lines]


def test_every_command_in_the_readme_composes(repository: Path, tmp_path: Path):
    commands = _commands((repository / "README.md").read_text())
    assert len(commands) >= 24
    for paradigm, arguments in commands:
        words = [word if "[" in word else word.partition(",")[0] for word in arguments if "=" in word]
        composed(paradigm, [word for word in words if not word.startswith(("hydra", "extend="))], tmp_path)
