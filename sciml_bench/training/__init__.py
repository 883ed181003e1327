"""One run from a composed configuration to a finished run folder, the same for every paradigm."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciml_bench.training.one_run import run
    from sciml_bench.training.restored_run import restore
    from sciml_bench.training.script import composed

__all__ = ["composed", "restore", "run"]


_HOMES = {"composed": "script", "restore": "restored_run", "run": "one_run"}


def __getattr__(name: str) -> Any:
    """Import torch and lightning when a run is asked for, so that `--help` answers at once."""
    if name in _HOMES:
        return getattr(import_module(f"sciml_bench.training.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
