"""From what was typed to trials and to the best of them."""

import importlib.util
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.override_parser.types import Override

from sciml_bench.core.checks import require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores.catalogue import find_score
from sciml_bench.training.identity import name_of_overrides
from sciml_bench.training.search.space import as_overrides, divided
from sciml_bench.training.search.study import opened_study

_DIRECTIONS = {"lower": "minimize", "higher": "maximize"}
_SCORED = "scored_on"


@dataclass(frozen=True)
class Search:
    """A search as a person asks for it.

    Args:
        n_trials: in all, with those of earlier commands.
        n_jobs: trials at a time, for a launcher that runs them side by side.
        seed: of the proposals.
        direction: `minimize` or `maximize`; None: as the catalogue says which way the objective is better.

    Raises:
        ConfigurationError: a value is out of range, or Optuna is missing.
    """

    n_trials: int = 20
    n_jobs: int = 1
    seed: int = 0
    direction: str | None = None

    def __post_init__(self) -> None:
        require_integer("hydra.sweeper.n_trials", self.n_trials, 1, "try at least once")
        require_integer("hydra.sweeper.n_jobs", self.n_jobs, 1, "run at least 1 trial at a time")
        require_integer("hydra.sweeper.seed", self.seed, 0, "a seed is a whole number and not negative")
        if self.direction is not None:
            require_choice("hydra.sweeper.direction", self.direction, _DIRECTIONS.values())
        if importlib.util.find_spec("optuna") is None:
            raise ConfigurationError("hydra/sweeper=search needs Optuna: pip install 'sciml-bench[sweep]'")

    def run(
        self,
        overrides: Sequence[Override],
        objective: str | None,
        folder: Path,
        script: str,
        run_trials: Callable[[list[list[str]], int], Sequence[float | None]],
    ) -> None:
        """Run trials until there are as many as asked for, and say which is best and how it is run.

        Args:
            overrides: as typed.
            objective: a name of metrics.json.
            folder: of the journals.
            script: that was called.
            run_trials: what runs trials with the given overrides, numbered from the given number, and returns their
                objectives.

        Raises:
            ConfigurationError: there is no objective, it has no direction, or nothing is to be chosen.
        """
        fixed, space = divided(overrides)
        direction = self._direction(objective)
        scored = [] if any(text.startswith(f"{_SCORED}=") for text in fixed) else [f"{_SCORED}=validation"]
        typed = [str(override.input_line) for override in overrides]
        journal = folder / f"{name_of_overrides(typed, in_the_path=())}.journal"
        with opened_study(journal, str(objective), direction, space, self.seed) as study:
            while (missing := self.n_trials - study.n_ended) > 0:
                trials = study.proposed(min(missing, self.n_jobs))
                asked = [(*fixed, *scored, *as_overrides(trial.params)) for trial in trials]
                batch = list(dict.fromkeys(asked))  # the same settings have the same folder, and are run once
                values = dict(zip(batch, run_trials([list(words) for words in batch], trials[0].number), strict=True))
                for trial, words in zip(trials, asked, strict=True):
                    study.tell(trial, values[words])
            found, said = study.best(), f"{study.n_ended} trials, of which {study.n_failed} failed; {journal}"
        if found is None:
            raise ConfigurationError(f"no trial has a value of {objective}: {said}")
        steering = (f"{_SCORED}=", "objective=")
        words = [*(text for text in fixed if not text.startswith(steering)), *as_overrides(found[0])]
        print(f"best {objective}: {found[1]:.6g} ({said})", file=sys.stderr)
        print(f"  {shlex.join(['python', f'{script}.py', *words])}", file=sys.stderr)

    def _direction(self, objective: str | None) -> str:
        if objective is None:
            raise ConfigurationError("objective=null: give a metric to search by, such as forecast_standardised_error")
        score = find_score(objective)
        better = None if score is None else score.better
        if self.direction is None and better is None:
            raise ConfigurationError(
                f"objective={objective}: nothing says which way it is better; give "
                "hydra.sweeper.direction=minimize or maximize"
            )
        return self.direction or _DIRECTIONS[str(better)]
