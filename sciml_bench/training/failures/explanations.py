"""One sentence for a command line from which Hydra composed no configuration."""

import difflib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import hydra
import yaml
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.stored.run_folder import leaves
from sciml_bench.training.failures.as_typed import origin
from sciml_bench.training.failures.choices import GROUPS, options, unreadable_choice

_TOLD = ("choices", "given", "command", "fitting", "hydra")
"""Nodes that only say what was chosen."""


def explain(error: Exception, paradigm: str, root: Path, typed: Sequence[str] | None = None) -> str:
    """One sentence for a composition that failed.

    Args:
        error: what Hydra raised.
        paradigm: whose script it was.
        root: the folder conf/.
        typed: the overrides; by default those of the command line.
    """
    typed = sys.argv[1:] if typed is None else typed
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    for link in chain:
        if isinstance(link, MissingConfigException) and link.missing_cfg_file:
            return _explain_missing_choice(link, paradigm, root)
        if str(link).startswith("Config group override must be"):
            return unreadable_choice(typed, paradigm)
        if isinstance(link, OverrideParseException):
            reason = str(link).splitlines()[0]
            return f"the argument {link.override!r} cannot be read ({reason}); put quotes around special characters"
        if str(link).startswith("Ambiguous value"):
            return f"{str(link).splitlines()[0]}; put it in quotes, or run one after the other with --multirun"
        if merged := re.match(r"Error merging override (([\w.]+)=.*)", str(link)):
            return f"{merged[1]}: give {_mapping_at(merged[2], paradigm, typed)}"
    text = "\n".join(str(link) for link in chain)
    misspelt = re.search(r"Could not override '([^']+)'", text) or re.search(r"Could not append.*'([^']+)'", text)
    if misspelt is None:
        return str(error).splitlines()[0]
    within = re.search(r"Key '([^']+)' is not in struct", text)
    key = misspelt.group(1)
    if within is not None and within.group(1) != key.rpartition(".")[2] and within.group(1) not in key.split("."):
        key = f"{key}.{within.group(1)}"  # of a mapping that was given whole
    return _explain_misspelt_key(key, paradigm, typed)


def _explain_missing_choice(error: MissingConfigException, paradigm: str, root: Path) -> str:
    group, _, choice = str(error.missing_cfg_file).rpartition("/")
    there = sorted(error.options or options(group, paradigm))
    owners = [f"train_{path.parents[1].name}.py" for path in root.glob(f"*/{group}/{choice}.yaml")]
    script = "benchmark.py" if group in ("task", "method") else f"train_{paradigm}.py"
    if owners:
        return f"{group}={choice} belongs to {owners[0]}, not to {script}; choose one of: {', '.join(there)}"
    near = difflib.get_close_matches(choice, there, n=1)
    hint = f"did you mean {group}={near[0]}? " if near else ""
    return f"{script} has no {group}={choice}; {hint}choose one of: {', '.join(there)}"


def _composed(paradigm: str, typed: Sequence[str]) -> DictConfig:
    """What the choices mean without other overrides."""
    choices = [arg for arg in typed if arg.partition("=")[0] in GROUPS and "," not in arg]
    with hydra.initialize_config_dir(str(configuration_root() / paradigm), version_base="1.3"):
        return hydra.compose("config", overrides=choices)


def _mapping_at(key: str, paradigm: str, typed: Sequence[str]) -> str:
    """What stands at a key, as one would type it."""
    try:
        node = OmegaConf.select(_composed(paradigm, typed), key)
    except (HydraException, OmegaConfBaseException):
        node = None
    if isinstance(node, DictConfig):
        return f"{{{', '.join(f'{name}: …' for name in node if not str(name).startswith('_'))}}}"
    return "a list" if OmegaConf.is_list(node) else "a value of another kind"


def _explain_misspelt_key(key: str, paradigm: str, typed: Sequence[str]) -> str:
    try:
        return no_key(key, _composed(paradigm, typed), paradigm)
    except (HydraException, OmegaConfBaseException, TypeError):
        return f"there is no configuration key {key!r}"


def no_key(key: str, composed: DictConfig, paradigm: str) -> str:
    """That a configuration has no such key, which is near, and which are there; arguments as of `near_keys`."""
    parent, _, last = key.rpartition(".")
    while parent and not OmegaConf.is_dict(OmegaConf.select(composed, parent)):
        parent, _, last = parent.rpartition(".")
    node = OmegaConf.select(composed, parent) if parent else composed
    known = sorted(str(name) for name in node if not str(name).startswith("_"))
    siblings = [f"{parent}.{name}" if parent else name for name in difflib.get_close_matches(last, known, n=1)]
    hint = near_keys(key, composed, paradigm, siblings)
    there = f"keys there: {', '.join(known)}" if known else f"{parent} has no keys as it is chosen"
    return f"there is no configuration key {key!r}; {hint}{there}"


def near_keys(key: str, composed: DictConfig, paradigm: str, siblings: Sequence[str] = ()) -> str:
    """`did you mean ...? `, of the whole configuration, by the last parts of the key; empty where nothing is near.

    Args:
        key: that nothing reads.
        composed: the configuration, not resolved.
        paradigm: whose script it is.
        siblings: keys beside it that are nearly the same.
    """
    if (source := origin(key, composed)) != key:
        return f"did you mean {source}? "
    plain = cast(dict[str, Any], OmegaConf.to_container(composed))
    paths = [path for path, _ in leaves({group: node for group, node in plain.items() if group not in _TOLD})]
    found = [path for path in paths if path != key and _ends(path) & _ends(key)]
    found = list(dict.fromkeys(origin(path, composed) for path in found))
    group, _, name = key.partition(".")
    folders = [configuration_root() / place / group for place in (paradigm, "shared")] if name else []
    files = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    if not found and (choices := [f"{group}={path.stem}" for path in files if _has(path, name)]):
        return f"{name} is a key of {' and '.join(choices)}; "
    if not (found := sorted(found, key=lambda path: path.partition(".")[0] != group) or [*siblings]):
        ends = {end: path for path in paths for end in _ends(path)}
        found = [ends[end] for end in difflib.get_close_matches("_".join(key.split(".")[-2:]), ends, n=1, cutoff=0.8)]
    return f"did you mean {' or '.join(found[:3])}? " if found else ""


def _has(path: Path, key: str) -> bool:
    node = yaml.safe_load(path.read_text())
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def _ends(key: str) -> set[str]:
    """By which keys are compared: `resolutions` and `test_resolutions` of test.resolutions."""
    parts = key.split(".")
    return {parts[-1], "_".join(parts[-2:])}
