"""Ctrl-C and what a cluster sends before it kills, as one exception: told in one sentence, never in between.

Clusters send SIGTERM, or a warning that is asked for (Slurm's `--signal=USR1@120`), so that there is time to end well.

Light on purpose: a script names this module first, so that whoever interrupts while libraries are imported is told the
same.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TOLD = "interrupted; repeat the command to continue"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


class Interrupted(BaseException):
    """A signal asked this process to stop; no `Exception`, so that nothing that mends errors takes it for one.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(TOLD)
        self.number = number


def interruption_behind(error: BaseException | None) -> BaseException | None:
    """The interruption that an error is, or was made of; None where it is another.

    A signal that comes while compiled code calls back, as Numba does when it loads a function, leaves that code as a
    SystemError.

    Args:
        error: what was caught.
    """
    while not (error is None or isinstance(error, Interrupted | KeyboardInterrupt)):
        error = error.__cause__ or error.__context__
    return error


class _Door:
    """Whether a signal may come in now, the one that waits, and the one that was lost."""

    held = 0
    waiting: int | None = None
    lost: int | None = None
    again: threading.Timer | None = None


def _stop(number: int, frame: FrameType | None) -> None:
    if _Door.held:
        _Door.waiting = number
    else:
        raise Interrupted(number)


def _tell_again(lost: Any) -> None:
    """Send a signal again that came in a destructor or a callback of compiled code, where Python drops exceptions."""
    if not isinstance(lost.exc_value, Interrupted):
        sys.__unraisablehook__(lost)
        return
    _Door.lost = lost.exc_value.number
    _Door.again = threading.Timer(0.05, os.kill, (os.getpid(), _Door.lost))
    _Door.again.daemon = True
    _Door.again.start()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a signal wait until a file is written.

    Raises:
        Interrupted: at the end, if one came in the meantime.
    """
    _Door.held += 1
    try:
        yield
    finally:
        _Door.held -= 1
        if not _Door.held and _Door.waiting is not None:
            number, _Door.waiting = _Door.waiting, None
            raise Interrupted(number)


@contextmanager
def listening() -> Iterator[None]:
    """Let in the signals that nobody listens to, for the jobs of a sweep that have processes of their own.

    Those that a launcher listens to stay its own: submitit requeues at SIGUSR2 and passes SIGTERM by.
    """
    alone = threading.current_thread() is threading.main_thread()
    unheard = [number for number in SIGNALS if alone and signal.getsignal(number) is signal.SIG_DFL]
    for number in unheard:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in unheard:
            signal.signal(number, signal.SIG_DFL)


def _let_nothing_spoil_the_end() -> None:
    """Libraries take a second or two to leave; everything is written, and a signal then only makes it quicker."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, _leave)
        atexit.register(_ignore_signals)  # what comes after threads have ended cannot be hurried


def _leave(number: int, frame: FrameType | None) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[None]:
    """End the process in one sentence when a signal asks for it, with the exit code that shells give it: 128 + number.

    Raises:
        SystemExit: a signal came.
    """
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, _stop)
    earlier, sys.unraisablehook = sys.unraisablehook, _tell_again
    try:
        yield
        _let_nothing_spoil_the_end()
    except BaseException as error:
        interruption = interruption_behind(error)
        if isinstance(error, SystemExit) and _Door.lost is not None:  # Lightning ends with 0 where it alone heard
            interruption = Interrupted(_Door.lost)
        if interruption is None:
            raise
        number = interruption.number if isinstance(interruption, Interrupted) else signal.SIGINT
        _ignore_signals()  # impatience may not spoil what is left to do
        print(TOLD, file=sys.stderr)
        raise SystemExit(128 + number) from None
    finally:
        if _Door.again is not None:
            _Door.again.cancel()
        _Door.lost = _Door.again = None
        sys.unraisablehook = earlier
