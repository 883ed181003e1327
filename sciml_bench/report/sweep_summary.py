"""A table at the end of a sweep, made of the runs of that sweep alone.

Hydra builds a callback in the process that was started and hands copies of it to the processes of a launcher. So the
jobs, wherever they run, add their folders to one file in the sweep's folder, and the end of the sweep reads it.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from sciml_bench.report.replications.table5.summary import summarise_table5


class Table5OfSweep(Callback):
    """Write and print the paper's Table 5 beside ours when all jobs have ended.

    Args:
        folder: for table5.md, table5.csv and table5.png, below the sweep's own.
    """

    def __init__(self, folder: str = "table5") -> None:
        self.folder = folder
        self._job_list: Path | None = None

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Begin an empty list of job folders."""
        output = self._output(config)
        output.mkdir(parents=True, exist_ok=True)
        # two sweeps at a time must not mix their jobs
        self._job_list = output / f".jobs-{os.getpid()}-{time.time_ns()}"
        self._job_list.touch()

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Add this job's folder to the list; a single run has none."""
        if self._job_list is not None:
            with self._job_list.open("a") as file:
                file.write(f"{config.hydra.runtime.output_dir}\n")

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Make the table; where that fails, say why in one sentence, for the runs are there all the same."""
        if self._job_list is None:
            return
        output = self._output(config)
        try:
            listed = dict.fromkeys(self._job_list.read_text().splitlines())
            summarise_table5([folder for folder in listed if Path(folder).is_dir()], output)
        except Exception as error:
            reason = str(error) if isinstance(error, ValueError | OSError) else f"{type(error).__name__}: {error}"
            print(f"the table in {output} was not made, the runs are not affected: {reason}", file=sys.stderr)
        finally:
            self._job_list.unlink(missing_ok=True)

    def _output(self, config: DictConfig) -> Path:
        return Path(config.hydra.sweep.dir).absolute() / self.folder
