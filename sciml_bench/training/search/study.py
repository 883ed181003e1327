"""The trials of a search, in a journal file that outlives the process: what was interrupted is gone on with."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.interruption import undisturbed


@dataclass(frozen=True)
class Study:
    """A study of Optuna whose next trial depends on the trials that are there, and on nothing else.

    So a search that was interrupted proposes what it would have proposed otherwise.

    Args:
        study: of Optuna.
        space: distributions by key.
        seed: of the proposals.
    """

    study: Any
    space: Mapping[str, Any]
    seed: int

    @property
    def n_ended(self) -> int:
        """Trials that have a value or have failed."""
        return sum(trial.state.is_finished() for trial in self.study.get_trials(deepcopy=False))

    @property
    def n_failed(self) -> int:
        """Trials without a value."""
        return sum(trial.state.name == "FAIL" for trial in self.study.get_trials(deepcopy=False))

    def proposed(self, count: int) -> list[Any]:
        """Trials to run now: first those that were begun and have not ended.

        Args:
            count: how many.
        """
        from optuna.samplers import TPESampler

        with undisturbed():
            trials = []
            for trial in self.study.get_trials(deepcopy=False):
                if not trial.state.is_finished() and set(trial.params) == set(self.space):
                    trials.append(trial)
                elif not trial.state.is_finished():  # it ended while it was being proposed
                    self.tell(trial, None)
            while len(trials) < count:
                number = len(self.study.get_trials(deepcopy=False))
                self.study.sampler = TPESampler(seed=self.seed + number, constant_liar=True)
                trials.append(self.study.ask(dict(self.space)))
        return trials[:count]

    def tell(self, trial: Any, value: float | None) -> None:
        """Keep what a trial has come to.

        Args:
            trial: as it was proposed.
            value: of the objective; None, or a number that is not finite, where it failed.
        """
        from optuna.trial import TrialState

        with undisturbed():
            if value is None or not math.isfinite(value):
                self.study.tell(trial.number, state=TrialState.FAIL)
            else:
                self.study.tell(trial.number, value)

    def best(self) -> tuple[dict[str, Any], float] | None:
        """What was chosen best and its value; None where no trial has one."""
        if self.n_ended == self.n_failed:
            return None
        return dict(self.study.best_trial.params), float(self.study.best_trial.value)


@contextmanager
def opened_study(
    journal: Path, objective: str, direction: str, space: Mapping[str, Any], seed: int = 0
) -> Iterator[Study]:
    """The study of an objective in a journal file, begun or found there, for this process alone.

    Args:
        journal: the file, made where there is none.
        objective: a name of metrics.json.
        direction: `minimize` or `maximize`.
        space: distributions by key.
        seed: of the proposals.

    Raises:
        ConfigurationError: another process holds the file.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{journal}.claim", timeout=0)  # `.lock` is Optuna's own, for single messages
    try:
        lock.acquire()
    except Timeout:
        raise ConfigurationError(
            f"another process is searching with {journal}; wait for it, or run trials side by side with "
            "hydra.sweeper.n_jobs=<n> hydra/launcher=joblib"
        ) from None
    try:
        storage = JournalStorage(JournalFileBackend(str(journal)))
        way = optuna.study.StudyDirection[direction.upper()]
        study = optuna.create_study(storage=storage, study_name=objective, direction=way, load_if_exists=True)
        yield Study(study, space, seed)
    finally:
        lock.release()
