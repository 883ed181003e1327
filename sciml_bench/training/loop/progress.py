"""One line of progress for the whole fit: epoch, time left and the quantities that matter."""

import logging
import math
import sys
import time

from lightning.pytorch import LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sciml_bench.core.budget import WARNED, in_words
from sciml_bench.training.loop.callbacks import AfterMethod, method_of

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_UPDATES = 0.1
WORTH_TELLING = 60.0
"""Seconds that are left, beyond which a line says so."""
TOLD_BEFORE = 300.0
"""Seconds of a fit beyond which its estimate is told before it begins."""


class EpochProgress(AfterMethod):
    """A live bar on a terminal; elsewhere (a log file, a pipe) a line every few seconds.

    Args:
        label: what is trained.
        shown: the logged quantities to show; those a method does not log are passed over.
    """

    def __init__(self, label: str, shown: tuple[str, ...]) -> None:
        self.label, self.shown = label, shown
        self._progress: Progress | None = None
        self._last_shown = -float("inf")
        self._began: tuple[int, float] | None = None
        self._first: tuple[int, float] | None = None
        self._is_told = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the bar."""
        self._total = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        if self._total is None and trainer.max_steps > 0:
            self._total = math.ceil(trainer.max_steps / trainer.num_training_batches)
        self._tell(trainer, pl_module, method_of(pl_module).seconds_per_step, TOLD_BEFORE)
        if not trainer.is_global_zero or not sys.stderr.isatty():
            return
        progress = self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[quantities]}"),
            console=Console(stderr=True),
            refresh_per_second=4,
        )
        progress.start()
        self._task = progress.add_task(self.label, total=self._total, completed=trainer.current_epoch, quantities="")

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: object) -> None:
        """Tell more than an hour after a few seconds, also within the first epoch; the first step also compiles."""
        if self._is_told:
            return
        step, start = self._first = self._first or (trainer.global_step, time.monotonic())
        spent = time.monotonic() - start
        if trainer.global_step > step and spent >= SECONDS_BETWEEN_LINES:
            self._tell(trainer, pl_module, spent / (trainer.global_step - step), WARNED)
            self._is_told = True

    def _tell(self, trainer: Trainer, pl_module: LightningModule, per_step: float, least: float) -> None:
        """Say once how long the steps that are left take, where that is more than `least` seconds."""
        n_left = method_of(pl_module).progress.n_steps - trainer.global_step
        if trainer.is_global_zero and n_left * per_step > least:
            self._is_told = True
            log.warning(
                "a step takes %s, and %d of them %s; ask for fewer with trainer.max_epochs, choose a smaller "
                "network (model.…), or learn from less: components with data.observe=[...], rows with data.n_rows",
                in_words(per_step),
                n_left,
                in_words(n_left * per_step),
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the epoch that just ended."""
        done, now = trainer.current_epoch + 1, time.monotonic()
        seconds_between = SECONDS_BETWEEN_LINES if self._progress is None else SECONDS_BETWEEN_UPDATES
        ends = done == self._total or trainer.should_stop
        left = self._seconds_left(done, now)
        if not trainer.is_global_zero or not (ends or now - self._last_shown >= seconds_between):
            return
        self._last_shown = now
        shown = {name: trainer.callback_metrics.get(name) for name in self.shown}
        pairs = [f"{name.replace('_', ' ')} {float(value):.4g}" for name, value in shown.items() if value is not None]
        quantities = "  ".join(pairs)
        if self._progress is not None:
            self._progress.update(self._task, completed=done, quantities=quantities)
        else:
            quantities += f"  about {left / 60:.0f} min left" if left > WORTH_TELLING else ""
            print(f"{self.label}: epoch {done}/{self._total or '?'}  {quantities}", file=sys.stderr, flush=True)

    def _seconds_left(self, done: int, now: float) -> float:
        """About how long the other epochs take, but for the first, which also compiles; 0 where nobody knows."""
        if self._total is None:
            return 0.0
        if self._began is None:
            self._began = done, now
            return 0.0
        first, start = self._began
        return (self._total - done) * (now - start) / (done - first)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the finished bar on the screen."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Give the terminal back."""
        self.on_train_end(trainer, pl_module)
