"""What source files say about themselves, read without importing them, so that a list is there at once."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClassSummary:
    """A class as its source shows it.

    Args:
        bases: names of the classes that it derives from.
        sentence: the first of its docstring, empty without one.
    """

    bases: tuple[str, ...]
    sentence: str


def first_sentence(text: str) -> str:
    """A text up to the first full stop that ends a sentence, on one line and without that stop."""
    return re.split(r"\.(?= [A-ZÀ-Þ]|$)", " ".join(text.split()), maxsplit=1)[0]


def module_docstring(path: Path) -> str:
    """The docstring of a source file, empty without one."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def classes_of(room: Path) -> dict[str, ClassSummary]:
    """Every class of a package, whose folder is `room`, by its name."""
    found = {}
    for path in sorted(room.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                bases = tuple(ast.unparse(base) for base in node.bases)
                found[node.name] = ClassSummary(bases, first_sentence(ast.get_docstring(node) or ""))
    return found


def exported_names(room: Path) -> list[str]:
    """What a package, whose folder is `room`, lists in `__all__`."""
    for node in ast.parse((room / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return ast.literal_eval(node.value)
    return []
