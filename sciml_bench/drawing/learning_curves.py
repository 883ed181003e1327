"""The learning curves that every fit has."""

from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

# A quantity that spans so many times its smallest value shows its end only on a logarithmic axis.
_WIDE = 50.0


def learning_curves(rows: list[dict[str, float]], monitor: str | None, mode: str = "min") -> Figure:
    """Every logged quantity against the epoch, one panel each; the epoch of the selected weights is marked.

    Args:
        rows: one `{name: value}` per epoch, with the key `epoch`.
        monitor: the quantity by which the best weights were selected or None.
        mode: `min` or `max`, which of its values is best.
    """
    names = sorted({name for row in rows for name in row} - {"epoch"})
    columns = min(3, max(1, len(names)))
    n_rows = -(-len(names) // columns)
    with styled():
        figure = Figure(figsize=(3.6 * columns, 2.5 * n_rows))
        axes = figure.subplots(n_rows, columns, squeeze=False).ravel()
        sign = 1 if mode == "min" else -1
        best = min((row for row in rows if monitor in row), key=lambda row: sign * row[str(monitor)], default=None)
        for axis, name in zip(axes, names, strict=False):
            points = [(row["epoch"] + 1, row[name]) for row in rows if name in row]
            axis.plot(*zip(*points, strict=True), marker="." if len(points) < 30 else None)
            if best is not None:
                axis.axvline(best["epoch"] + 1, color="0.6", linestyle=":", label="selected")
            axis.set(xlabel="epoch", ylabel=name.replace("_", " "))
            values = [value for _, value in points]
            if min(values) > 0 and max(values) > _WIDE * min(values):
                axis.set_yscale("log")
        for axis in axes[len(names) :]:
            axis.set_visible(False)
        if best is not None:
            axes[0].legend()
    return figure
