"""Pages of the systems and the verbs, made of the code that defines them."""

import argparse
import ast
import importlib
import re
from collections.abc import Iterator
from functools import partial

from api import PACKAGE, docstring, exports_of, file_of

CONF = PACKAGE.parent / "conf"
_KINDS = {"markov": "Stochastic processes", "ordinary": "Ordinary equations", "partial": "Partial equations"}


def pages() -> Iterator[tuple[str, str]]:
    """Paths below docs/ and contents."""
    yield "reference/systems.md", systems_page()
    yield "reference/verbs.md", verbs_page()


def systems_page() -> str:
    """Every system with its equations, what is known of it exactly, and the records that are drawn from it."""
    used = _records_by_system()
    systems = importlib.import_module("sciml_bench.systems")
    all_of_them = [getattr(systems, name) for name in systems.__all__]
    parts = [
        "# Systems\n\nEach is a frozen dataclass in `sciml_bench.systems`; the exact facts that it names are what "
        "runs on it are scored against. Parameters, units and errors are in the [reference](api/systems.md)."
    ]
    for kind, title in _KINDS.items():
        parts.append(f"## {title}")
        for public in exports_of("systems"):
            system = getattr(systems, public.name)
            is_base = any(other is not system and issubclass(other, system) for other in all_of_them)
            if is_base or not public.module.startswith(f"systems.{kind}."):
                continue
            facts = sorted(getattr(system, "known_facts", ()))
            parts += [f"### {public.name}", _prose(docstring(file_of(public.module)))]
            parts.append(_summary(public.module, public.name))
            if facts:
                parts.append("Known exactly: " + ", ".join(f"`{fact}`" for fact in facts) + ".")
            if records := used.get(public.name):
                parts.append("Records: " + ", ".join(f"`data={name}`" for name in records) + ".")
            parts.append(f"[`{public.path}`][{public.path}]")
    return "\n\n".join(parts) + "\n"


def verbs_page() -> str:
    """Help of every verb."""
    from sciml_bench.command_line import _parser

    parts = ["# Verbs\n\nWhat `sciml-bench <verb> --help` says."]
    for verb in _parser([])[1]:
        parser = _parser([verb])[1][verb]
        parser.formatter_class = partial(argparse.HelpFormatter, width=100)  # whatever terminal this is
        parts.append(f"## `{verb}`\n\n```text\n{parser.format_help().rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _records_by_system() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted([*(CONF / "shared" / "data").glob("*.yaml"), *(CONF / "nsm" / "pde").glob("*.yaml")]):
        for name in re.findall(r"_target_: sciml_bench\.systems\.(\w+)", path.read_text()):
            found.setdefault(name, []).append(path.stem)
    return found


def _summary(module: str, name: str) -> str:
    tree = ast.parse(file_of(module).read_text())
    (node,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    return _prose((ast.get_docstring(node) or "").split("\n\nArgs:")[0])


def _prose(text: str) -> str:
    """A docstring as Markdown that means itself."""
    return re.sub(r"([*_<\[\]])", r"\\\1", text)
