"""What a class asks for, by its annotations, beside what a configuration gives: told by the key, before it is built.

Annotations are `int`, `float | int`, `Sequence[int] | None` and their like; what else a class asks for, it checks.
"""

import difflib
import inspect
import os
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from sciml_bench.core.checks import is_integer, is_number, require_boolean
from sciml_bench.core.errors import ConfigurationError

TARGET = "_target_"
"""The key that names what a mapping builds."""

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word", type(None): "null"}
_NAMED = {"split": "{train: …, validation: …, test: …}"}
"""Mappings whose names are known."""
_BUILT_ELSEWHERE = ("sciml_bench.", "torch.", "numpy", "jaxtyping")
"""Packages whose objects a plain value never is."""


def require_arguments(target: Any, given: Mapping[str, Any], key: str) -> None:
    """Stop at an argument that a class does not have, or at a value of another kind than it asks for.

    Args:
        target: a class or function.
        given: arguments by name, plain or to be built.
        key: of the node of the configuration, such as `data.system`.

    Raises:
        ConfigurationError: naming the key, the value and the remedy.
    """
    known, takes_others = annotations_of(target)
    for name, value in given.items():
        if name not in known:
            if not takes_others:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise ConfigurationError(
                    f"{key}.{name}={value}: {key} has no {name}; {hint}choose among {', '.join(known)}."
                )
            continue
        asked = known[name]
        if asked is bool:
            require_boolean(f"{key}.{name}", value)
        if fits(value, asked) is False:
            raise ConfigurationError(f"{key}.{name}={value}: give {_NAMED.get(name) or _in_words(asked)}.")


def annotations_of(target: Any) -> tuple[dict[str, Any], bool]:
    """What a class or function asks for, by name, its bases included where it hands on what it does not know itself.

    Args:
        target: the class or function.

    Returns:
        the annotations, and whether others than these names may be taken as well.
    """
    found: dict[str, Any] = {}
    is_class = isinstance(target, type)
    bases = target.__mro__ if is_class else ()
    hands_on = False
    for maker in [base.__dict__["__init__"] for base in bases if "__init__" in base.__dict__] or [target]:
        try:
            parameters = list(inspect.signature(maker, eval_str=True).parameters.values())
        except (TypeError, ValueError, NameError):  # a builtin does not tell what it takes
            return found, True
        named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
        for each in named[1:] if is_class else named:
            found.setdefault(each.name, each.annotation)
        if not any(each.kind is each.VAR_KEYWORD for each in parameters):
            break
        hands_on = True  # to a base, or to a part
    return found, hands_on


def fits(value: Any, asked: Any) -> bool | None:
    """Whether a plain value is of the kind that an annotation asks for; None where the annotation does not tell.

    Args:
        value: of a configuration; a mapping may stand for an object that is built of it.
        asked: an annotation.
    """
    if isinstance(value, Mapping) and TARGET in value:
        return None
    origin, parts = get_origin(asked), get_args(asked)
    if origin is Annotated:
        return fits(value, asked.__metadata__[0])
    if origin in (Union, types.UnionType):
        found = [fits(value, part) for part in parts]
        return True if True in found else (None if None in found else False)
    if asked is bool:
        return isinstance(value, bool)
    if asked is int:
        return is_integer(value)
    if asked is float:
        return is_number(value)
    if asked in (str, type(None)):
        return isinstance(value, asked) and value != ""
    kind = origin or asked
    if not isinstance(kind, type):
        return None
    if isinstance(value, Mapping) and issubclass(kind, Mapping):
        return True
    if issubclass(kind, Sequence):
        if not isinstance(value, list | tuple):
            return False
        elements = [fits(each, parts[0]) for each in value] if parts else []
        return False not in elements
    is_foreign = kind.__module__.startswith(_BUILT_ELSEWHERE) or issubclass(kind, Mapping | Callable)
    return False if is_foreign or kind is os.PathLike else None


def _in_words(asked: Any) -> str:
    origin, parts = get_origin(asked), get_args(asked)
    if origin is Annotated:
        return _in_words(asked.__metadata__[0])
    if origin in (Union, types.UnionType):
        words = list(dict.fromkeys(_in_words(part) for part in parts))
        if {"a number", "a whole number"} <= set(words):
            words.remove("a whole number")
        return " or ".join(words)
    if asked in _WORDS:
        return _WORDS[asked]
    kind = origin or asked
    if isinstance(kind, type) and issubclass(kind, Sequence):
        of_what = _in_words(parts[0]).removeprefix("a ").replace(" or ", " or a ") if parts else ""
        return f"a list of {of_what}s" if of_what in ("whole number", "number", "word") else "a list"
    if kind is os.PathLike:
        return "a path"
    is_mapping = isinstance(kind, type) and issubclass(kind, Mapping)
    return "a mapping {name: value}" if is_mapping else f"what it is built from, with `{TARGET}`"
