"""The four scripts as their tests call them: what they offer, what they compose, and what they say on the way out."""

import sys
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from sciml_bench.suite import benchmark
from sciml_bench.training.script import composed, main

CONF = Path(__file__).resolve().parents[1] / "conf"
TRAJECTORY_SCRIPTS = ("koopman", "mechnn", "node_homotopy")
SCRIPTS = (*TRAJECTORY_SCRIPTS, "nsm")


def options(group: str, *places: str) -> list[str]:
    """The choices of a group in some of the folders of conf/."""
    return sorted(path.stem for place in places for path in (CONF / place / group).glob("*.yaml"))


RECORDS = options("data", "shared")

SMALL = {
    "alanine_dipeptide": [
        "data.nanoseconds=0.1",
        "data.n_trajectories=3",
        "data.split={train:1,validation:1,test:1}",
    ],
    "molecular": ["data.split={train:1,validation:1,test:1}"],
    "driven_duffing": ["data.n_steps=200"],
    "duffing": ["data.n_trajectories=10", "data.n_steps=60"],
    "ephemeris": [
        "data.end=1981-06-01",
        "data.validation_start=1980-07-01",
        "data.test_start=1980-12-01",
        "data.n_test=1",
        "data.n_test_states=300",
    ],
    "kdv": [
        "data.split={train:3,validation:1,test:1}",
        "data.n_skipped=1",
        "data.n_frames=100",
        "data.n_test_frames=110",
        "data.system.n_points=32",
    ],
    "logistic_growth": ["data.split={train:64,validation:8,test:8}"],
    "lorenz63": ["data.n_steps=2000"],
    "lorenz63_pervez2024": ["data.n_steps=700", "data.split={train:600,test:100}"],
    "ordered_digits": ["data.image_size=8"],
    "tank": ["data.n_steps=200"],
    "two_body": ["data.split={train:4,validation:1,test:1}", "data.n_states=120", "data.n_test_states=250"],
    **{name: ["data.n_steps=600"] for name in ("linear_gaussian", "logistic_map", "markov_chain")},
    **{name: ["data.n_steps=600"] for name in ("ornstein_uhlenbeck", "prinz_potential", "switching_autoregressive")},
    "double_well": ["data.n_steps=600"],
    "mueller_brown": ["data.n_steps=60", "data.n_trajectories=10"],
}
"""What makes a record quick to simulate and to learn from; the others are small as they are."""


def settings(script: str, *overrides: str, folder: Path) -> dict[str, Any]:
    """What `python train_<script>.py <overrides>` means: plain and resolved."""
    return OmegaConf.to_container(composed(script, list(overrides), folder), resolve=True)  # type: ignore[return-value]


def command_line(monkeypatch: pytest.MonkeyPatch, script: str, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", [f"train_{script}.py", *arguments])
    try:
        benchmark.main() if script == "benchmark" else main(script)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
