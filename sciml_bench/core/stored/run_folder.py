"""The folder of one run: what is in it, who may write to it, and whether it is finished.

The folder is the contract between training and everything that looks at results later; its path is the run's identity,
so a repeated command finds what the last one left.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout

from sciml_bench.core.checks import is_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import Metrics, PathType
from sciml_bench.core.stored import files

RUNNING, FINISHED, INTERRUPTED, FAILED = "running", "finished", "interrupted", "failed"
NOT_APPLICABLE = "not_applicable"

FORMAT = 2
"""Of record.json."""

NEVER = "never"
"""What record.json says, under the name of a metric, that metrics.json lacks since it is infinite."""


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    Args:
        path: the folder; it need not exist yet.
    """

    path: Path

    def __init__(self, path: PathType) -> None:
        object.__setattr__(self, "path", Path(path).expanduser().absolute())

    @property
    def best_checkpoint(self) -> Path:
        """The weights on which the selection metric was best."""
        return self.path / "checkpoints" / "best.ckpt"

    @property
    def last_checkpoint(self) -> Path:
        """The state from which a run continues."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def learned_checkpoint(self) -> Path:
        """What was learned, which forecasts or solves without the configuration and the data."""
        return self.path / "checkpoints" / "learned.ckpt"

    @property
    def logs(self) -> Path:
        """Where the loggers write."""
        return self.path / "logs"

    @property
    def figures(self) -> Path:
        """Where figures are saved."""
        return self.path / "figures"

    @property
    def record(self) -> dict[str, Any]:
        """The content of record.json; empty for a folder that no run has claimed.

        Raises:
            DataError: it is no record, or that of a newer version.
        """
        path = self.path / "record.json"
        if not path.exists():
            return {}
        record = files.read_json(path)
        if not record:
            raise DataError(f"{path} is empty; remove it and repeat the command")
        written = record.get("format")
        if is_number(written) and written > FORMAT:
            newer = f"{path} has the format {written}, of a newer version; this one reads up to {FORMAT}"
            raise DataError(f"{newer}: update sciml-bench, or remove it and repeat the command")
        return record

    @property
    def status(self) -> str | None:
        """`running`, `finished`, `interrupted`, `failed` or `not_applicable`; None where no run was."""
        return self.record.get("status")

    @property
    def metrics(self) -> Metrics:
        """The content of metrics.json.

        Raises:
            FileNotFoundError: there is none.
            DataError: it holds something else than numbers.
        """
        path = self.path / "metrics.json"
        metrics = files.read_json(path)
        for name, value in metrics.items():
            if value not in files.NOT_FINITE and not is_number(value):
                raise DataError(f"{path} holds {name}={value!r}, no number; repeat the run with force=true")
        return {name: float(value) for name, value in metrics.items()}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The content of arrays.npz.

        Raises:
            FileNotFoundError: there is none.
            DataError: it cannot be read.
        """
        path = self.path / "arrays.npz"
        try:
            return files.read_arrays(path)
        except FileNotFoundError:
            raise
        except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
            raise DataError(f"{path} cannot be read ({error}); repeat the run with force=true") from None

    @property
    def configuration(self) -> dict[str, Any] | None:
        """The composed configuration of the run, or None where there is none.

        It is plain, resolved data; what may be built of it, `instantiate` decides.

        Raises:
            DataError: the file holds something else, or no data.
        """
        path = self.path / ".hydra" / "config.yaml"
        if not path.exists():
            return None
        configuration = files.read_yaml(path)
        if not any(isinstance(configuration.get(node), dict) for node in ("data", "pde")):
            raise DataError(f"{path} describes no run: it has neither `data` nor `pde`; repeat the run with force=true")
        return configuration

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Replace record.json."""
        files.write_json(self.path / "record.json", record)

    def write_metrics(self, metrics: Metrics) -> None:
        """Replace metrics.json."""
        files.write_json(self.path / "metrics.json", metrics)

    def write_arrays(self, arrays: Mapping[str, Any]) -> None:
        """Replace arrays.npz."""
        files.write_arrays(self.path / "arrays.npz", arrays)

    def write_configuration(self, configuration: Mapping[str, Any]) -> None:
        """Replace .hydra/config.yaml."""
        files.write_yaml(self.path / ".hydra" / "config.yaml", configuration)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder for this process alone; the claim ends with the process, however it ends.

        Raises:
            ConfigurationError: another process holds the folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ConfigurationError(
                f"another process is working on {self.path}; wait for it, or give this run a folder of its own "
                "with hydra.run.dir=<folder>"
            ) from None
        try:
            files.remove_incomplete(self.path)
            yield
        finally:
            lock.release()

    def clear(self) -> None:
        """Remove the results and checkpoints of an earlier run, the record first, so that none of it looks finished.

        Raises:
            ConfigurationError: the folder is a link, so that what it would empty is another's.
        """
        if self.path.is_symlink():
            raise ConfigurationError(
                f"force=true: {self.path} is a link to {self.path.resolve()}, which may be somebody else's; give the "
                "folder itself with hydra.run.dir=<folder>, or remove the link"
            )
        for name in ("record.json", "metrics.json", "arrays.npz"):
            (self.path / name).unlink(missing_ok=True)
        for folder in (self.path / "checkpoints", self.figures, self.logs):
            if folder.is_symlink():
                folder.unlink()
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a plain configuration, or of its node at the key `path`, each with its key."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, node
