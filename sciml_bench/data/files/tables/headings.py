"""What stands above the numbers of a text file: names and units, in lines of their own or in comments."""

import re

from sciml_bench.data.files.clocks import is_time_name
from sciml_bench.data.files.tables.cells import is_missing, is_value, number_of
from sciml_bench.data.files.tables.cells_of_lines import cells_of, delimiter_of, names_of
from sciml_bench.data.files.tables.restarts import FIELDS, Line

LOGGER_MARKS = ("TOA5", "TOACI1")
"""With which the first line of Campbell's data loggers begins, which describes the logger."""

_MOST_HEADINGS = 100
_TECPLOT = re.compile(r"\s*(?:(?:TITLE|FILETYPE)\s*=|ZONE\s+\w+\s*=)", re.IGNORECASE)
_VARIABLES = re.compile(r"\s*VARIABLES\s*=(.*)", re.IGNORECASE)
_END_OF_LABVIEW = "***End_of_Header***"
_LEGEND = re.compile(r'@\s*s(\d+)\s+legend\s+"(.*)"')
_AXES = {
    1: ("",),
    3: ("x", "y", "z"),
    6: ("xx", "xy", "xz", "yy", "yz", "zz"),
    9: ("xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"),
}
"""Of a number, a vector, a symmetric tensor and a tensor, as OpenFOAM writes them."""
_AXIS = re.compile(r'@\s*xaxis\s+label\s+"(.*)"')


def below_headings(body: list[Line], delimiter: str | None) -> tuple[list[Line], int]:
    """The lines from the names on, and how many above them, or between the units and the numbers, are left out.

    Names stand right above the numbers, one for each column; of several such lines in the one that names a clock, or in
    the first. A unit for each column may follow. What stands above has another number of cells, as titles have.
    """
    body, n_above = _below_labview(body)
    n_columns = len(cells_of(body[-1][1], delimiter))
    top = [line for _, line in body[:_MOST_HEADINGS]]
    data = next((place for place, line in enumerate(top) if _is_row(cells_of(line, delimiter), n_columns)), 0)
    first = data
    while first and n_columns in {len(split(top[first - 1], delimiter)) for split in (cells_of, names_of)}:
        first -= 1
    block = [line for line in body[first:data] if not cells_of(line[1], delimiter)[0].startswith(LOGGER_MARKS)]
    if not block or (data - len(block) < 1 and len(block) < 3):
        return body, n_above
    clocks = [place for place, line in enumerate(block) if any(map(_names_a_clock, cells_of(line[1], delimiter)))]
    kept = block[clocks[0] if clocks else 0 :][:2]
    return [*kept, *body[data:]], n_above + data - len(kept)


def names_in_comments(comments: list[str], delimiter: str | None, n_columns: int, quantity: str) -> list[str]:
    """PLUMED's fields, Tecplot's variables, the legends of Grace, or the last comment with a name for each column.

    Args:
        comments: above the numbers.
        delimiter: between the columns.
        n_columns: how many there are.
        quantity: of which OpenFOAM's probes are, as the file is called; they are named by numbers.
    """
    fields = [line.split()[2:] for line in comments if line.startswith(FIELDS)]
    if fields:
        return fields[0]
    variables = [found[1] for line in comments if (found := _VARIABLES.match(line))]
    if variables:
        return re.findall(r'"([^"]*)"', variables[0]) or re.split(r"[,\s]+", variables[0].strip())
    legends = [found[2] for line in comments if (found := _LEGEND.match(line))]
    if legends and len(legends) == n_columns - 1:
        axis = [found[1] for line in comments if (found := _AXIS.match(line))]
        return [*(axis or ["time"]), *legends]
    probes = _names_of_probes(comments, n_columns, quantity)
    if probes:
        return probes
    for line in reversed(comments):
        bare = line.lstrip("#%@! ")
        names = re.split(r"\s{2,}", bare.strip())
        if delimiter is not None or len(names) != n_columns:
            names = names_of(bare, delimiter if delimiter is not None and delimiter in bare else delimiter_of(bare))
        if len(names) == n_columns and not all(number_of(name) is not None for name in names):
            return names
    return []


def _names_of_probes(comments: list[str], n_columns: int, quantity: str) -> list[str]:
    """Of OpenFOAM's numbers, vectors and tensors at probes; it names the column of times in a line of its own."""
    last = [line.lstrip("# ").split() for line in comments[-2:]]
    if len(last) < 2 or last[0][:1] != ["Probe"] or last[1] != ["Time"]:
        return []
    axes = next((names for n, names in _AXES.items() if n_columns - 1 == n * (len(last[0]) - 1)), ())
    parts = [f"{quantity}_{axis} " if axis else "" for axis in axes]
    return ["Time", *(f"{part}probe {number}" for number in last[0][1:] for part in parts)] if axes else []


def is_heading(line: str) -> bool:
    """Whether a line tells of the file, by words that only Tecplot begins lines with."""
    return _TECPLOT.match(line) is not None or _VARIABLES.match(line) is not None


def _below_labview(body: list[Line]) -> tuple[list[Line], int]:
    """The lines below the headers of LabVIEW, whose last column is for comments and stands in few rows."""
    ends = [place for place, (_, line) in enumerate(body[:_MOST_HEADINGS]) if line.startswith(_END_OF_LABVIEW)]
    if not ends or ends[-1] + 1 == len(body) or any(line.startswith("X_Value") for _, line in body[: ends[-1]]):
        return body, 0
    (number, names), *rows = body[ends[-1] + 1 :]
    cells = cells_of(names, "\t")
    if cells[-1] == "Comment" and all(len(cells_of(line, "\t")) < len(cells) for _, line in rows):
        names = "\t".join(cells[:-1])
    return [(number, names), *rows], ends[-1] + 1


def _is_row(cells: list[str], n_columns: int) -> bool:
    return len(cells) == n_columns and any(map(is_value, cells)) and all(is_value(c) or is_missing(c) for c in cells)


def _names_a_clock(cell: str) -> bool:
    return is_time_name(re.sub(r"\s*[\[(].*", "", cell))
