"""Files that are whole or absent: written beside their name, flushed to disk, then renamed."""

import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import yaml

from sciml_bench.core.errors import DataError, StorageError, failure_of_storage, in_a_sentence
from sciml_bench.core.interruption import undisturbed
from sciml_bench.core.plain_types import PathType

TEMPORARY_SUFFIX = ".incomplete"

NOT_FINITE = ("inf", "-inf", "nan")
"""How numbers that are not finite stand in JSON, as text."""


def write_atomically(path: PathType, write: Callable[[BinaryIO], object]) -> None:
    """Call `write` on a temporary file and give it its name only when every byte is on the disk.

    Args:
        path: the file to make or replace; its folder is made where it is missing.
        write: writes the content into an open binary file.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to; the file is as it was.
    """
    path, name = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=TEMPORARY_SUFFIX, dir=path.parent)
        with undisturbed(), os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
    except BaseException as error:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        failure = failure_of_storage(error) if isinstance(error, Exception) else None
        if failure is None:
            raise
        if str(failure.filename).endswith(TEMPORARY_SUFFIX):
            failure.filename = str(path)
        raise StorageError(in_a_sentence(failure, path)) from error


def write_json(path: PathType, content: Mapping[str, Any]) -> None:
    """Write strict JSON atomically; it has no numbers that are not finite, which become one of `NOT_FINITE`."""
    text = json.dumps(_in_json(content), indent=2, allow_nan=False) + "\n"
    write_atomically(path, lambda file: file.write(text.encode()))


def _in_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _in_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_in_json(part) for part in value]
    return str(float(value)) if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: PathType) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        DataError: the file is not a JSON object.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}); remove it and repeat the command") from None
    if not isinstance(content, dict):
        raise DataError(f"{path} does not hold a JSON object; remove it and repeat the command")
    return content


# ten times as fast as those in Python, where libyaml is there
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DEEPEST = 50
"""Mappings and lists within each other; the loader in C would leave its stack."""


_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _PlainDumper(_Dumper):
    """Writes what occurs twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def write_yaml(path: PathType, content: Mapping[str, Any]) -> None:
    """Write plain data as YAML atomically, without tags and aliases."""
    text = yaml.dump(dict(content), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True)
    write_atomically(path, lambda file: file.write(text.encode()))


def read_yaml(path: PathType) -> dict[str, Any]:
    """Read a YAML mapping of mappings, lists, numbers and text: no tag, alias, date or interpolation.

    Raises:
        DataError: the file holds something else.
    """
    try:
        text = Path(path).read_text()
        _require_typed(text)
        content = yaml.load(text, Loader=_Loader)
        if not isinstance(content, dict):
            raise yaml.YAMLError("it holds no mapping")
        _require_plain(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path} is no plain configuration ({reason}); repeat the run with force=true") from None
    return content


def _require_typed(text: str) -> None:
    """Take what a person would have typed: no tags, no aliases, nothing deeply nested."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None) is not None:
            raise yaml.YAMLError(f"a tag or an alias in line {event.start_mark.line + 1}")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError(f"more than {_DEEPEST} levels in line {event.start_mark.line + 1}")


def _require_plain(value: Any) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str):
                raise yaml.YAMLError(f"the key {name!r} is no text")
            _require_plain(part)
    elif isinstance(value, list):
        for part in value:
            _require_plain(part)
    elif isinstance(value, str) and "${" in value:
        raise yaml.YAMLError(f"the interpolation {value!r}")
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise yaml.YAMLError(f"{value!r} is neither a number nor text")


def write_arrays(path: PathType, arrays: Mapping[str, Any]) -> None:
    """Write named numeric arrays as one compressed `.npz`, without pickled objects.

    Raises:
        DataError: an array would need pickling.
    """
    converted = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in converted.items():
        if array.dtype.hasobject:
            raise DataError(f"the array {name!r} holds Python objects; convert it to numbers or text")
    write_atomically(path, lambda file: np.savez_compressed(file, allow_pickle=False, **converted))


def read_arrays(path: PathType) -> dict[str, np.ndarray]:
    """Read every array of an `.npz` file, refusing pickled objects.

    Raises:
        DataError: the file is a single array, as `numpy.save` writes it.
    """
    archive = np.load(path, allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise DataError(f"{path} holds one array without a name; write it with numpy.savez, which gives it one")
    with archive:
        return {name: archive[name] for name in archive.files}


def remove_incomplete(folder: PathType) -> None:
    """Remove what writers that were killed left below `folder`."""
    for leftover in Path(folder).rglob(f"*{TEMPORARY_SUFFIX}"):
        leftover.unlink(missing_ok=True)
