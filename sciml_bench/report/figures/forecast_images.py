"""What each method forecasts from one and the same held-out image."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml_bench.drawing.forecasts.forecast_images import GIVEN, WRONG
from sciml_bench.drawing.style import styled
from sciml_bench.report.comparison import Comparison
from sciml_bench.report.figures.labels import wrapped
from sciml_bench.report.figures.required_arrays import representatives, with_arrays


def forecast_images(comparison: Comparison) -> tuple[Figure | None, list[str]]:
    """One row per method: forecasts back in time, the given image, forecasts ahead.

    The given image is shown where the runs have kept it (`given_images`), and forecasts that the oracle reads wrongly
    are framed where they have kept that (`forecast_correct`).

    Args:
        comparison: methods on images; of each, the run with the smallest seed is shown.

    Returns:
        the figure, or None where no run has forecast images, and a line per method that is left out.
    """
    complete, notes = with_arrays(representatives(comparison.methods), ("forecast_images", "forecast_steps"))
    rows: list[tuple[str, dict[str, np.ndarray]]] = []
    for method, run in complete:
        if not rows or _same_question(run.arrays, rows[0][1]):
            rows.append((method.label, run.arrays))
        else:
            notes.append(f"{method.label} is left out: it forecasts other steps or another image than {rows[0][0]}")
    if not rows:
        return None, notes
    steps = rows[0][1]["forecast_steps"]
    shown = [index for index, step in enumerate(steps) if abs(step) <= 5 or step % 5 == 0]
    n_back = sum(steps[index] < 0 for index in shown)
    with styled():
        figure = Figure(figsize=(0.52 * (len(shown) + 1) + 2.0, 0.56 * len(rows) + 0.6))
        figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)  # pyright: ignore[reportOptionalMemberAccess, reportCallIssue]
        axes = figure.subplots(len(rows), len(shown) + 1, squeeze=False)
        for line, (label, arrays) in zip(axes, rows, strict=True):
            _blank(line)
            line[0].set_ylabel(wrapped(label), rotation=0, ha="right", va="center", fontsize=8)
            if "given_images" in arrays:
                _show(line[n_back], arrays["given_images"][0], GIVEN)
            correct = arrays.get("forecast_correct")
            for axis, index in zip(np.delete(line, n_back), shown, strict=True):
                wrong = correct is not None and not correct[index, 0]
                _show(axis, arrays["forecast_images"][index, 0], WRONG if wrong else None)
        if any("given_images" in arrays for _, arrays in rows):
            axes[0, n_back].set_title("given", fontsize=8, color=GIVEN)
        for axis, index in zip(np.delete(axes[0], n_back), shown, strict=True):
            axis.set_title(f"{steps[index]:+d}".replace("-", "−"), fontsize=8)
        framed = (
            " (framed: read wrongly by the oracle)" if any("forecast_correct" in arrays for _, arrays in rows) else ""
        )
        figure.suptitle(f"Forecasts from one held-out image, by step{framed}", fontsize=9)
    return figure, notes


def _same_question(arrays: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> bool:
    same = np.array_equal(arrays["forecast_steps"], reference["forecast_steps"])
    same = same and arrays["forecast_images"].shape[2:] == reference["forecast_images"].shape[2:]
    given = [side["given_images"] for side in (arrays, reference) if "given_images" in side]
    return same and (len(given) < 2 or np.array_equal(given[0][0], given[1][0]))


def _blank(axes: np.ndarray) -> None:
    for axis in axes:
        axis.set(xticks=[], yticks=[])
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)


def _show(axis: Axes, image: np.ndarray, frame: str | None) -> None:
    axis.imshow(image, cmap="gray_r", vmin=0, vmax=1)
    if frame is not None:
        axis.spines[:].set(visible=True, color=frame, linewidth=2)
