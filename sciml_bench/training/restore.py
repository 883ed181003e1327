"""restore(folder), importable at once: torch and lightning are loaded when a run is restored."""

from collections.abc import Sequence
from typing import Any

from sciml_bench.core.plain_types import PathType


def restore(path: PathType, trusted_packages: Sequence[str] = ()) -> tuple[Any, Any]:
    """Rebuild what a run folder describes; only classes that the suite exports are built, whatever the folder says.

    Args:
        path: a run folder; of an ensemble, that of one member.
        trusted_packages: your own packages, whose classes may be built as well.

    Returns:
        the data module, set up, and the method; its weights are the best ones, in evaluation mode. A method without
        epochs is fitted again.

    Raises:
        DataError: the folder holds no run, or no checkpoint, or a whole ensemble.
    """
    from sciml_bench.training.restored_run import restored_run

    return restored_run(path, trusted_packages)
