"""List records, models, trainings and systems with a line each."""

import argparse
import re
from pathlib import Path

from sciml_bench.command_line._docstrings import classes_of, exported_names, first_sentence
from sciml_bench.core.configuration_root import configuration_root

PACKAGE = Path(__file__).resolve().parents[1]

GROUPS = {"records": ("data", "pde"), "models": ("model",), "trainings": ("training",)}
"""The groups of configurations that hold each kind."""

KINDS = (*GROUPS, "systems")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to list."""
    parser.add_argument("kind", nargs="?", choices=KINDS, help="one of them (default: all)")


def answer(asked: argparse.Namespace) -> None:
    """Print the lists."""
    for kind in [asked.kind] if asked.kind else KINDS:
        entries = _systems() if kind == "systems" else _choices(GROUPS[kind])
        width = max(len(name) for name, _ in entries)
        print(f"{kind}\n" + "\n".join(f"  {name:{width}}  {sentence}".rstrip() for name, sentence in entries))


def _choices(groups: tuple[str, ...]) -> list[tuple[str, str]]:
    """Script and choice as they are typed, and the sentence on which the yaml opens."""
    root = configuration_root()
    paths = sorted(path for group in groups for path in root.glob(f"*/{group}/*.yaml") if path.stem != "base")
    scripts = [_script(path.relative_to(root).parts[0]) for path in paths]
    width = max(map(len, scripts))
    return [
        (f"{script:{width}}  {path.parent.name}={path.stem}", _sentence(path))
        for script, path in zip(scripts, paths, strict=True)
    ]


def _script(paradigm: str) -> str:
    return "every script" if paradigm == "shared" else f"train_{paradigm}.py"


def _sentence(path: Path) -> str:
    """The first sentence of the comment on which a yaml opens."""
    opening = re.match(r"(?:# @package .*\n)?((?:#.*\n)*)", path.read_text(encoding="utf-8"))
    return first_sentence(re.sub(r"^# ?", "", opening[1], flags=re.MULTILINE)) if opening else ""


def _systems() -> list[tuple[str, str]]:
    """The classes that the room exports, but for those from which others derive and for plain results."""
    room = PACKAGE / "systems"
    classes = classes_of(room)
    bases = {base for summary in classes.values() for base in summary.bases}
    names = [name for name in exported_names(room) if name not in bases and classes[name].bases]
    return [(name, classes[name].sentence) for name in sorted(names)]
