"""Objects as plain data and back: the exported name of a class and the arguments that it was made with.

What a run has learned is stored as such a description beside its tensors, so that a file restores it without any
configuration, and can build nothing but what the suite exports, or what a person's own trusted package defines.
"""

import dataclasses
import functools
import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.instantiate import PACKAGE, exported_class, trusted_object

KIND, PARTIAL, DTYPE = "_kind_", "_partial_", "_dtype_"
_ARGUMENTS = "_described_arguments"
_Class = TypeVar("_Class", bound=type)


def described(cls: _Class) -> _Class:
    """A class decorator: instances remember the arguments that they were made with.

    Args:
        cls: the class; a subclass of it with a constructor of its own is decorated as well.
    """
    original: Any = cls.__init__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if type(self) is cls:
            bound = dict(signature.bind(self, *args, **kwargs).arguments)
            bound.pop(next(iter(signature.parameters)))
            for parameter in signature.parameters.values():
                if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                    bound |= bound.pop(parameter.name, {})
            object.__setattr__(self, _ARGUMENTS, bound)
        original(self, *args, **kwargs)

    setattr(cls, "__init__", __init__)  # noqa: B010  (a plain assignment is refused by the type checker)
    return cls


def describe(value: Any) -> Any:
    """A value as plain containers, numbers, text and tensors.

    Args:
        value: plain, an array or tensor, a dtype, a dataclass, an instance of a `described` class, a partial of a
            class, or a container of these.

    Raises:
        DataError: something else is in it.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, torch.dtype):
        return {DTYPE: str(value).removeprefix("torch.")}
    if isinstance(value, Mapping):
        return {str(name): describe(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        parts = [describe(part) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(value, functools.partial):
        if value.args:
            raise DataError(f"{value} has positional arguments, which a description cannot hold; name them")
        return {KIND: kind_of(value.func), PARTIAL: True, **describe(value.keywords)}
    arguments = getattr(value, _ARGUMENTS, None)
    if arguments is None and dataclasses.is_dataclass(value) and not isinstance(value, type):
        arguments = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    if arguments is None or isinstance(value, type):
        raise DataError(
            f"{type(value).__module__}.{type(value).__qualname__} cannot be stored, for it does not tell how it was "
            "made; decorate the class with sciml_bench.core.stored.description.described"
        )
    return {KIND: kind_of(type(value)), **describe(arguments)}


def built(description: Any, trusted_packages: Sequence[str] = ()) -> Any:
    """What a description stands for; arrays come back as NumPy arrays.

    Args:
        description: as from `describe`, perhaps read from a file.
        trusted_packages: whose classes may be built beside those that the suite exports.

    Raises:
        ConfigurationError: a class is neither exported nor of a trusted package.
        DataError: no description, or arguments that the class does not take.
    """
    if isinstance(description, torch.Tensor):
        return description.numpy()
    if isinstance(description, list | tuple):
        return type(description)(built(part, trusted_packages) for part in description)
    if not isinstance(description, dict):
        return description
    if set(description) == {DTYPE}:
        dtype = getattr(torch, str(description[DTYPE]), None)
        if not isinstance(dtype, torch.dtype):
            raise DataError(f"{description[DTYPE]!r} is no type of numbers; the file is damaged")
        return dtype
    arguments = {
        name: built(part, trusted_packages) for name, part in description.items() if name not in (KIND, PARTIAL)
    }
    if KIND not in description:
        return arguments
    cls = class_of(description[KIND], trusted_packages)
    if description.get(PARTIAL):
        return functools.partial(cls, **arguments)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise DataError(f"{description[KIND]} cannot be built from its description ({error})") from error


def kind_of(cls: Any) -> str:
    """The name under which a room exports a class, such as `koopman.FeaturePair`; else its full dotted name."""
    parts = str(cls.__module__).split(".")
    if parts[0] == PACKAGE:
        for length in range(2, len(parts) + 1):
            room = importlib.import_module(".".join(parts[:length]))
            if cls.__name__ in getattr(room, "__all__", ()) and getattr(room, cls.__name__) is cls:
                return ".".join([*parts[1:length], cls.__name__])
    return f"{cls.__module__}.{cls.__qualname__}"


def class_of(kind: object, trusted_packages: Sequence[str] = ()) -> type:
    """The class of a kind.

    Args:
        kind: as from `kind_of`, perhaps read from a file.
        trusted_packages: whose classes are allowed beside those that the suite exports.

    Raises:
        ConfigurationError: not exported, and not of a trusted package.
    """
    name = kind if isinstance(kind, str) else ""
    found = trusted_object(name, trusted_packages)
    found = exported_class(name) if found is None else found
    if isinstance(found, type):
        return found
    raise ConfigurationError(
        f"the kind {kind!r} is no class that the suite exports; if it is one of your own package, name the package: "
        "trusted_packages in Python, --trust on the command line"
    )
