"""Weights & Biases: one run there for every run folder, with its figures and its equations."""

import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lightning.pytorch.loggers import Logger, WandbLogger

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import Metrics
from sciml_bench.core.stored.learned_file import read_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data.capabilities import EquationDiscoverer
from sciml_bench.scores.catalogue import find_score
from sciml_bench.training.build import trusted
from sciml_bench.training.loggers.logging import Logging

_SUMMARIES = {"lower": "min", "higher": "max"}
_STEP = "trainer/global_step"
_TAGS = ("paradigm", "method", "model", "training", "pde", "data")
"""Choices of a configuration by which runs are found again; the task is their group."""


@dataclass(frozen=True)
class WeightsAndBiasesLogging(Logging):
    """Weights & Biases.

    Args:
        project: where runs are collected.
        entity: team or user.
        run_name: of the run; its folder's path by default.
        group: of the runs that are compared; by default the task of a benchmark, else the record or equation.
        tags: beside those of the paradigm, the method and its choices.
        offline: needs no account; send the run later with `wandb sync`.
    """

    project: str = "sciml-bench"
    entity: str | None = None
    run_name: str | None = None
    group: str | None = None
    tags: Sequence[str] = ()
    offline: bool = False

    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        """The folder is the run's identity, so a resumed run continues its own curves."""
        try:
            import wandb
        except ModuleNotFoundError:
            raise ConfigurationError("logger=wandb needs: pip install wandb") from None
        choices = _choices(configuration)
        # Lightning's own `offline` sets the environment, which wandb reads once in a process
        options: dict[str, Any] = {"mode": "offline"} if self.offline else {}
        logger = WandbLogger(
            project=self.project,
            entity=self.entity,
            name=self.run_name or "/".join(folder.path.parts[-5:]),
            group=self.group or next((choices[key] for key in ("task", "data", "pde") if key in choices), None),
            tags=list(dict.fromkeys([*(choices[key] for key in _TAGS if key in choices), *self.tags])),
            id=hashlib.sha256(str(folder.path).encode()).hexdigest()[:16],
            resume="allow",
            **options,
            save_dir=folder.logs,
            config=dict(configuration),
            reinit="finish_previous",
        )
        try:
            _ = logger.experiment  # signs in now, and not in the middle of a fit
        except wandb.Error as error:
            raise ConfigurationError(
                f"logger=wandb cannot begin ({' '.join(str(error).split())}); sign in with `wandb login`, or work "
                "without an account by WANDB_MODE=offline or logger.offline=true"
            ) from None
        return logger

    def conclude(
        self, logger: Logger, folder: RunFolder, configuration: Mapping[str, Any], metrics: Metrics, step: int
    ) -> None:
        """The scores, each with the direction that the catalogue gives it, the figures and the equations."""
        import wandb

        run: Any = cast(WandbLogger, logger).experiment
        for name in metrics:
            score = find_score(name)
            if score is not None and score.better is not None:
                run.define_metric(name, step_metric=_STEP, summary=_SUMMARIES[score.better])
        logger.log_metrics(metrics, step=step)
        figures = sorted(path for path in folder.figures.glob("*.*") if path.suffix in (".png", ".gif"))
        media: dict[str, Any] = {f"figures/{path.stem}": wandb.Image(str(path)) for path in figures}
        if lines := _equations(folder, trusted(configuration)):
            media["equations"] = wandb.Html(f"<pre>{html.escape(chr(10).join(lines))}</pre>", inject=False)
        if media:
            run.log(media)

    def closed(self, status: str) -> None:
        """End the run here, or the next job of a multirun would write into it."""
        import wandb

        wandb.finish(exit_code=0 if status == "success" else 1)


def _equations(folder: RunFolder, packages: Sequence[str]) -> Sequence[str]:
    """Those that were learned, a line each."""
    try:
        learned = read_learned(folder.learned_checkpoint, packages)
    except (FileNotFoundError, DataError, ConfigurationError):  # nothing is lost: they stand in the folder
        return ()
    return learned.equations() if isinstance(learned, EquationDiscoverer) else ()


def _choices(configuration: Mapping[str, Any]) -> dict[str, str]:
    """What a run is, by group; the paradigm is that of its script unless a benchmark says so."""
    script = str(configuration.get("script") or "")
    named = {"paradigm": script.removeprefix("train_")} if script.startswith("train_") else {}
    return named | {key: str(value) for key, value in (configuration.get("choices") or {}).items() if value is not None}
