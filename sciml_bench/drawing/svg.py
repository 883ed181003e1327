"""Figures as SVG within a page: text stays text, and all colours follow the page, dark or light.

The page gives the colours `--series-1` … `--series-6`, those of the suite's palette in their order, `--muted` and
`--line`; everything else is drawn in the colour of its text.
"""

import io
import math
import re
from xml.sax.saxutils import quoteattr

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from sciml_bench.drawing.style import PALETTE

GREY = "#777777"
"""Of what stands back."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNSEEN = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)


def one_axis() -> tuple[Figure, Axes]:
    """A figure whose text is legible on a phone, with one pair of axes."""
    # margins that are fixed take a third of the time of those that fit
    figure = Figure(figsize=(4.8, 3.2))
    figure.set_layout_engine("none")
    return figure, figure.subplots(gridspec_kw={"left": 0.13, "right": 0.955, "bottom": 0.15, "top": 0.91})


def svg_text(figure: Figure, name: str, description: str) -> str:
    """A figure as the text of an `svg` element that may stand in a page beside others.

    Args:
        figure: its colours are the palette's, black or grey.
        name: of the picture, unlike that of any other on the page.
        description: what a person hears who does not see it.
    """
    for axis in figure.axes:
        axis.set_facecolor("none")
    file = io.BytesIO()
    # not in the suite's style again, in which the figure was drawn: saving would replace fixed margins
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", facecolor="none", metadata={"Date": None, "Creator": None})
    text = _UNSEEN.sub("", file.getvalue().decode())
    text = re.sub(r"<g id=\"[^\"]*\"", "<g", text)
    text = re.sub(r" font-family: [^;\"]*;?", "", text)
    text = re.sub(r"(id=\"|url\(#|href=\"#)", rf"\g<1>{name}-", text)
    text = text.replace("stroke: #b0b0b0; stroke-opacity: 0.25", "stroke: var(--line)")
    text = re.sub(r"(fill|stroke): (#[0-9a-f]{6})", lambda found: f"{found[1]}: {_of_page(found[2])}", text)
    box = re.search(r"viewBox=\"[^\"]*\"", text)
    opening = f'<svg {box[0] if box else ""} role="img" aria-label={quoteattr(description)} fill="currentColor" '
    opening += 'xmlns:xlink="http://www.w3.org/1999/xlink">'
    text = re.sub(r"<svg[^>]*>", lambda _: opening, text, count=1)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def plain_powers(axis: object) -> None:
    """Label a logarithmic axis with numbers that are plain text, 0.01 to 1000, or 10⁻⁷.

    Args:
        axis: `xaxis` or `yaxis` of some axes.
    """
    axis.set_major_formatter(FuncFormatter(lambda value, _: power_label(value)))  # pyright: ignore
    axis.set_minor_locator(NullLocator())  # pyright: ignore


def power_label(value: float) -> str:
    """A power of ten as text."""
    if 1e-3 < value < 1e4:
        return f"{value:g}"
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPTS)


def _of_page(colour: str) -> str:
    known = [each.lower() for each in PALETTE[:-1]]
    if colour == GREY:
        return "var(--muted)"
    return f"var(--series-{known.index(colour) + 1})" if colour in known else "currentColor"
