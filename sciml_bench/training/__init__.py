"""One run from a composed configuration to a finished run folder, the same for every paradigm."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciml_bench.training.one_run import run

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    """Import torch and lightning when a run is asked for, so that `--help` answers at once."""
    if name == "run":
        from sciml_bench.training.one_run import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
