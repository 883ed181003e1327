"""Reading checkpoints without running any code that they might hold."""

from typing import Any

import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import PathType


def load_checkpoint(path: PathType, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint with `weights_only=True`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: the file is not a checkpoint of tensors and plain containers.
    """
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise DataError(
            f"{path} is not a readable checkpoint ({str(error).splitlines()[0]}); repeat the run with force=true"
        ) from error
