"""The errors a person may meet, each with one meaning and a message that names the field and the remedy."""

import ast
import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager


class SciMLBenchWarning(UserWarning):
    """Something is suspicious but the run can go on; the tests turn every such warning into an error."""


class ConfigurationError(ValueError):
    """A choice or value in the configuration is wrong; the message names the key, the value and the remedy."""


class NotApplicableError(ConfigurationError):
    """A method cannot learn from this kind of record; said before anything is loaded."""


class LacksAbilityError(NotApplicableError):
    """What is learned lacks something.

    Args:
        name: of its class, or what a person has chosen.
        lacks: such as "does not forecast".
        example: a method of the benchmark that does not lack it.
    """

    def __init__(self, name: str, lacks: str, example: str) -> None:
        super().__init__(f"{name} {lacks}")
        self.lacks, self.example = lacks, example


class DataError(ValueError):
    """Data cannot be used: not finite, of the wrong shape, too short, constant or unreadable."""


class SolverError(RuntimeError):
    """An integration or linear solve broke down; the message says where, with which norm, and what to try."""


class TrainingError(RuntimeError):
    """A fit cannot go on, such as after a loss that is not finite; the last good checkpoint is kept."""


class StorageError(OSError):
    """A file cannot be written; what was there before still is."""


def values_as_typed(said: str) -> str:
    """A sentence in which values behind a key stand as Hydra reads them: `data.observe=[x, y]`, `seed=null`."""
    said = re.sub(r"(?<![\w.'\"])([a-z_][\w.]*)=(None|True|False)\b", lambda word: f"{word[1]}={_WORDS[word[2]]}", said)
    for key in [*re.finditer(r"(?<![\w.'\"])[a-z_][\w.]*=(?=[(\[{])", said)][::-1]:
        for end in re.finditer(r"[)\]}]", said[key.end() :]):
            stop = key.end() + end.end()
            try:
                value = ast.literal_eval(said[key.end() : stop])
            except (SyntaxError, ValueError):
                continue
            if value == [...]:  # of a remedy
                break
            said = said[: key.end()] + _typed(value) + said[stop:]
            break
    return said


_WORDS = {"None": "null", "True": "true", "False": "false"}


def _typed(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_typed, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_typed(part)}' for name, part in value.items())}}}"
    if not isinstance(value, str):
        return _WORDS.get(str(value), str(value))
    return value if re.fullmatch(r"[\w./*-]+", value) else repr(value)


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_FOLDER = (errno.ENOTDIR, errno.EEXIST)


def in_a_sentence(error: BaseException, path: object = None) -> str:
    """What a person is told of an error; the operating system's own get their file and a remedy.

    Args:
        error: raised by ourselves or by the operating system.
        path: of the file, where the error does not say.
    """
    if isinstance(error, MemoryError):
        return f"there is not enough memory ({error}); use less data, smaller batches, a smaller model or fewer members"
    if not isinstance(error, OSError) or error.errno is None:
        return values_as_typed(str(error))
    reason, place = error.strerror, error.filename or path
    if error.errno in _FULL:
        return f"{place} cannot be written, the disk is full ({reason}); free some space and repeat the command"
    if error.errno in _FORBIDDEN:
        return f"{place} may not be opened or written ({reason}); change its permissions, or choose another folder"
    if error.errno in _NO_FOLDER:
        return f"{place} is in the way: a file stands where a folder is needed ({reason}); remove it, or choose another"
    return f"{place}: {reason}"


_TRIED = re.compile(r"[Tt]ried to allocate ([\d.]+) ?(bytes|[KMGT]iB)")
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def refused_allocation(error: BaseException) -> float | None:
    """The bytes that torch could not get, which it raises as a RuntimeError; None where an error is another."""
    found = _TRIED.search(str(error)) if isinstance(error, RuntimeError) else None
    return float(found[1]) * _UNITS[found[2]] if found else None


@contextmanager
def memory_errors() -> Iterator[None]:
    """Raise as a MemoryError what torch raises as a RuntimeError where memory is refused, of processor or device.

    Raises:
        MemoryError: memory was refused.
    """
    try:
        yield
    except RuntimeError as error:
        if refused := refused_allocation(error):
            raise MemoryError(f"{refused / 2**30:.3g} GiB were asked for at once") from error
        raise


def failure_of_storage(error: BaseException) -> OSError | None:
    """The operating system's error behind another, such as that of a library whose file could not be written."""
    link: BaseException | None = error
    while link is not None and not (isinstance(link, OSError) and link.errno is not None):
        link = link.__cause__ or link.__context__
    return link if isinstance(link, OSError) else None
