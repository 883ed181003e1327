"""A finished run scored again without training: in its own folder, or with other data or weights beside its results."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import Metrics, PathType
from sciml_bench.core.results import Results
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.learned_file import read_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data.capabilities import KnowsRecord
from sciml_bench.data.past_file import reading_options
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.transforms.record_transforms import OPTIONS
from sciml_bench.training.build import build, build_record, trusted
from sciml_bench.training.data_files import changed_data
from sciml_bench.training.ensemble import Ensemble, averaged
from sciml_bench.training.extension import choices_of
from sciml_bench.training.failures.explanations import explain, no_key
from sciml_bench.training.identity import path_component
from sciml_bench.training.loop.checkpoints import load_weights
from sciml_bench.training.restore import Run, names_in_files, restore
from sciml_bench.training.scoring import scored, with_curves, write_results
from sciml_bench.training.script import composed

BEST, LAST = "best", "last"

_OTHER_DATA = (
    "Put the old file back, or score what was learned on another with `sciml-bench evaluate <run folder> --data <file>`"
)


def score_again(configuration: Mapping[str, Any], folder: RunFolder) -> Metrics:
    """Replace the scores of a finished run, or of every member of an ensemble, by those of other settings."""
    ensemble = Ensemble.of(configuration, folder)
    if ensemble is not None:
        for member in ensemble.member_configurations():
            score_again(member, RunFolder(member["run_folder"]))
        metrics = averaged([member.metrics for member in ensemble.folders])
        folder.write_metrics(metrics)
    else:
        learned = read_learned(folder.learned_checkpoint, trusted(configuration))
        of_epochs = ("history_", "selected_epoch")
        curves = {name: values for name, values in folder.arrays.items() if name.startswith(of_epochs)}
        results = _scored_now(configuration, learned, folder.record.get("fit_metrics"), folder)
        write_results(folder, with_curves(results, curves))
        metrics = results.metrics
    folder.write_configuration({**(folder.configuration or {}), "evaluation": configuration.get("evaluation")})
    return metrics


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
        overrides: `key=value` of the configuration's nodes `evaluation` and `data` (of an equation: `pde`), or
            `evaluation=<choice>`.
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
    stored: dict[str, Any] = run.configuration | {"trusted_packages": list(trusted_packages)}
    if not run.configuration:
        raise DataError(f"{run.folder.path} has no .hydra/config.yaml, which says how it is scored; repeat the run")
    of_data = [part for part in overrides if data is not None and part.startswith("data.")]
    configuration = overridden(stored, [part for part in overrides if part not in of_data])
    if data is not None:  # settings of data are those of the file's record
        configuration = overridden({**configuration, "data": _other_record(run, configuration, data)}, of_data)
    threads, seed = (run.configuration.get("trainer") or {}).get("threads"), run.configuration.get("seed")
    if isinstance(threads, int) and threads > 0:  # the order of sums decides the last digit
        torch.set_num_threads(threads)
    if not isinstance(seed, int) or seed < 0:
        raise DataError(f"the configuration of this run has seed={seed!r}, no whole number; repeat the run")
    own = str(checkpoint) == BEST
    learned = run.learned if own else _learned_from(stored, run, checkpoint)
    same = configuration.get("data") == stored.get("data")
    fit_metrics = run.record.get("fit_metrics") if own else None
    results = _scored_now(configuration, learned, fit_metrics, run.folder if same and data is None else None)
    labels = [] if data is None else [_label("data", data)]
    labels += [] if own else [_label("checkpoint", checkpoint)]
    folder = RunFolder(run.folder.path / "evaluations" / (name or path_component([*labels, *overrides])))
    write_results(folder, results)
    folder.write_configuration(configuration)
    return results.metrics, folder.path


def _scored_now(
    configuration: Mapping[str, Any], learned: Any, fit_metrics: Metrics | None, folder: RunFolder | None
) -> Results:
    """The scores on the record of a configuration, loaded now, under the seed of the run.

    Where a folder is given, its data are to be as they were when the run learned from them.
    """
    seed_everything(configuration["seed"], "build")
    record = build_record(configuration)
    try:
        if folder is not None:
            _require_same_data(folder, configuration)
        record.setup()
    except FileNotFoundError as error:
        raise error if folder is None else FileNotFoundError(f"{error} {_OTHER_DATA}") from None
    if isinstance(learned, KnowsRecord):
        _require_states(configuration, record.spec, learned.spec.origin or learned.spec)
    return scored(configuration, learned, record, fit_metrics)


def _require_states(configuration: Mapping[str, Any], spec: RecordSpec, known: RecordSpec) -> None:
    """Stop at a record of other states than those that were learned, or of these in another order."""
    own, needed = (each.as_observed.component_names for each in (spec, known))
    without = tuple(f"x{number}" for number in range(1, len(own) + 1))  # of arrays, and of tables without a header
    others = own != needed and (set(own) == set(needed) or without not in (own, needed))
    path = (configuration.get("data") or {}).get("path")
    if spec.state_shape == known.state_shape and not (others and path is not None and len(spec.state_shape) == 1):
        if own != needed and sorted(own) == sorted(needed):
            asked = f"data.{'observe' if path is None else 'key'}=[{','.join(needed)}]"
            raise DataError(
                f"data: the components are {', '.join(own)}, but the run learned {', '.join(needed)}: give {asked}"
            )
        return
    if path is None or len(spec.state_shape) != 1 or len(known.state_shape) != 1:
        raise DataError(
            f"data: states of the shape {spec.state_shape}, but what the run learned has {known.state_shape}"
        )
    turned, listed = set(own) == set(needed), ",".join(needed)
    remedy = "observe" if set(needed) <= set(own) else "component_names" if len(own) == len(needed) else None
    remedy = f"give data.{remedy}=[{listed}]" if remedy else "give these"
    has = f"data.path={path} has the columns {', '.join(own)}"
    raise DataError(f"{has}, but the run's record has {', '.join(needed)}{', in this order' * turned}; {remedy}")


def _require_same_data(folder: RunFolder, configuration: Mapping[str, Any]) -> None:
    if changed := changed_data(folder, configuration):
        raise DataError(f"{folder.path} has learned from other data, since {changed}. {_OTHER_DATA}")


def _learned_from(configuration: Mapping[str, Any], run: Run, checkpoint: PathType) -> Any:
    """What the weights of another checkpoint are, by the method and the record of the run."""
    path = run.folder.last_checkpoint if str(checkpoint) == LAST else Path(checkpoint)
    if not path.is_file():
        raise FileNotFoundError(
            f"checkpoint={checkpoint}: there is no file {path}; a method without epochs has `best` alone, and so has "
            "one member of an ensemble"
        )
    _require_same_data(run.folder, configuration)  # of which the scales of these weights are computed
    try:
        _, method = build(configuration)
    except KeyError as error:
        raise DataError(f"{run.folder.path}: its configuration has no {error}; repeat the run") from None
    method.progress.seed = configuration["seed"]
    load_weights(method, path)
    return method.learned()


def _label(key: str, value: PathType) -> str:
    """A key and its value; of a file the name, and what tells it from others of this name."""
    path = Path(value)
    if not path.exists():
        return f"{key}={value}"
    return f"{key}={path.stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:6]}"


def overridden(configuration: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """A stored configuration with another evaluation, or other values below `evaluation`, `data` or `pde`.

    Args:
        configuration: plain.
        overrides: `key=value`.

    Raises:
        ConfigurationError: not of that form, an unknown key, or one of another node.
    """
    merged: Any = OmegaConf.create(dict(configuration))
    OmegaConf.set_struct(merged, True)
    for override in overrides:
        key, separator, choice = override.partition("=")
        if key == "evaluation" and re.fullmatch(r"\w+", choice):
            merged.evaluation = _chosen_evaluation(configuration, choice)
            continue
        node, dot, _ = key.partition(".")
        if not separator or not dot or node not in ("evaluation", "data", "pde") or "${" in override:
            raise ConfigurationError(
                f"{override}: give evaluation.<key>=<value> or data.<key>=<value>, in plain values, or "
                "evaluation=<choice>"
            )
        value = OmegaConf.from_dotlist([override])
        try:
            OmegaConf.update(merged, key, OmegaConf.select(value, key), merge=True)
        except (ConfigAttributeError, ConfigKeyError):
            paradigm = str(configuration.get("script")).removeprefix("train_")
            raise ConfigurationError(no_key(key, merged, paradigm)) from None
        except Exception as error:
            raise ConfigurationError(f"{override}: {str(error).splitlines()[0]}") from None
    return cast(dict[str, Any], OmegaConf.to_container(merged))


def _chosen_evaluation(configuration: Mapping[str, Any], choice: str) -> dict[str, Any]:
    """The node of another evaluation, as the run's script composes it for the same record and method."""
    script = re.fullmatch(r"train_(\w+)", str(configuration.get("script")))  # a stored word that is no path
    paradigm = "" if script is None else script[1]
    if not (configuration_root() / paradigm / "config.yaml").is_file():
        raise ConfigurationError(f"evaluation={choice}: the run is of no script of the suite, whose choices were known")
    chosen = {**choices_of(configuration), "evaluation": choice}
    try:
        config = composed(paradigm, [f"{key}={value}" for key, value in chosen.items()])
        return cast(dict[str, Any], OmegaConf.to_container(config.evaluation, resolve=True))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(explain(error, paradigm, configuration_root())) from None


def _other_record(run: Run, configuration: Mapping[str, Any], path: PathType) -> dict[str, Any]:
    """The node of a record that is read from a file, like the run's own where that is one; else on its clock."""
    node = dict(configuration.get("data") or {})
    if not node:
        raise ConfigurationError("--data: an equation has no file of data; give pde.<key>=<value> instead")
    names, transforms = names_in_files(run), {name: node[name] for name in OPTIONS if name in node}
    if "molecule" in names:
        # imported late: few runs are of molecules
        from sciml_bench.data.molecules.other_files import reading_on_clock_of, record_of_files

        split, reading = node.get("split") if "trajectories" in node else None, names["molecule"]
        if isinstance(run.learned, KnowsRecord):
            reading = reading_on_clock_of(run.learned.spec.as_read or run.learned.spec, path, reading)
        found = record_of_files(path, reading, split)
        if found is not None:
            return {**found, **transforms}
    if "path" in node:
        return {**node, "path": str(path)}
    if not Path(path).exists():
        raise DataError(f"--data {path}: there is no such file")
    if not isinstance(run.learned, KnowsRecord):
        kind = type(run.learned).__name__
        raise ConfigurationError(f"--data: {kind} knows no clock of a file's rows; give data.<key>=<value> instead")
    spec = run.learned.spec
    options = reading_options(path, spec.as_read or spec, names)
    node = {"_target_": "sciml_bench.data.sources.TrajectoryFiles", "path": str(path), "component_names": None}
    return {**node, **options, **transforms}
