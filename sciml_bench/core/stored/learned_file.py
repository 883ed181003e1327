"""checkpoints/learned.ckpt: what a run has learned, as one file that restores it without configuration or data."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.core.stored.description import KIND, built, describe
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.core.types import PathType

FORMAT = 1
_KEYS = {"format", "kind", "settings", "tensors"}


@runtime_checkable
class Learned(Protocol):
    """What can be written: an object that `describe` takes and that names its tensors."""

    def tensors(self) -> dict[str, Tensor]:
        """Everything that was learned."""
        ...

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave.

        Raises:
            DataError: a tensor is missing, or of another shape.
        """
        ...


class LearnedModule:
    """Base of what is learned as the weights of one network, `model`."""

    model: nn.Module

    def tensors(self) -> dict[str, Tensor]:
        """The weights."""
        return dict(self.model.state_dict())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave."""
        load_module(self.model, tensors)


@runtime_checkable
class Joinable(Protocol):
    """What several seeds have learned can be one object with members."""

    @classmethod
    def joined(cls, members: Sequence[Any]) -> Any:
        """The members as one.

        Args:
            members: of one class, learned from one record.
        """
        ...


def write_learned(path: PathType, learned: Learned) -> None:
    """Write the file atomically.

    Args:
        path: of the file.
        learned: of a `described` class, or a dataclass.

    Raises:
        DataError: something in it cannot be stored.
    """
    settings = describe(learned)
    kind = settings.pop(KIND)
    tensors = {name: tensor.detach().to("cpu", copy=True) for name, tensor in learned.tensors().items()}
    content = {"format": FORMAT, "kind": kind, "settings": settings, "tensors": tensors}
    write_atomically(path, lambda file: torch.save(content, file))


def read_learned(path: PathType, trusted_packages: Sequence[str] = ()) -> Any:
    """The learned object of a file.

    Args:
        path: of the file.
        trusted_packages: whose classes may be built beside those that the suite exports.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be read, or is of another format.
        ConfigurationError: it names a class that is not trusted.
    """
    content = load_checkpoint(path, keys=_KEYS)
    settings, tensors = content["settings"], content["tensors"]
    of_tensors = isinstance(tensors, dict) and all(isinstance(tensor, Tensor) for tensor in tensors.values())
    if not isinstance(settings, dict) or not of_tensors:
        raise DataError(f"{path} holds no learned object; repeat the run with force=true")
    if content["format"] != FORMAT:
        raise DataError(f"{path} has the format {content['format']!r}; this version reads {FORMAT}: repeat the run")
    learned = built({KIND: content["kind"], **settings}, trusted_packages)
    if not isinstance(learned, Learned):
        raise DataError(f"{path}: {content['kind']} is nothing that is learned")
    learned.load_tensors(tensors)
    return learned


def load_module(module: nn.Module, tensors: Mapping[str, Tensor], prefix: str = "") -> None:
    """Give a module the tensors whose names begin with a prefix, and put it into evaluation mode.

    Args:
        module: built as it was when they were taken.
        tensors: by name.
        prefix: such as `network.`.

    Raises:
        DataError: one is missing, too many, or of another shape.
    """
    if not isinstance(tensors, Mapping):
        raise DataError(f"the stored weights of {type(module).__name__} are {type(tensors).__name__}, no mapping")
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    try:
        module.load_state_dict(own)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise DataError(f"the stored tensors do not fit {type(module).__name__} ({reason})") from error
    module.eval()
