"""The processes of a run that do not own its folder: they train along, and are silent.

One that fails leaves its reason in a file and ends as if nothing was wrong, since Lightning kills the first process
where another ends otherwise; the first one then loses the connection, and tells the reason.

Light on purpose: the scripts ask before torch is imported.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from sciml_bench.core.errors import TrainingError, in_a_sentence
from sciml_bench.core.interruption import interruption_behind


def rank() -> int:
    """Number of this process in its run, as Lightning, torchrun or Slurm told it; 0 owns the folder of the run."""
    names = ("RANK", "LOCAL_RANK", "SLURM_PROCID")  # the first that is given, as Lightning reads them
    return int(next((os.environ[name] for name in names if name in os.environ), 0))


def is_connection_lost(error: BaseException) -> bool:
    """Whether an error says that another process is no longer there."""
    return isinstance(error, RuntimeError) and ("gloo" in str(error) or type(error).__name__.startswith("Dist"))


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """End this process well however its work ends; its reason is left in a file of this folder."""
    file = folder / f"process_{rank()}.txt"
    file.unlink(missing_ok=True)
    try:
        yield
    except BaseException as error:
        if interruption_behind(error) is None and not is_connection_lost(error) and not isinstance(error, SystemExit):
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{in_a_sentence(error) or type(error).__name__}\n\n{traceback.format_exc()}")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def raise_reason(folder: Path, error: BaseException) -> NoReturn:
    """Tell why another process is no longer there, from the file that it has left.

    Raises:
        TrainingError: always.
    """
    reason = "another process of this run has ended; repeat the command to continue"
    for path in sorted(folder.glob("process_*.txt"), reverse=True):
        reason = f"{path.read_text().splitlines()[0]} (process {path.stem.removeprefix('process_')}, {path})"
    raise TrainingError(reason) from error
