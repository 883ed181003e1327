"""From a composed configuration to objects: the record, its view, the method with its model, and what a fit needs."""

import inspect
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, get_args, get_type_hints

import lightning.pytorch as pl

from sciml_bench.core.checks import require_choice
from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import PACKAGE, instantiate
from sciml_bench.core.kinds import TARGET, annotations_of, require_arguments
from sciml_bench.core.method import Method
from sciml_bench.core.results import Results
from sciml_bench.core.schedules import ConstantRate, LearningRateSchedule
from sciml_bench.core.stored.kept_records import set_up
from sciml_bench.core.stored.learned_file import Learned
from sciml_bench.data.record import Record
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.data.transforms.record_transforms import OPTIONS, RecordTransforms
from sciml_bench.training.failures.memory_of_weights import require_widths, weights_within_memory
from sciml_bench.training.loop import EachRecord
from sciml_bench.training.short_records import adapted


def build(configuration: Mapping[str, Any], beside: tuple[Any, Method] | None = None) -> tuple[Any, Method]:
    """The record, loaded, and the method with its model, from a composed configuration.

    The initial weights follow from the global random state, which a run makes a function of its seed before it builds.
    For a short record, values that nobody typed may be smaller than composed: see `short_records`.

    Args:
        configuration: composed.
        beside: what was built for another seed, whose record and view, and what a method keeps of these, are shared.

    Returns:
        the record (of train_nsm.py: the equation) and the method, or `EachRecord` where there are several records.

    Raises:
        ConfigurationError: a choice is wrong.
        DataError: the data cannot be used.
    """
    make_view, make_model, make_method = _factories(configuration)  # a wrong choice is told before anything is loaded
    require_widths(configuration["model"])
    if beside is not None and isinstance(beside[0], Record) and not (beside[0].single_records or beside[0].adaptation):
        return beside[0], _method_on(beside[1].view, make_model, make_method, configuration)
    record = build_record(configuration)
    if each := getattr(record, "single_records", None):
        nodes = {name: {**configuration, "data": {**configuration["data"], **own}} for name, own in each.items()}
        return record, EachRecord({name: partial(build, node) for name, node in nodes.items()})
    if record.state_shape is not None:
        make_method.func.require_states(record.state_shape)
    if make_view is None:  # an equation: a wrong choice is told before its solutions are computed
        view = record.sampling
    else:
        record = set_up(record, configuration["data"])
        make_method.func.require_states(record.spec.state_shape)
        fitting = adapted(configuration, record, getattr(make_method.func, "needs_validation", False))
        if fitting["data"] != configuration["data"]:
            told, record = record.adaptation, set_up(build_record(fitting), fitting["data"])
            fitting = adapted(fitting, record, getattr(make_method.func, "needs_validation", False))
            record.adaptation = "; ".join(filter(None, (told, record.adaptation)))
        if fitting != dict(configuration):
            make_view, make_model, make_method = _factories(fitting)
        view = _called(make_view, "training.view", record)
    method = _method_on(view, make_model, make_method, configuration)
    record.setup()
    return record, method


def _method_on(view: Any, make_model: partial, make_method: partial, configuration: Mapping[str, Any]) -> Method:
    """The method with its model, which learns from a view."""
    _require_spec(make_model.func, view, configuration)
    with weights_within_memory():
        return _called(make_method, "training", _called(make_model, "model", view.spec), view)


def _factories(configuration: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """What makes the view, where the training has one, the model and the method."""
    packages, training = trusted(configuration), dict(configuration["training"])
    make_view = _factory(training.pop("view"), "view", packages) if "view" in training else None
    make_model = _factory(configuration["model"], "model", packages)
    return make_view, make_model, _factory(training, "training", packages)


def build_record(configuration: Mapping[str, Any]) -> Any:
    """The record of a configuration (of train_nsm.py: the equation), not loaded yet.

    Raises:
        ConfigurationError: a choice is wrong.
    """
    packages = trusted(configuration)
    if "pde" in configuration:
        return instantiate(configuration["pde"], role="pde", trusted_packages=packages)
    node = dict(configuration["data"])
    asked = {name: value for name in OPTIONS if (value := node.pop(name, None)) is not None}
    record = instantiate(node, role="data", trusted_packages=packages)
    require_arguments(RecordTransforms, asked, "data")
    return record.transform(**asked) if asked else record


def build_schedule(configuration: Mapping[str, Any]) -> LearningRateSchedule:
    """The schedule of the learning rate; constant where the configuration has none."""
    return optional(configuration, "schedule") or ConstantRate()


def build_evaluation(configuration: Mapping[str, Any]) -> Any:
    """What scores a learned object on a record; it finds nothing where the configuration has none."""
    return optional(configuration, "evaluation") or (lambda learned, record: Results())


def scored_record(configuration: Mapping[str, Any], observed: Any) -> Any:
    """What an evaluation is given: the record, or with `scored_on=validation` what of it a search may see.

    Args:
        configuration: of the run.
        observed: the record, loaded, or an equation.

    Raises:
        ConfigurationError: there is no such part.
    """
    part = configuration.get("scored_on")
    if part is None:
        return observed
    require_choice("scored_on", part, ("test", "validation"))
    if part == "validation" and not isinstance(observed, Record):
        raise ConfigurationError("scored_on=validation: an equation has test parameters alone; give scored_on=test")
    return observed.up_to_validation if part == "validation" else observed


def require_scorable(evaluation: Any, method: Method, record: Any) -> None:
    """Stop before a fit whose outcome the evaluation could not score.

    What an evaluation takes and a method gives, they say by their annotations; what else it needs, in `require_record`.

    Args:
        evaluation: as `build_evaluation` gives it.
        method: not fitted yet.
        record: loaded.

    Raises:
        ConfigurationError: they do not go together.
        DataError: the record lacks something.
    """
    asked: Any = get_type_hints(type(evaluation).__call__).get("learned")
    given: Any = method.gives
    told = all(isinstance(each, type) and each not in (Any, Learned, type(None)) for each in (asked, given))
    if told and isinstance(method, EachRecord) and not issubclass(given, asked):
        raise ConfigurationError(
            f"evaluation={type(evaluation).__name__} scores one system and data holds {len(method.builds)}: choose one "
            "with data.system=, or compare methods on all: python benchmark.py task=odebench data.path="
        )
    if told and not issubclass(given, asked):
        raise ConfigurationError(
            f"evaluation={type(evaluation).__name__} scores another kind ({_in_words(asked)}) than "
            f"{type(method).__name__} learns ({_in_words(given)}); leave evaluation out, or choose evaluation=forecast"
        )
    if hasattr(evaluation, "require_record"):
        evaluation.require_record(record, method)


def build_callbacks(configuration: Mapping[str, Any]) -> list[pl.Callback]:
    """A person's own callbacks."""
    packages = trusted(configuration)
    nodes = configuration.get("callbacks") or {}
    return [instantiate(node, role="callback", trusted_packages=packages) for node in nodes.values()]


def trusted(configuration: Mapping[str, Any]) -> tuple[str, ...]:
    """The packages of a person's own that she has named."""
    return tuple(configuration.get("trusted_packages") or ())


def optional(configuration: Mapping[str, Any], node: str) -> Any:
    """What a node, whose name is its role, such as `schedule`, describes; None where the configuration has none.

    Raises:
        ConfigurationError: a choice is wrong.
    """
    if not configuration.get(node):
        return None
    return instantiate(configuration[node], role=node, trusted_packages=trusted(configuration))


def _factory(node: Any, role: str, packages: tuple[str, ...]) -> Any:
    return instantiate(
        {**node, "_partial_": True} if isinstance(node, Mapping) else node, role=role, trusted_packages=packages
    )


def _require_spec(model: Any, view: Any, configuration: Mapping[str, Any]) -> None:
    """Stop at a model of another kind of view, such as one of windows where trajectories are read whole."""
    asked = next(iter(annotations_of(model)[0].values()), Any)
    kinds: Any = get_args(asked) or (asked,)
    if {Any, inspect.Parameter.empty} & {*kinds} or not all(isinstance(kind, type) for kind in kinds):
        return
    windows = WindowsSpec in kinds
    of_suite = isinstance(view.spec, WindowsSpec) and model.__module__.startswith(f"{PACKAGE}.")
    if not isinstance(view.spec, kinds) or (of_suite and not windows):
        folder = configuration_root() / str(configuration.get("script")).removeprefix("train_") / "training"
        texts = {path.stem: path.read_text() for path in sorted(folder.glob("*.yaml"))}
        fitting = [name for name, text in texts.items() if ("WindowsView" in text) is windows]
        others = f"choose training={', '.join(fitting)}, or another model" if fitting else "choose another model"
        raise ConfigurationError(
            f"model={model.__name__} learns from {' or '.join(map(_in_words, kinds))}, but "
            f"{configuration['training'][TARGET].rpartition('.')[2]} reads {_in_words(type(view.spec))}; {others}"
        )


def _in_words(kind: type) -> str:
    """What a class is of: `growth estimator` of GrowthEstimator."""
    told = {"WindowsSpec": "windows of states", "LaggedPairsSpec": "pairs of rows", "RecordSpec": "whole trajectories"}
    return told.get(kind.__name__) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()


def _called(factory: Any, node: str, *args: Any) -> Any:
    try:
        return factory(*args)
    except TypeError as error:
        raise ConfigurationError(f"{node} cannot be built: {error}") from error
