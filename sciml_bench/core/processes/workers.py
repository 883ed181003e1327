"""The processes of a run that do not own its folder: they train along, and are silent.

One that fails leaves its reason in a file and ends as if nothing was wrong, since Lightning kills the first process
where another ends otherwise; the first one then loses the connection, and tells the reason.

Light on purpose: the scripts ask before torch is imported.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from sciml_bench.core.errors import TrainingError, in_a_sentence
from sciml_bench.core.interruption import interruption_behind

_SECONDS_TO_WAIT = 3.0


def rank() -> int:
    """Number of this process in its run, as Lightning, torchrun or Slurm told it."""
    names = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # the first that is given, as Lightning reads them
    return int(next((os.environ[name] for name in names if name in os.environ), 0))


def is_worker() -> bool:
    """Whether another process owns the folder of the run."""
    return rank() > 0


def is_connection_lost(error: BaseException) -> bool:
    """Whether an error says that another process is no longer there."""
    return isinstance(error, RuntimeError) and ("gloo" in str(error) or type(error).__name__.startswith("Dist"))


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """End this process well however its work ends; its reason is left in a file.

    Args:
        folder: for the file.
    """
    try:
        yield
    except BaseException as error:
        if interruption_behind(error) is None and not is_connection_lost(error) and not isinstance(error, SystemExit):
            folder.mkdir(parents=True, exist_ok=True)
            lines = f"{in_a_sentence(error) or type(error).__name__}\n\n{traceback.format_exc()}"
            (folder / f"process_{rank()}.txt").write_text(lines)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def forget_reasons(folder: Path) -> None:
    """Remove what processes of an earlier attempt have left."""
    for path in folder.glob("process_*.txt"):
        path.unlink()


def raise_reason(folder: Path, error: BaseException) -> NoReturn:
    """Tell why another process is no longer there.

    Args:
        folder: where it left its reason.
        error: of the connection.

    Raises:
        TrainingError: always.
    """
    until = time.monotonic() + _SECONDS_TO_WAIT
    while not (left := sorted(folder.glob("process_*.txt"))) and time.monotonic() < until:
        time.sleep(0.1)
    if not left:
        raise TrainingError("another process of this run has ended; repeat the command to continue") from error
    number = left[0].stem.removeprefix("process_")
    raise TrainingError(f"{left[0].read_text().splitlines()[0]} (process {number}, {left[0]})") from error
