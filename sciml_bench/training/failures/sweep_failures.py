"""The jobs of a sweep that failed, told together at its end."""

import os
import sys
import time
from pathlib import Path

_SWEEP_FAILURES = "SCIML_BENCH_SWEEP_FAILURES"


class SweepFailures:
    """A file to which the jobs of a sweep, in whatever process, add their failures; read and removed at its end."""

    def __init__(self) -> None:
        self.path = Path("outputs").absolute() / f".failed-jobs-{os.getpid()}-{time.time_ns()}"
        os.environ[_SWEEP_FAILURES] = str(self.path)

    @staticmethod
    def note(folder: str, reason: str) -> None:
        """Add one, from whatever process."""
        path = Path(os.environ[_SWEEP_FAILURES])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"{folder}\t{' '.join(reason.split())}\n")

    def report(self) -> None:
        """Print what failed, and end with code 1 if anything did."""
        if self.tell():
            raise SystemExit(1)

    def tell(self) -> bool:
        """Print what failed; whether anything did."""
        if not self.path.exists():
            return False
        failed = [line.split("\t", 1) for line in self.path.read_text().splitlines()]
        self.path.unlink()
        print(f"\n{len(failed)} job(s) of the sweep failed; the others are finished:", file=sys.stderr)
        for folder, reason in failed:
            print(f"  {os.path.relpath(folder)}\n    {reason}", file=sys.stderr)
        return True
