"""What pyproject.toml asks for is what the suite imports."""

import re
import tomllib
from pathlib import Path

IMPORTED_AS = {"hydra-core": "hydra", "scikit-learn": "sklearn", "pillow": "PIL"}


def test_every_dependency_is_imported_somewhere(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=!~\[]", text)[0] for text in project["dependencies"]]
    source = "\n".join(path.read_text() for path in (repository / "sciml_bench").rglob("*.py"))
    unused = [
        name
        for name in names
        if not re.search(rf"^ *(import|from) {IMPORTED_AS.get(name, name)}\b", source, flags=re.MULTILINE)
    ]
    assert unused == []
