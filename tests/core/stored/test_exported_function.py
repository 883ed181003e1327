"""A graph leaves only when it says what the learned object says, for one row and for many."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import erf
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.exported_file import FORMATS, require_packages, write_exported
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.networks.activations import ACTIVATIONS

ROWS = {"state": np.random.default_rng(0).standard_normal((20, 3))}


class Graph(nn.Module):
    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, state: Tensor) -> Tensor:
        return self.function(state)


def exported(function, answer, **options) -> ExportedFunction:
    return ExportedFunction("double", Graph(function), ROWS, answer, {"meaning": "twice"}, **options)


def test_a_graph_that_says_something_else_is_not_written(tmp_path):
    path = tmp_path / "f.pt2"
    with pytest.raises(DataError, match=r"differs from the run's own answers by 0\.001"):
        write_exported(path, exported(lambda x: 2 * x, lambda x: 2 * x + 1e-3), "torch")
    with pytest.raises(DataError, match="differs"):  # a mean over the batch is the same for no single row
        write_exported(path, exported(lambda x: x - x.mean(dim=0), lambda x: x - x.mean(axis=0)), "torch")
    assert not path.exists()
    difference, evaluated = write_exported(path, exported(lambda x: 2 * x, lambda x: 2 * x + 1e-7), "torch")
    assert difference == pytest.approx(1e-7 / (2 * ROWS["state"].std(axis=0).max()), rel=1e-3)
    np.testing.assert_array_equal(evaluated(np.ones((7, 3))), 2.0)


def test_only_single_precision_is_forgiven_its_rounding():
    def wild(x):
        return np.sin(1e4 * x)

    function = exported(None, wild)
    with pytest.raises(DataError, match="differs"):
        function.difference(lambda x: wild(x) + 1e-3)
    single = replace(function, single=True)
    assert single.difference(lambda x: wild(x) + 1e-3) == pytest.approx(1e-3 / np.sqrt(0.5), rel=0.3)
    with pytest.raises(DataError, match="differs"):
        single.difference(lambda x: wild(x) + 0.1)


def test_what_is_no_graph_of_tensor_operations_is_said_in_one_sentence():
    function = exported(lambda x: x * float(x.sum()), lambda x: x * x.sum())
    with pytest.raises(DataError, match="double cannot be exported, for it is no graph of tensor operations"):
        function.program()


def test_a_format_names_the_extra_that_it_needs(monkeypatch):
    monkeypatch.setattr("sciml_bench.core.stored.exported_file.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"onnx, onnxscript, onnxruntime .*'sciml-bench\[export\]'"):
        require_packages("onnx")
    require_packages("torch")


def test_every_activation_is_exact_in_double_precision(tmp_path):
    pytest.importorskip("onnxruntime", reason="needs the extra `export`")
    modules = [kind() for kind in ACTIVATIONS.values()]
    known = {
        "relu": lambda x: np.maximum(x, 0),
        "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
        "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
        "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
        "silu": lambda x: x / (1 + np.exp(-x)),
        "softplus": lambda x: np.log1p(np.exp(x)),
        "tanh": np.tanh,
    }

    def answer(x):
        return np.stack([known[name](x) for name in ACTIVATIONS], axis=1)

    function = exported(lambda x: torch.stack([module(x) for module in modules], dim=1), answer)
    difference, evaluated = write_exported(tmp_path / f"f{FORMATS['onnx'][0]}", function, "onnx")
    assert difference < 1e-7
    far = np.array([[-50.0, 0.0, 50.0]])
    np.testing.assert_allclose(evaluated(far), answer(far), atol=1e-6)
