"""The README's example does what its comment says."""

import re
from pathlib import Path

import numpy as np


def test_the_python_example_finds_the_eigenvalues_it_promises(repository: Path):
    text = (repository / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(code.strip().splitlines()) <= 22
    scope: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), scope)
    found = np.sort(scope["fitted"].operator.eigenvalues_.real)[::-1]  # type: ignore[attr-defined]
    np.testing.assert_allclose(found, np.exp(-0.5 * np.arange(4)), atol=0.06)


def test_every_choice_in_the_readme_exists(repository: Path):
    text = (repository / "README.md").read_text()
    sections = {"koopman": "## Koopman learning", "node_homotopy": "## NeuralODEs from noisy trajectories"}
    for paradigm, title in sections.items():
        section = text.split(title)[1].split("\n## ")[0]
        for group in ("data", "model", "training", *(["solver"] if paradigm == "node_homotopy" else [])):
            (row,) = re.findall(rf"^\| `{group}=` \| (.*) \|$", section, flags=re.MULTILINE)
            named = {name for name in re.findall(r"`([a-z_0-9]+)`", row) if name not in ("true",)}
            existing = {path.stem for path in (repository / "conf" / paradigm / group).glob("*.yaml")} - {"base"}
            assert named == existing
