"""Exported functions as files: a program of plain PyTorch (.pt2), or an ONNX graph for its many runtimes."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.exported_function import ExportedFunction, Rows
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.core.types import PathType

FACTS = "facts.json"
"""In a .pt2 file: what `ExportedFunction.signature` says. In an ONNX file every fact is a metadata property."""

Evaluated = Callable[..., Rows]
Content = tuple[bytes, Evaluated]


def in_torch(function: ExportedFunction) -> Content:
    """The bytes of a .pt2 file, and the function as it is after loading them.

    Raises:
        DataError: it is no graph of tensor operations.
    """
    buffer = io.BytesIO()
    with _quiet():
        torch.export.save(function.program(), buffer, extra_files={FACTS: json.dumps(function.signature)})
        module = torch.export.load(io.BytesIO(buffer.getvalue())).module()

    @torch.no_grad()
    def evaluated(*rows: np.ndarray) -> np.ndarray:
        return module(*map(torch.from_numpy, rows)).numpy()

    return buffer.getvalue(), evaluated


def in_onnx(function: ExportedFunction) -> Content:
    """The bytes of an ONNX file, and the function as onnxruntime computes it on one thread.

    Raises:
        DataError: it is no graph of operations that ONNX has.
    """
    import onnxruntime

    program, options = function.program(), onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        with _quiet():
            program = program.run_decompositions(_in_double_precision())
            written: Any = torch.onnx.export(
                program, dynamo=True, input_names=list(function.inputs), output_names=[function.name], verbose=False
            )
        content = _with_facts(written.model_proto, function)
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # exporter and runtime raise many kinds
        raise DataError(
            f"{function.name} has operations that ONNX or onnxruntime lacks, such as Fourier transforms; give --format "
            "torch"
        ) from error

    def evaluated(*rows: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, dict(zip(function.inputs, rows, strict=True)))[0])

    return content, evaluated


def _with_facts(model: Any, function: ExportedFunction) -> bytes:
    """An ONNX model with the name of the batch, and what a program has to know."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del model.graph.value_info[:]  # of inner values, whose axes have other names
    for name, fact in function.signature.items():
        model.metadata_props.add(key=name, value=fact if isinstance(fact, str) else json.dumps(fact))
    return model.SerializeToString()


FORMATS: dict[str, tuple[str, Callable[[ExportedFunction], Content], tuple[str, ...]]] = {
    "torch": (".pt2", in_torch, ()),
    "onnx": (".onnx", in_onnx, ("onnx", "onnxscript", "onnxruntime")),
}
"""By name: the ending of the files, what writes them, and the packages that this needs."""


def require_packages(name: str) -> None:
    """Stop where packages that a format needs are missing.

    Args:
        name: of the format.

    Raises:
        ConfigurationError: naming them and the extra that installs them.
    """
    missing = [package for package in FORMATS[name][2] if find_spec(package) is None]
    if missing:
        raise ConfigurationError(
            f"format={name}: {', '.join(missing)} is not installed; install it with "
            "`pip install 'sciml-bench[export]'`, or give --format torch"
        )


def write_exported(path: PathType, function: ExportedFunction, name: str) -> tuple[float, Evaluated]:
    """Write a function that was checked against the learned object; where it differs, nothing is written.

    Args:
        path: of the file.
        function: to write.
        name: of the format.

    Returns:
        the largest difference, in deviations of the answers; and the function as the file holds it.

    Raises:
        DataError: it cannot be written in this format, or differs.
    """
    content, evaluated = FORMATS[name][1](function)
    difference = function.difference(evaluated)
    write_atomically(path, lambda file: file.write(content))
    return difference, evaluated


def _in_double_precision() -> dict[Any, Callable[..., Tensor]]:
    """Activations of which runtimes have single precision only, by operations that they have in double precision.

    The error function alone is taken in single precision, which changes a GELU by at most 1e-7 of its argument.
    """
    aten: Any = torch.ops.aten

    def gelu(x: Tensor, approximate: str = "none") -> Tensor:
        if approximate == "tanh":
            return 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
        return 0.5 * x * (1 + torch.erf((x * 0.5**0.5).float()).double())

    def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
        return torch.clamp(x, min=0) + negative_slope * torch.clamp(x, max=0)

    def elu(x: Tensor, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Tensor:
        return scale * torch.where(x > 0, x, alpha * (torch.exp(input_scale * torch.clamp(x, max=0)) - 1))

    def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
        return torch.clamp(x, min=0) + torch.log(1 + torch.exp(-beta * x.abs())) / beta

    def of_doubles(replacement: Callable[..., Tensor]) -> Callable[..., Any]:
        return lambda x, *options, **named: (
            replacement(x, *options, **named) if x.dtype == torch.float64 else NotImplemented
        )

    replacements = {"gelu": gelu, "leaky_relu": leaky_relu, "elu": elu, "softplus": softplus}
    return {getattr(aten, name).default: of_doubles(replacement) for name, replacement in replacements.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporters say of packages that nobody asked for."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
