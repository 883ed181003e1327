"""What may be chosen by name, and words of a command line that choose nothing."""

import difflib
import re
from collections.abc import Sequence

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError

GROUPS = (
    *("data", "pde", "model", "solver", "training", "schedule", "evaluation", "experiment"),
    *("logger", "callbacks", "trainer", "debug", "task", "method"),
)
"""What may be chosen by name on the command line."""

_CHOICE = re.compile(r"=[A-Za-z_]\w*$(?<!=null)(?<!=true)(?<!=false)")
_NAMES = re.compile(r"=\[\s*([A-Za-z_][\w/-]*\s*(,\s*(?=\w)|(?=\])))*\]$")
_SWEEP = re.compile(r"=\s*(glob|range)\(")


def options(group: str, paradigm: str) -> list[str]:
    """The names that may be chosen in a group, of the suite."""
    folders = [configuration_root() / place / group for place in (paradigm, "shared")]
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})


def unreadable_choice(words: Sequence[str], paradigm: str) -> str:
    """One sentence for words that choose something that is no name."""
    odd = [word for word in words if word.partition("=")[0] in ("", *GROUPS) and not _CHOICE.search(word)]
    group = next(iter(odd), "").partition("=")[0]
    there = f"; choose one of: {', '.join(names)}" if (names := options(group, paradigm)) else ""
    return f"{' '.join(odd)} cannot be read: choose by name, as in {group or 'model'}=<choice>{there}"


def require_choices(words: Sequence[str], paradigm: str) -> None:
    """Stop at what Hydra would take for names, and at a sweep without a job.

    Args:
        words: of the command line.
        paradigm: whose script it is.

    Raises:
        ConfigurationError: naming the word, and the choices.
    """
    for word in words:
        key, _, value = word.partition("=")
        if key in GROUPS and value.startswith("[") and not _NAMES.search(word):
            raise ConfigurationError(unreadable_choice([word], paradigm))
        if not _SWEEP.search(word) or any(each.startswith(("--config-", "-c", "hydra.searchpath")) for each in words):
            continue
        with hydra.initialize_config_dir(str(configuration_root() / paradigm), version_base="1.3"):
            loader = GlobalHydra.instance().config_loader()
            try:
                if any(True for _ in OverridesParser.create(loader).parse_overrides([word])[0].sweep_iterator()):
                    continue
            except HydraException:  # of which Hydra tells
                continue
            there = loader.get_group_options(key, results_filter=ObjectType.CONFIG)
        near = difflib.get_close_matches(re.sub(r"\W", "", value.partition("(")[2]), there, n=3, cutoff=0.3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        remedy = f"{hint}choose among {', '.join(there)}" if there else "give values"
        raise ConfigurationError(f"{word} stands for nothing, so that there is no job to run; {remedy}")
