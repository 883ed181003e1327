"""`hydra/sweeper=search`: Hydra finds sweepers in packages below `hydra_plugins` alone."""

from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.sweeper import Sweeper
from omegaconf import DictConfig


class SearchSweeper(Sweeper):
    """A hyper-parameter search whose trials are jobs of the chosen launcher.

    Args:
        **settings: of `sciml_bench.training.search.search.Search`.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def setup(self, *, hydra_context: Any, task_function: Any, config: DictConfig) -> None:
        """Prepare the launcher."""
        from hydra.core.plugins import Plugins

        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run the trials, in a folder of their own, where no report takes them for results."""
        from sciml_bench.training.search.search import Search
        from sciml_bench.training.search.space import divided

        loader, script = self.hydra_context.config_loader, self.config.hydra.job.name
        overrides = OverridesParser.create(config_loader=loader).parse_overrides(arguments)
        shared = loader.load_sweep_config(self.config, divided(overrides)[0])
        given = any(text.startswith("hydra.sweep.dir=") for text in self.config.hydra.overrides.hydra)
        folder = Path(self.config.hydra.sweep.dir if given else f"outputs/searches/{script}")

        def run_trials(batch: list[list[str]], first: int) -> list[Any]:
            there = [[*overrides, f"hydra.sweep.dir={folder}"] for overrides in batch]
            return [job.return_value for job in self.launcher.launch(there, initial_job_idx=first)]

        Search(**self.settings).run(overrides, shared.get("objective"), folder, script, run_trials)
