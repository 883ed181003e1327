"""The notebooks as pages, with the outputs that are stored in them."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
_PICTURES = {"image/png": "png", "image/svg+xml": "svg", "image/gif": "gif"}


def pages() -> Iterator[tuple[str, str | bytes]]:
    """Paths below docs/ and contents, pictures among them."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        yield from page_of(path)


def page_of(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """A notebook and its pictures.

    Args:
        path: of the notebook.
    """
    parts, name = [], path.stem
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(_linked(source))
        elif source.strip():
            parts.append(f"```python\n{source}\n```")
        for place, output in enumerate(cell.get("outputs", ())):
            shown, files = _output(output, f"{name}_{number}_{place}")
            parts.append(shown)
            for file, content in files.items():
                yield f"notebooks/{file}", content
    head, _, rest = "\n\n".join(part for part in parts if part).partition("\n")
    note = f"*From `notebooks/{path.name}`, with the outputs that are stored there.*"
    yield f"notebooks/{name}.md", f"{head}\n\n{note}\n{rest}\n"


def _output(output: dict[str, Any], name: str) -> tuple[str, dict[str, bytes]]:
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).rstrip()}\n```", {}
    data = output.get("data", {})
    for kind, ending in _PICTURES.items():
        if kind in data:
            text = "".join(data[kind])
            content = text.encode() if ending == "svg" else base64.b64decode(text)
            return f"![{name}]({name}.{ending})", {f"{name}.{ending}": content}
    text = "".join(data.get("text/plain", ""))
    return (f"```text\n{text}\n```" if text and not text.startswith("<") else ""), {}


def _linked(source: str) -> str:
    """Links from one notebook to another, as pages."""
    return re.sub(r"\]\((?:notebooks/)?(\w+)\.ipynb\)", r"](\1.md)", source)
