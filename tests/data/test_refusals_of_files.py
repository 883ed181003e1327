"""What cannot be learned from in a person's file: the sentence names the column, the key and what to do."""

from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.sources import TrajectoryFiles

N_ROWS = 30
X = np.sin(np.arange(N_ROWS))
CASES: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "constant": ({"a": "t,x,y", "row": "{k},1.5,2"}, {}, r"x, y are constant, .* data\.key or data\.observe"),
    "one constant": ({"a": "t,x,y", "row": "{k},1.5,{x}"}, {"observe": ["x"]}, r": x is constant, .* data\.split"),
    "no line": (
        {"a": "t,x,y", "row": "{k},{x},{gap}"},
        {"missing": "interpolate"},
        r"y of .* fewer than 2 .*data\.key=",
    ),
    "constant input": (
        {"a": "t,x,u", "row": "{k},{x},2"},
        {"inputs": ["u"]},
        r"data\.inputs: the input u .* data\.key",
    ),
    "other names": (
        {"a": "t,x", "b": "t,y", "row": "{k},{x}"},
        {},
        r"data\.path: .*'x'.*'y'.* make them agree, .*data\.key",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_the_sentence_names_the_column_the_key_and_what_to_do(tmp_path, kind):
    files, given, said = CASES[kind]
    asked = {name: value for name, value in given.items() if name == "observe"}
    options = {name: value for name, value in given.items() if name not in asked}
    rows = [files["row"].format(k=k, x=f"{X[k]:.4f}", gap="3" if k == 5 else "nan") for k in range(N_ROWS)]
    for name in files.keys() - {"row"}:
        (tmp_path / f"{name}.csv").write_text("\n".join([files[name], *rows]) + "\n")
    record = TrajectoryFiles(tmp_path, **options)
    record.transform(**asked)
    with pytest.raises(DataError, match=said):
        record.setup()
