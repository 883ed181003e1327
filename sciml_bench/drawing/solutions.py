"""Pictures of solutions beside the truth, of their errors, and of a flow in motion."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.nsm.equations.equation import Equation

_SIGNED, _POSITIVE, _ERRORS = "RdBu_r", "viridis", "magma"


def is_plane_flow(equation: "Equation") -> bool:
    """Whether a solution is a moving picture: a plane and time."""
    return equation.is_initial_value_problem and len(equation.space_axes) == 2


def solutions_figure(
    equation: "Equation",
    parameters: Float[np.ndarray, "batch *parameter_grid"],
    predicted: Float[np.ndarray, "batch *grid"],
    truth: Float[np.ndarray, "batch *grid"],
) -> Figure:
    """Parameters, solutions, truth and error, one row per sample; of a flow the last moment.

    Args:
        equation: for the names of the axes.
        parameters: fields on their own grid.
        predicted: solutions on equally spaced points.
        truth: the same.
    """
    of_time = is_plane_flow(equation)
    if of_time:
        predicted, truth = predicted[:, -1], truth[:, -1]
    names = [axis.name for axis in equation.axes][-2:]
    with styled():
        figure = Figure(figsize=(11, 2.6 * len(predicted)))
        axes = figure.subplots(len(predicted), 4, squeeze=False)
        for row, (given, found, true) in enumerate(zip(parameters, predicted, truth, strict=True)):
            _show_parameter(axes[row, 0], given, equation)
            limit = max(float(np.abs(true).max()), 1e-12)
            low = -limit if true.min() < -0.05 * limit else 0.0
            colours = _SIGNED if low < 0 else _POSITIVE
            error = np.abs(found - true)
            moment = " at the end" if of_time else ""
            relative = np.linalg.norm(found - true) / max(np.linalg.norm(true), 1e-30)
            panels = [
                (found, f"predicted{moment}", colours, low, limit),
                (true, f"reference{moment}", colours, low, limit),
                (error, f"|error|, relative L² {relative:.2g}", _ERRORS, 0.0, max(float(error.max()), 1e-12)),
            ]
            for axis, (field, title, palette, bottom, top) in zip(axes[row, 1:], panels, strict=True):
                picture = axis.imshow(
                    field.T, origin="lower", extent=(0, 1, 0, 1), cmap=palette, vmin=bottom, vmax=top, aspect="auto"
                )
                axis.set(title=title, xlabel=names[0], ylabel=names[1])
                axis.grid(False)
                figure.colorbar(picture, ax=axis, shrink=0.85)
    return figure


def _show_parameter(axis, given: np.ndarray, equation: "Equation") -> None:
    title = "initial field" if equation.is_initial_value_problem else "source"
    points = equation.parameter_basis.resized(given.shape).nodes
    if given.ndim == 1:
        axis.plot(points[0], given)
        axis.set(title=title, xlabel="x", ylabel=f"{equation.quantity}(0, x)")
        return
    # the nodes of a bounded axis are not equally spaced
    picture = axis.pcolormesh(*points, given.T, cmap=_SIGNED, shading="nearest")
    axis.set(title=title, xlabel="x", ylabel="y")
    axis.grid(False)
    axis.figure.colorbar(picture, ax=axis, shrink=0.85)


def error_figure(errors: Mapping[int, Float[np.ndarray, " samples"]]) -> Figure:
    """The distribution of the relative error over the test parameters, per resolution.

    Args:
        errors: resolution to errors.
    """
    with styled():
        figure = Figure(figsize=(5.2, 3.6))
        axis = figure.subplots()
        for resolution, values in errors.items():
            ordered = np.sort(values)
            part = (np.arange(len(ordered)) + 1) / len(ordered)
            axis.step(ordered, part, where="post", label=f"{resolution} points per axis")
        axis.set(xscale="log", xlabel="relative L² error", ylabel="part of the test parameters", ylim=(0, 1.02))
        axis.legend()
    return figure


def field_animation(
    equation: "Equation", predicted: Float[np.ndarray, "time x y"], truth: Float[np.ndarray, "time x y"]
) -> Animation:
    """A flow beside the reference, moment by moment.

    Args:
        equation: whose quantity the title names.
        predicted: one solution.
        truth: the same.
    """
    limit = max(float(np.abs(truth).max()), 1e-12)
    with styled():
        figure = Figure(figsize=(5.6, 2.9), dpi=80)
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(1, 2)
        pictures = []
        for axis, field, title in zip(axes, (predicted, truth), ("predicted", "reference"), strict=True):
            picture = axis.imshow(
                field[0].T, origin="lower", extent=(0, 1, 0, 1), cmap=_SIGNED, vmin=-limit, vmax=limit
            )
            axis.set(title=title, xlabel="x", ylabel="y")
            axis.grid(False)
            pictures.append(picture)
        figure.colorbar(pictures[1], ax=list(axes), shrink=0.8)
        heading = figure.suptitle("t = 0.00")
        frames = []
        for index, (found, true) in enumerate(zip(predicted, truth, strict=True)):
            pictures[0].set_data(found.T)
            pictures[1].set_data(true.T)
            heading.set_text(f"{equation.quantity}, t = {index / (len(truth) - 1):.2f}")
            canvas.draw()
            frames.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    return Animation(np.stack(frames))
