"""One sentence for a command line from which Hydra composed no configuration."""

import difflib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.configuration_root import configuration_root

GROUPS = (
    *("data", "pde", "model", "solver", "training", "schedule", "evaluation", "experiment"),
    *("logger", "callbacks", "trainer", "debug", "task", "method"),
)
"""What may be chosen by name on the command line."""

_CHOICE = re.compile(r"=[A-Za-z_]\w*$(?<!=null)(?<!=true)(?<!=false)")


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
            odd = [word for word in typed if word.partition("=")[0] in ("", *GROUPS) and not _CHOICE.search(word)]
            return f"{' '.join(odd)} cannot be read: choose by name, as in model=<choice>"
        if isinstance(link, OverrideParseException):
            reason = str(link).splitlines()[0]
            return f"the argument {link.override!r} cannot be read ({reason}); put quotes around special characters"
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
    options = sorted(error.options or [])
    owners = [f"train_{path.parents[1].name}.py" for path in root.glob(f"*/{group}/{choice}.yaml")]
    script = "benchmark.py" if group in ("task", "method") else f"train_{paradigm}.py"
    if owners:
        return f"{group}={choice} belongs to {owners[0]}, not to {script}; choose one of: {', '.join(options)}"
    near = difflib.get_close_matches(choice, options, n=1)
    hint = f"did you mean {group}={near[0]}? " if near else ""
    return f"{script} has no {group}={choice}; {hint}choose one of: {', '.join(options)}"


def _explain_misspelt_key(key: str, paradigm: str, typed: Sequence[str]) -> str:
    choices = [arg for arg in typed if arg.partition("=")[0] in GROUPS and "," not in arg]
    parent, _, last = key.rpartition(".")
    try:
        with hydra.initialize_config_dir(str(configuration_root() / paradigm), version_base="1.3"):
            whole = hydra.compose("config", overrides=choices)
        while parent and not OmegaConf.is_dict(OmegaConf.select(whole, parent)):
            parent, _, last = parent.rpartition(".")
        node = OmegaConf.select(whole, parent) if parent else whole
        known = sorted(str(name) for name in node)
    except (HydraException, OmegaConfBaseException, TypeError):
        return f"there is no configuration key {key!r}"
    near = difflib.get_close_matches(last, known, n=1)
    hint = f"did you mean {f'{parent}.' if parent else ''}{near[0]}? " if near else ""
    return f"there is no configuration key {key!r}; {hint}keys there: {', '.join(known)}"
