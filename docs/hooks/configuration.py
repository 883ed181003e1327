"""Pages of every configuration option: made of the yaml files in conf/, with their comments.

A comment stands behind its key, goes on in the same column of the lines below, or stands above the key.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2] / "conf"

PLACES: Mapping[str, tuple[str, str]] = {
    "koopman": ("train_koopman.py", "Everything that `python train_koopman.py` takes."),
    "node_homotopy": ("train_node_homotopy.py", "Everything that `python train_node_homotopy.py` takes."),
    "mechnn": ("train_mechnn.py", "Everything that `python train_mechnn.py` takes."),
    "nsm": ("train_nsm.py", "Everything that `python train_nsm.py` takes."),
    "shared": ("every script", "What all scripts have in common: trainer, loggers, schedules, transforms."),
    "benchmark": ("benchmark.py", "Tasks and methods of `python benchmark.py`, and settings that a search found."),
    "baselines": ("baselines", "Models of the baselines, which `python benchmark.py` runs."),
}
"""Folders of conf/ with the titles and first lines of their pages."""

_GROUPS: Mapping[str, str] = {
    "data": "Records",
    "method": "Methods",
    "task": "Tasks",
    "settings": "Settings of record",
    "experiment": "Experiments",
    "hydra/launcher": "Launchers",
    "hydra/sweeper": "Sweepers",
}


def pages() -> Iterator[tuple[str, str]]:
    """Paths below docs/ and contents."""
    for place, (title, opening) in PLACES.items():
        folder = ROOT / place
        parts = [f"# Options: {title}", opening, "Every table is made of a file in `conf/`, with its comments."]
        for path in sorted(folder.glob("*.yaml")):
            parts += [f"## `{path.stem}`", _shown(path, "")]
        groups = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")} - {"."}
        for group in sorted(groups - ({"data"} if place == "shared" else set())):
            parts += _group(folder, group)
        yield f"reference/configuration/{place}.md", "\n\n".join(part for part in parts if part) + "\n"
    parts = ["# Options: records", "The yaml of every record, in `conf/shared/data`; all scripts read them alike."]
    yield "reference/configuration/records.md", "\n\n".join(parts + _group(ROOT / "shared", "data")) + "\n"


def options(text: str, prefix: str) -> list[tuple[str, str, str]]:
    """Keys with dots, values and comments of a yaml file.

    Args:
        text: of the file.
        prefix: of the keys, such as `training.`.
    """
    lines = text.splitlines()
    rows: list[tuple[str, str, str]] = []
    root = yaml.compose(text)

    def walk(node: yaml.MappingNode, prefix: str) -> None:
        for key, value in node.value:
            if not prefix and key.value == "defaults":
                continue
            first, last = key.start_mark.line, value.end_mark.line
            if isinstance(value, yaml.MappingNode) and not value.flow_style:
                _, comment = _split(lines[first])
                comment = " ".join(filter(None, [_above(lines, first), comment]))
                if comment:
                    rows.append((prefix + key.value, "", comment))
                walk(value, f"{prefix}{key.value}.")
                continue
            last = last if value.end_mark.column or last == first else last - 1
            content = "\n".join(_split(line)[0] for line in lines[first : last + 1])
            content = content.split(":", 1)[1].strip() if ":" in content else ""
            comments = [_above(lines, first), *(_split(line)[1] for line in lines[first : last + 1])]
            comments += _below(lines, last)
            rows.append((prefix + key.value, re.sub(r"\s+", " ", content), " ".join(filter(None, comments))))

    if isinstance(root, yaml.MappingNode):
        walk(root, prefix)
    return rows


def heading_of(text: str) -> str:
    """The comment at the top of a file."""
    head = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        head.append(line.removeprefix("#").strip())
    return " ".join(head).removeprefix("@package _global_").strip()


def _group(folder: Path, group: str) -> list[str]:
    prefix = "" if group in ("experiment", "settings", "task", "method", "debug") else f"{group.replace('/', '.')}."
    title = _GROUPS.get(group, f"`{group}=`")
    parts = [f"## {title}"] if group != "data" or folder.name != "shared" else []
    for path in sorted((folder / group).rglob("*.yaml")):
        name = path.relative_to(folder / group).with_suffix("").as_posix()
        parts += [f"### `{group}={name}`" if group != "settings" else f"### `{name}`"]
        parts.append(_shown(path, prefix))
    return parts


def _shown(path: Path, prefix: str) -> str:
    text = path.read_text()
    rows = options(text, "" if "@package _global_" in text else prefix)
    head = heading_of(text)
    first = yaml.safe_load(text) or {}
    chosen = [_choice(entry) for entry in first.get("defaults", ()) if entry != "_self_"]
    parts = [_escaped(head) if head else "", f"Begins with {', '.join(f'`{c}`' for c in chosen)}." if chosen else ""]
    if rows:
        table = [
            f"| `{key}` | {f'`{_cell(value)}`' if value else ''} | {_escaped(said)} |" for key, value, said in rows
        ]
        parts.append("| key | value | |\n|---|---|---|\n" + "\n".join(table))
    return "\n\n".join(part for part in parts if part)


def _choice(entry: str | Mapping[str, str]) -> str:
    return (
        entry
        if isinstance(entry, str)
        else " ".join(f"{key}: {'null' if value is None else value}" for key, value in entry.items())
    )


def _cell(value: str) -> str:
    return value.replace("|", "\\|").replace("`", "'")


def _escaped(said: str) -> str:
    """A comment as Markdown that means itself."""
    said = re.sub(r"([|*_<>\[\]$])", r"\\\1", said)
    return re.sub(r"\\([*_<>\[\]$])(?=[^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", r"\1", said)


def _split(line: str) -> tuple[str, str]:
    """A line without its comment, and the comment; a # inside quotes is none."""
    quote = None
    for place, letter in enumerate(line):
        if quote:
            quote = None if letter == quote else quote
        elif letter in "\"'" and (place == 0 or not line[place - 1].isalnum()):
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place].rstrip(), line[place + 1 :].strip()
    return line, ""


def _above(lines: list[str], first: int) -> str:
    """Lines of comments alone right above a key and as deep as it, but not those at the top of the file."""
    depth, found = len(lines[first]) - len(lines[first].lstrip()), []
    for place in range(first - 1, -1, -1):
        if lines[place].lstrip().startswith("#") and len(lines[place]) - len(lines[place].lstrip()) == depth:
            found.insert(0, lines[place].lstrip("# ").strip())
        else:
            return " ".join(found)
    return ""


def _below(lines: list[str], last: int) -> list[str]:
    """Lines that go on with the comment of the one before."""
    if "#" not in lines[last] or not _split(lines[last])[1]:
        return []
    column, found = lines[last].index("#", len(_split(lines[last])[0])), []
    for line in lines[last + 1 :]:
        if line.strip().startswith("#") and abs(line.index("#") - column) <= 1 and column > 2:
            found.append(line.strip().lstrip("#").strip())
        else:
            break
    return found
