"""The one door through which a configuration becomes objects: a node builds what the suite exports for its role.

Everything is checked before anything is built, and nothing is resolved after the check, so that a configuration that
somebody else wrote can neither call a function nor reach a class that has nothing to do with its place.
"""

import functools
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.checks import is_number
from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.core.kinds import TARGET, require_arguments

PACKAGE = "sciml_bench"
PARTIAL = "_partial_"
_METHODS = ("koopman", "mechnn", "node", "nsm", "sequences", "suite")


@dataclass(frozen=True)
class Role:
    """What a node of a configuration stands for.

    Args:
        own: rooms of the suite; what they and the rooms within them export may fill the role.
        parts: further rooms, whose classes may only stand inside such a node.
    """

    own: tuple[str, ...]
    parts: tuple[str, ...] = ()


_KEYS = {"view": "training.view"}
"""Where a role stands in a configuration, if not under its own name."""

ROLES: dict[str, Role] = {
    "data": Role(own=("data",), parts=("systems",)),
    "pde": Role(own=("nsm.equations",), parts=("systems",)),
    "view": Role(own=("data",)),
    "model": Role(own=(*_METHODS, "networks"), parts=("systems",)),
    "training": Role(own=_METHODS, parts=("networks",)),
    "schedule": Role(own=("core",)),
    "evaluation": Role(own=(*_METHODS, "scores")),
    "logger": Role(own=("training",)),
    "callback": Role(own=()),  # always a person's own
}
"""By the name of the node, the rooms whose `__all__` says what it may build; a new class needs no entry here."""


def instantiate(config: Any, *args: Any, role: str, trusted_packages: Sequence[str] = (), **overrides: Any) -> Any:
    """Build the object that `config` describes with `_target_`; `_partial_: true` gives a factory of it.

    Args:
        config: a mapping with `_target_`, possibly nested; one of OmegaConf is resolved first.
        args: positional arguments for the outermost target.
        role: a key of ROLES: which classes may stand here.
        trusted_packages: packages of the caller's own, of which any class or function may be named; never read from a
            run folder.
        overrides: keyword arguments for the outermost target.

    Raises:
        ConfigurationError: a target is missing, may not stand here or does not accept its arguments, or the
            configuration is not plain data.
    """
    try:
        plain = OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config
    except OmegaConfBaseException as error:
        raise ConfigurationError(f"{role} cannot be resolved: {str(error).splitlines()[0]}") from None
    key = _KEYS.get(role, role)
    if not isinstance(plain, Mapping) or TARGET not in plain:
        raise ConfigurationError(f"{key}={plain!r}: give what it is built from, with `{TARGET}`.")
    return _built(_checked(plain, key, role, tuple(trusted_packages)), key, args, overrides)


def exported_class(name: str, rooms: Iterable[str] | None = None) -> type | None:
    """The class that a room of the suite exports under a name, or None where there is none.

    Args:
        name: without the package, such as `koopman.FeaturePair`.
        rooms: the rooms that may be looked into, with those within them; None: all.

    Raises:
        ConfigurationError: the room needs a package that is not installed.
    """
    room, _, last = name.rpartition(".")
    if not room or not all(part.isidentifier() and not part.startswith("_") for part in name.split(".")):
        return None
    if rooms is not None and not any(f"{room}.".startswith(f"{allowed}.") for allowed in rooms):
        return None
    module = _imported(f"{PACKAGE}.{room}")
    found = getattr(module, last, None) if last in getattr(module, "__all__", ()) else None
    return found if isinstance(found, type) else None


def trusted_object(name: str, trusted_packages: Iterable[str]) -> Any:
    """The class or function that a trusted package defines, or None where there is none.

    Args:
        name: the full dotted name.
        trusted_packages: no other is imported; what a trusted package merely imports is not its own.

    Raises:
        ConfigurationError: the package needs one that is not installed.
    """
    trusted = tuple(f"{package.rstrip('.')}." for package in trusted_packages)
    if not name.startswith(trusted) or not all(part.isidentifier() for part in name.split(".")):
        return None
    parts, found = name.split("."), None
    for length in range(len(parts) - 1, 0, -1):
        found = _imported(".".join(parts[:length]))
        if found is not None:
            for part in parts[length:]:
                found = getattr(found, part, None)
            break
    defined_in = f"{getattr(found, '__module__', None)}."
    return found if callable(found) and defined_in.startswith(trusted) else None


def _imported(name: str) -> Any:
    """A module, or None where there is none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(f"{name} needs the package {error.name!r}, which is missing") from None
        return None


def _checked(value: Any, key: str, role: str, trusted: tuple[str, ...]) -> Any:
    """A copy of plain data in which every target is the object that it names."""
    if isinstance(value, Mapping):
        checked = {}
        for name, part in value.items():
            where = f"{key}.{name}"
            if name == TARGET:
                checked[name] = _object_of(part, where, role, trusted)
            elif name == PARTIAL:
                if not isinstance(part, bool):
                    raise ConfigurationError(f"{where}={part!r} is neither true nor false")
                checked[name] = part
            elif not isinstance(name, str) or (name.startswith("_") and name.endswith("_")):
                raise ConfigurationError(f"{where} is no name of an argument; remove it")
            else:
                checked[name] = _checked(part, where, role, trusted)
        if TARGET in checked:
            given = {name: part for name, part in checked.items() if name not in (TARGET, PARTIAL)}
            require_arguments(checked[TARGET], given, key)
        return checked
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_checked(part, f"{key}[{index}]", role, trusted) for index, part in enumerate(value)]
    if isinstance(value, str) and "${" in value:
        raise ConfigurationError(f"{key}={value!r} holds an interpolation, which is not resolved here; write its value")
    if isinstance(value, str) and value == "???":
        raise ConfigurationError(f"{key} has no value; give it on the command line: {key}=<value>")
    if isinstance(value, float) and not is_number(value):
        raise ConfigurationError(f"{key}={value}: give a finite number.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ConfigurationError(f"{key}={value!r} is no plain value (a number, text, a list or a mapping)")


def _object_of(target: Any, key: str, role: str, trusted: tuple[str, ...]) -> Any:
    rooms = ROLES[role].own + (() if key == f"{_KEYS.get(role, role)}.{TARGET}" else ROLES[role].parts)
    name = target if isinstance(target, str) else ""
    found = trusted_object(name, trusted)
    if found is None and name.startswith(f"{PACKAGE}."):
        found = exported_class(name.removeprefix(f"{PACKAGE}."), rooms)
    if found is None and f"{name}.".startswith(tuple(f"{package}." for package in trusted)):
        raise ConfigurationError(
            f"{key}={target!r} is of a package that you trust, but no class or function of this name is defined there; "
            "check the name, and that PYTHONPATH has the folder of the package"
        )
    if found is None:
        where = f" (in {', '.join(f'{PACKAGE}.{room}' for room in rooms)})" if rooms else ""
        raise ConfigurationError(
            f"{key}={target!r} is no class that the suite exports for {role}{where}; if it is one of your own package, "
            "name the package in trusted_packages=[...] (--trust on the command line)"
        )
    return found


class _Factory(functools.partial):
    """What builds now or later; where it refuses an argument, it names the key under which a person finds it."""

    key = ""

    def __call__(self, /, *args: Any, **overrides: Any) -> Any:
        try:
            return super().__call__(*args, **overrides)
        except ConfigurationError as error:
            name = re.escape(getattr(self.func, "__name__", ""))
            told = re.match(rf"(?:{name}(?:\.|: ))?(\w+)(?: = |=)", str(error))
            if told and told[1] in self.keywords:
                error.args = (f"{self.key}.{told[1]}={str(error)[told.end() :]}",)
            raise


def _built(checked: Any, key: str, args: Sequence[Any] = (), overrides: Mapping[str, Any] | None = None) -> Any:
    if isinstance(checked, list):
        return [_built(part, f"{key}[{index}]") for index, part in enumerate(checked)]
    if not isinstance(checked, dict):
        return checked
    arguments = {name: _built(part, f"{key}.{name}") for name, part in checked.items() if name not in (TARGET, PARTIAL)}
    if TARGET not in checked:
        return arguments
    target = checked[TARGET]
    make = _Factory(target, *args, **arguments | dict(overrides or {}))
    make.key = key
    if checked.get(PARTIAL):
        return make
    try:
        return make()
    except (ValueError, FileNotFoundError, SolverError):
        raise
    except Exception as error:
        raise ConfigurationError(f"{getattr(target, '__qualname__', target)} cannot be built: {error}") from error
