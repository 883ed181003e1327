"""What Koopman learning can be exported as: learned functions of states, and the state expected one lag later."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn

from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.data.stored_past import rows_near


class _Array(nn.Module):
    """A named array that a graph keeps."""

    def constant(self, name: str, array: Any) -> None:
        self.register_buffer(name, torch.tensor(np.asarray(array, dtype=np.float64)))


class Features(_Array):
    """The features of an encoder, of states in the user's units.

    Args:
        features: the module with both encoders.
        model: to which they belong.
        encoder: `f` or `g`.
    """

    def __init__(self, model: Any, encoder: str = "f") -> None:
        super().__init__()
        self.features, self.encoder, scale = model.features, encoder, model.spec.standardization
        self.constant("mean", 0.0 if scale is None else scale.mean)
        self.constant("deviation", 1.0 if scale is None else scale.deviation)

    def forward(self, state: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch modes"]:
        """In double precision, computed in the encoder's own."""
        given = ((state - self.get_buffer("mean")) / self.get_buffer("deviation")).float()
        return (self.features.encode if self.encoder == "f" else self.features.encode_lagged)(given).double()


class Coordinates(_Array):
    """Linear combinations of the features of an encoder, and of the constant where an operator adds it.

    Args:
        model: to which they belong.
        encoder: `f` or `g`.
        matrix: from features to combinations, real or complex.
    """

    def __init__(self, model: Any, encoder: str, matrix: np.ndarray) -> None:
        super().__init__()
        one_encoder = not model.operator.moments_.has_lagged_encoder
        self.features = Features(model, "f" if one_encoder else encoder)
        self.add_constant, self.is_complex = model.operator.add_constant, np.iscomplexobj(matrix)
        self.constant(
            "matrix", np.concatenate([np.real(matrix), np.imag(matrix)], axis=1) if self.is_complex else matrix
        )

    def forward(self, state: Float[Tensor, "batch *state"]) -> Float[Tensor, "batch ..."]:
        """Complex ones as their real and imaginary parts along a last axis."""
        features = self.features(state)
        if self.add_constant:
            features = nn.functional.pad(features, (0, 1), value=1.0)
        found = features @ self.get_buffer("matrix")
        return torch.stack(found.chunk(2, dim=1), dim=-1) if self.is_complex else found


class ExpectedState(_Array):
    """The state that is expected one lag later, in the user's units.

    Args:
        model: the learned operator with its decoder.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder, self.shape, scale = model.decoder, model.spec.state_shape, model.spec.standardization
        forward = model.operator._solution().forward
        decode = forward.decode
        if model.learned_step is None:
            self.coordinates: nn.Module = Coordinates(model, forward.encoder, forward.encode)
        else:
            self.coordinates, decode = Features(model), model.learned_step.T
        self.constant("decode", decode)
        self.is_driven = forward.input_decode is not None and model.learned_step is None
        if forward.input_decode is not None:
            rows = np.stack([np.zeros(len(forward.input_decode)), np.ones(len(forward.input_decode))])
            start, end = model.acting_inputs.scaled(rows)  # which is affine
            self.constant("input_scale", end - start)
            self.constant("input_shift", start - forward.input_mean)
            self.constant("input_decode", forward.input_decode)
        self.constant("mean", 0.0 if scale is None else scale.mean)
        self.constant("deviation", 1.0 if scale is None else scale.deviation)

    def forward(
        self, state: Float[Tensor, "batch *state"], inputs: Float[Tensor, "batch rows dim_in"] | None = None
    ) -> Float[Tensor, "batch *state"]:
        """From states, and from the rows of what acts on them until one lag later."""
        predicted = self.coordinates(state) @ self.get_buffer("decode")
        if inputs is not None and self.is_driven:
            acting = inputs.flatten(1) * self.get_buffer("input_scale") + self.get_buffer("input_shift")
            predicted = predicted + acting @ self.get_buffer("input_decode")
        if self.decoder is not None:
            predicted = self.decoder(predicted.float()).double()
        return predicted.reshape(-1, *self.shape) * self.get_buffer("deviation") + self.get_buffer("mean")


def functions_of(model: Any) -> dict[str, Callable[[], ExportedFunction]]:
    """By name, each made when it is called for.

    Args:
        model: a `KoopmanModel`.
    """
    spec, states = model.spec, {"state": rows_near(model.spec, model.past, 1)[:, 0]}

    def of(
        name: str, graph: nn.Module, answer: Callable[..., np.ndarray], given: Mapping[str, Any] = states, **facts: Any
    ) -> ExportedFunction:
        return ExportedFunction(name, graph, given, answer, facts | spec.facts | {"lag": spec.lag}, single=True)

    def expected() -> ExportedFunction:
        given: dict[str, Any] = dict(states)
        if spec.dim_in:
            n_rows = len(model.operator._solution().forward.input_decode) // spec.dim_in
            drawn = np.random.default_rng(1).standard_normal((len(given["state"]), n_rows, spec.dim_in))
            given["inputs"] = spec.input_mean + spec.input_deviation * drawn

        def answer(rows: np.ndarray, inputs: np.ndarray | None = None) -> np.ndarray:
            acting = None if inputs is None else inputs.reshape(len(inputs), 1, -1)
            return next(iter(model.expected(rows, [1], acting)))

        meaning = f"expected state {spec.lag_time:g} {spec.time_unit} later"
        return of("expected_state", ExpectedState(model), answer, given, meaning=meaning)

    def features() -> ExportedFunction:
        return of("features", Features(model), model.f, meaning="learned functions f of the state")

    def eigenfunctions() -> ExportedFunction:
        solution = model.operator._solution()
        graph = Coordinates(model, solution.forward.encoder, solution.eigensystem().right_map)

        values = model.eigenvalues()
        told = {"meaning": "right eigenfunctions, real and imaginary parts", "eigenvalues": _parts(values).tolist()}
        return of("eigenfunctions", graph, lambda rows: _parts(model.eigenfunctions(rows)), **told)

    return {"expected_state": expected, "features": features, "eigenfunctions": eigenfunctions}


def _parts(values: Complex[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape 2"]:
    return np.stack([np.real(values), np.imag(values)], axis=-1)
