"""The house: who may import whom, how large a room may be, and what needs no torch."""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sciml_bench"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, names: set[str]) -> set[str]:
    """The modules of the suite that a file imports, anywhere in it, also for type checks alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & names


def test_no_two_files_import_each_other() -> None:
    files = {module_name(path): path for path in MODULES if path.name != "__init__.py"}
    graph = {name: imports(path, set(files)) for name, path in files.items()}
    pairs = sorted({tuple(sorted((one, other))) for one in graph for other in graph[one] if one in graph[other]})
    assert pairs == []


def test_no_room_has_more_than_fifteen_modules() -> None:
    sizes = {
        folder.relative_to(PACKAGE.parent).as_posix(): len([p for p in folder.glob("*.py") if p.name != "__init__.py"])
        for folder in {path.parent for path in MODULES}
    }
    assert {room: size for room, size in sizes.items() if size > 15} == {}


def test_the_median_module_fits_on_a_page() -> None:
    lines = [len(path.read_text().splitlines()) for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(lines) <= 95


def test_the_package_without_its_command_line_does_not_grow() -> None:
    lines = [len(path.read_text().splitlines()) for path in MODULES if "command_line" not in path.parts]
    # of which 4 700 are the benchmark and the report, 2 400 molecules, weights and lags, 900 the export, 450 the
    # compiled loops of discovery, 400 the whole chains of molecules, strides across gaps, restarts of PLUMED and cells
    # that are damaged or empty, 800 the cores and odd states of kinetics, the constant among eigenpairs, other files of
    # a molecule, and dates and places of forecasts
    assert sum(lines) <= 60_800


def arrays_of_many(path: Path) -> list[str]:
    """The shapes that a file promises of each of arbitrarily many arrays."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            ends = node.slice.elts[-1:] if isinstance(node.slice, ast.Tuple) else []
            many = node.value.id in {"Sequence", "Collection", "Iterable", "list"}
            if many or any(isinstance(end, ast.Constant) and end.value is Ellipsis for end in ends):
                inside = [part.value for part in ast.walk(node.slice) if isinstance(part, ast.Constant)]
                found += [shape for shape in inside if isinstance(shape, str)]
    return found


def test_trajectories_of_unequal_length_are_not_promised_one_length() -> None:
    """Shapes are checked of one array of a list, drawn at random: a promise that does not hold fails now and then."""
    lengths = {"time", "row", "rows"}
    wrong = [(path.name, shape) for path in MODULES for shape in arrays_of_many(path) if lengths & set(shape.split())]
    assert wrong == []


def test_the_paradigms_know_nothing_of_lightning() -> None:
    rooms = (
        "core",
        "systems",
        "data",
        "networks",
        "scores",
        "drawing",
        "sequences",
        "koopman",
        "node",
        "mechnn",
        "nsm",
    )
    guilty = [
        path.relative_to(PACKAGE).as_posix()
        for room in rooms
        for path in (PACKAGE / room).rglob("*.py")
        if "lightning" in path.read_text()
    ]
    assert guilty == []


def test_numbers_of_a_configuration_are_checked_in_one_place() -> None:
    """`isinstance(x, bool) or not isinstance(x, int)` and its like stand in core/checks.py alone."""

    def tested(value: ast.expr) -> tuple[str, set[str]] | None:
        while isinstance(value, ast.UnaryOp):
            value = value.operand
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "isinstance":
            named = {part.id for part in ast.walk(value.args[1]) if isinstance(part, ast.Name)}
            return ast.unparse(value.args[0]), named
        return None

    places = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.BoolOp):
                continue
            for number, (name, types) in ((n, found) for n, v in enumerate(node.values) if (found := tested(v))):
                others = [ast.unparse(value) for other, value in enumerate(node.values) if other != number]
                is_number = "bool" in types and "int" not in types  # `bool | int | str` asks for plain data
                if is_number and any(name in other for other in others):
                    places.add(path.relative_to(PACKAGE).as_posix())
    assert places == {"core/checks.py"}


@pytest.mark.parametrize("module", ["report", "scores.catalogue", "command_line", "drawing", "training.script"])
def test_what_only_reads_files_or_composes_needs_no_torch(module: str) -> None:
    command = f"import sys, sciml_bench.{module}; print(sorted({{'torch', 'lightning'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
