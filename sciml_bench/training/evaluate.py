"""A finished run scored again: with other settings, or on other data, without training and beside the old results."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import Metrics, PathType
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.build import build, build_record
from sciml_bench.training.identity import path_component
from sciml_bench.training.loop.checkpoints import load_weights
from sciml_bench.training.restore import Run, restore
from sciml_bench.training.scoring import scored, write_results

BEST, LAST = "best", "last"


def evaluate(
    path: PathType,
    data: PathType | None = None,
    overrides: Sequence[str] = (),
    name: str | None = None,
    trusted_packages: Sequence[str] = (),
    checkpoint: PathType = BEST,
) -> tuple[Metrics, Path]:
    """Score what a run has learned, and write metrics, arrays and figures to `evaluations/<name>/` below it.

    Args:
        path: a run folder; of an ensemble, that of one member.
        data: a file of other data, which takes the place of the record's.
        overrides: `key=value` of the configuration's nodes `evaluation` and `data` (of an equation: `pde`).
        name: of the evaluation; by default after `data`, `overrides` and `checkpoint`.
        trusted_packages: your own packages, whose classes may be built as well.
        checkpoint: `best`, what the run has learned; `last`, its last weights; or a checkpoint file of such a run.

    Returns:
        the metrics, and where they are; what the fit is judged by is among them for `best` alone.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        DataError: the folder holds nothing that is learned, or the data cannot be used.
        ConfigurationError: an override is of another node, or a choice is wrong.
    """
    run = restore(path, trusted_packages)
    stored = run.configuration | {"trusted_packages": list(trusted_packages)}
    if not run.configuration:
        raise DataError(f"{run.folder.path} has no .hydra/config.yaml, which says how it is scored; repeat the run")
    configuration = overridden(stored, overrides)
    if data is not None:
        configuration["data"] = _other_record(configuration, data)
    _prepare_the_machine(stored)
    learned = run.learned if str(checkpoint) == BEST else _learned_from(stored, run, checkpoint)
    record = build_record(configuration)
    record.setup()
    results = scored(configuration, learned, record, run.record.get("fit_metrics") if learned is run.learned else None)
    labels = [] if data is None else [_label("data", data)]
    labels += [] if learned is run.learned else [_label("checkpoint", checkpoint)]
    folder = RunFolder(run.folder.path / "evaluations" / (name or path_component([*labels, *overrides])))
    write_results(folder, results)
    folder.write_configuration(configuration)
    return results.metrics, folder.path


def _learned_from(configuration: Mapping[str, Any], run: Run, checkpoint: PathType) -> Any:
    """What the weights of another checkpoint are, by the method and the record of the run."""
    path = run.folder.last_checkpoint if str(checkpoint) == LAST else Path(checkpoint)
    if not path.is_file():
        raise FileNotFoundError(
            f"checkpoint={checkpoint}: there is no file {path}; a method without epochs has `best` alone, and so has "
            "one member of an ensemble"
        )
    try:
        _, method = build(configuration)
    except KeyError as error:
        raise DataError(f"{run.folder.path}: its configuration has no {error}; repeat the run") from None
    load_weights(method, path)
    return method.learned()


def _prepare_the_machine(configuration: Mapping[str, Any]) -> None:
    """Seeds and threads as the run had them: the order of sums decides the last digit."""
    seed, threads = configuration.get("seed"), (configuration.get("trainer") or {}).get("threads")
    if not isinstance(seed, int) or seed < 0:
        raise DataError(f"the configuration of this run has seed={seed!r}, no whole number; repeat the run")
    seed_everything(seed, "build")
    if isinstance(threads, int) and threads > 0:
        torch.set_num_threads(threads)


def _label(key: str, value: PathType) -> str:
    """A key and its value; of a file the name, and what tells it from others of this name."""
    path = Path(value)
    if not path.exists():
        return f"{key}={value}"
    return f"{key}={path.stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:6]}"


def overridden(configuration: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A stored configuration with other values below `evaluation`, `data` or `pde`.

    Args:
        configuration: plain.
        overrides: `key=value`.

    Raises:
        ConfigurationError: not of that form, an unknown key, or one of another node.
    """
    merged: Any = OmegaConf.create(dict(configuration))
    OmegaConf.set_struct(merged, True)
    for override in overrides:
        key, separator, _ = override.partition("=")
        if not separator or key.partition(".")[0] not in ("evaluation", "data", "pde") or "${" in override:
            raise ConfigurationError(
                f"{override}: give evaluation.<key>=<value> or data.<key>=<value>, in plain values"
            )
        value = OmegaConf.from_dotlist([override])
        try:
            OmegaConf.update(merged, key, OmegaConf.select(value, key), merge=True)
        except Exception as error:
            raise ConfigurationError(f"{override}: {str(error).splitlines()[0]}") from None
    return cast(dict[str, Any], OmegaConf.to_container(merged))


def _other_record(configuration: Mapping[str, Any], path: PathType) -> dict[str, Any]:
    """The node of a record that is read from a file, like the run's own where that is one."""
    node = dict(configuration.get("data") or {})
    if not node:
        raise ConfigurationError("--data: an equation has no file of data; give pde.<key>=<value> instead")
    if "path" in node:
        return {**node, "path": str(path)}
    if not Path(path).exists():
        raise DataError(f"--data {path}: there is no such file")
    return {"_target_": "sciml_bench.data.sources.TrajectoryFiles", "path": str(path)}
