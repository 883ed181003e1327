"""A small file in the form of ODEBench, whose solutions are known in closed form."""

import json
from pathlib import Path

import numpy as np

TIMES = np.linspace(0, 10, 201)


def decay(start: float) -> np.ndarray:
    """dx/dt = -x/2."""
    return start * np.exp(-TIMES / 2)[:, None]


def oscillation(start: tuple[float, float]) -> np.ndarray:
    """dx/dt = 2 v, dv/dt = -2 x."""
    (x, v), angle = start, 2 * TIMES
    return np.stack([x * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - x * np.sin(angle)], axis=1)


def entry(number: int, equations: str, *solutions: np.ndarray, rows: int = len(TIMES)) -> dict:
    told = [{"t": TIMES[:rows].tolist(), "y": states[:rows].T.tolist()} for states in solutions]
    return {"id": number, "eq": equations, "solutions": [told]}


def entries() -> list[dict]:
    """Two systems whose equations are found, and one with too few rows for any."""
    return [
        entry(2, "c_0 * x_0", decay(3.0), decay(-1.0)),
        entry(7, "c_0 * x_1 | -c_0 * x_0", oscillation((1.0, 0.0)), oscillation((0.0, -2.0))),
        entry(9, "c_0 * x_0", decay(1.0), decay(2.0), rows=5),
    ]


def written(path: Path, content: object = None) -> Path:
    path.write_text(json.dumps(entries() if content is None else content))
    return path
