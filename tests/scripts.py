"""The four scripts as their tests call them: what they offer, what they compose, and what they say on the way out."""

import sys
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from sciml_bench.training.script import composed, main

CONF = Path(__file__).resolve().parents[1] / "conf"
TRAJECTORY_SCRIPTS = ("koopman", "mechnn", "node_homotopy")
SCRIPTS = (*TRAJECTORY_SCRIPTS, "nsm")


def options(group: str, *places: str) -> list[str]:
    """The choices of a group in some of the folders of conf/."""
    return sorted(path.stem for place in places for path in (CONF / place / group).glob("*.yaml"))


RECORDS = options("data", "shared")


def settings(script: str, *overrides: str, folder: Path) -> dict[str, Any]:
    """What `python train_<script>.py <overrides>` means: plain and resolved."""
    return OmegaConf.to_container(composed(script, list(overrides), folder), resolve=True)  # type: ignore[return-value]


def command_line(monkeypatch: pytest.MonkeyPatch, script: str, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", [f"train_{script}.py", *arguments])
    try:
        main(script)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0
