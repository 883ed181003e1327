"""Reading checkpoints without running any code that they might hold."""

from collections.abc import Collection
from typing import Any

import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import PathType


def load_checkpoint(
    path: PathType, map_location: Any = "cpu", keys: Collection[str] = ("state_dict",)
) -> dict[str, Any]:
    """Read a checkpoint with `weights_only=True`.

    Args:
        path: of the file.
        map_location: where its tensors go.
        keys: what must be in it.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: the file is not a checkpoint of tensors and plain containers, or lacks one of the keys.
    """
    remedy = "repeat the run with force=true, or give another"
    try:
        content = torch.load(path, map_location=map_location, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch's own advice is to trust the file
        raise DataError(f"{path} is not a readable checkpoint of tensors and plain containers; {remedy}") from error
    missing = sorted(set(keys) - content.keys()) if isinstance(content, dict) else sorted(keys)
    if missing or not isinstance(content, dict):
        raise DataError(f"{path} is a checkpoint without {', '.join(missing) or 'names'}; {remedy}")
    return content
