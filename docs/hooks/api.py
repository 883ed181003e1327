"""Pages of the reference: what each room exports, by mkdocstrings.

The files are read and not imported, also where a room imports its names only when they are asked for.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from griffe._internal import expressions

PACKAGE = Path(__file__).resolve().parents[2] / "sciml_bench"

ROOMS: Mapping[str, str] = {
    "systems": "Systems",
    "data": "Data",
    "networks": "Networks",
    "scores": "Scores",
    "drawing": "Drawing",
    "sequences": "Sequences",
    "koopman": "Koopman learning",
    "node": "NeuralODEs",
    "mechnn": "Mechanistic networks",
    "nsm": "Neural spectral methods",
    "training": "Training",
    "suite": "Suite",
    "report": "Report",
    "core": "Core",
}
"""Rooms with the titles of their pages, in the order in which data flow through them."""

ALSO: Mapping[str, Sequence[str]] = {
    "core": (
        "core.method",
        "core.errors",
        "core.results",
        "core.stored.description",
        "core.stored.run_folder",
        "core.seeds",
        "core.checks",
    ),
    "data": ("data.capabilities",),
    "systems": ("systems.base",),
    "training": ("training.restore",),
}
"""Modules that are not exported by a room and that whoever extends the suite needs all the same."""


_ARRAYS = {"Bool", "Complex", "Float", "Float32", "Inexact", "Int", "Integer", "Num", "Real", "Shaped", "UInt8"}


def show_shapes_as_written() -> None:
    """Leave the strings of jaxtyping alone: read as Python, `"batch *state"` would be a product."""
    built = expressions._build_subscript

    def of_array(node: ast.Subscript, parent: Any, **options: Any):
        if isinstance(node.value, ast.Name) and node.value.id in _ARRAYS:
            options["literal_strings"] = True
        return built(node, parent, **options)

    expressions._node_map[ast.Subscript] = of_array


@dataclass(frozen=True)
class Public:
    """A name that a room shows.

    Args:
        name: as exported.
        module: where it is defined, below the package.
    """

    name: str
    module: str

    @property
    def path(self) -> str:
        """As Python imports it."""
        return f"sciml_bench.{self.module}.{self.name}"


def pages() -> Iterator[tuple[str, str]]:
    """Paths below docs/ and contents."""
    for room, title in ROOMS.items():
        yield f"reference/api/{room}.md", page_of(room, title)


def page_of(room: str, title: str) -> str:
    """The page of a room.

    Args:
        room: such as `koopman`.
        title: of the page.
    """
    parts, shown = [f"# {title}: `sciml_bench.{room}`", docstring(PACKAGE / room / "__init__.py")], set()
    for package in packages_of(room):
        names = exports_of(package)
        if package != room:
            parts += [f"## `sciml_bench.{package}`", docstring(file_of(package))]
        parts.append(f"`from sciml_bench.{package} import …`")
        if again := [f"[`{public.name}`][{public.path}]" for public in names if public.path in shown]:
            parts.append(f"Also exported here: {', '.join(again)}.")
        for public in (public for public in names if public.path not in shown):
            parts.append(_object(public.path))
        shown |= {public.path for public in names}
    for module in ALSO.get(room, ()):
        parts += [f"## `sciml_bench.{module}`", docstring(file_of(module))]
        names = [Public(name, module) for name in defined_in(module)]
        parts += [_object(public.path) for public in names if public.path not in shown]
    return "\n\n".join(part for part in parts if part) + "\n"


def _object(path: str) -> str:
    return f"::: {path}\n    options:\n      heading_level: 3"


def packages_of(room: str) -> list[str]:
    """A room and its rooms that export something."""
    found = [path.parent.relative_to(PACKAGE).as_posix() for path in (PACKAGE / room).rglob("__init__.py")]
    return [name.replace("/", ".") for name in sorted(found) if exports_of(name.replace("/", "."))]


def exports_of(package: str) -> list[Public]:
    """The names in `__all__`, with the modules that define them."""
    tree = _tree(file_of(package))
    homes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            homes |= {alias.asname or alias.name: node.module.removeprefix("sciml_bench.") for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            homes.setdefault(node.name, package)
    lazy = {name: f"{package}.{home}" for name, home in (_assigned(tree, "_HOMES") or {}).items()}
    names = _assigned(tree, "__all__") or list(lazy)
    return [Public(name, home_of(name, (lazy | homes if not lazy else homes | lazy)[name])) for name in names]


def home_of(name: str, module: str) -> str:
    """The module that defines a name, behind all that pass it on."""
    tree = _tree(file_of(module))
    if name in _definitions(tree):
        return module
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and name in [alias.name for alias in node.names]:
            return home_of(name, node.module.removeprefix("sciml_bench."))
    lazy = _assigned(tree, "_HOMES") or {}
    if name in lazy:
        return home_of(name, f"{module}.{lazy[name]}")
    return module


def defined_in(module: str) -> list[str]:
    """Public classes, functions and constants of a module, in its order."""
    return [name for name in _definitions(_tree(file_of(module))) if not name.startswith("_")]


def undocumented() -> list[str]:
    """Public classes and functions without a docstring."""
    found = []
    for room in ROOMS:
        shown = [public for package in packages_of(room) for public in exports_of(package)]
        shown += [Public(name, module) for module in ALSO.get(room, ()) for name in defined_in(module)]
        for public in shown:
            node = _definitions(_tree(file_of(public.module))).get(public.name)
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not ast.get_docstring(node):
                found.append(public.path)
    return found


def docstring(path: Path) -> str:
    """The docstring of a file."""
    return ast.get_docstring(_tree(path)) or ""


def file_of(module: str) -> Path:
    """Where a module or a room of the package stands."""
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return found


def _assigned(tree: ast.Module, name: str):
    node = _definitions(tree).get(name)
    try:
        return ast.literal_eval(node.value) if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value else None
    except ValueError:  # list(_HOMES)
        return None


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
