"""A refusal in a person's own words: the choice that stands for a class, and the key from which a value was copied."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig, OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError, LacksAbilityError, SolverError, values_as_typed

_STANDS_FOR = {"model": "method", "training": "method", "evaluation": "task", "data": "task", "pde": "task"}
"""What chooses a node in a benchmark; in a script it is the node's own group."""


@contextmanager
def as_typed(configuration: Mapping[str, Any], composed: DictConfig | Mapping[str, Any]) -> Iterator[None]:
    """Let refusals name what was typed.

    Args:
        configuration: of the run.
        composed: the same, which tells where a value was copied from unless it is resolved.
    """
    try:
        yield
    except (ConfigurationError, DataError, SolverError) as error:
        said = values_as_typed(_in_typed_words(error, configuration))
        if key := re.match(r"[\w.]+(?==)", said):
            said = origin(key[0], composed) + said[key.end() :]
        error.args = (said,)
        raise


def _in_typed_words(error: Exception, configuration: Mapping[str, Any]) -> str:
    choices, said = configuration.get("choices") or {}, str(error)
    names = {part: next((g for g in (of, part) if choices.get(g)), None) for part, of in _STANDS_FOR.items()}
    if isinstance(error, LacksAbilityError) and (group := names["model"]):
        other = f"another method, such as method={error.example}" if group == "method" else "another evaluation"
        return f"{group}={choices[group]} {error.lacks}; choose {other}"
    for part, group in names.items():
        name = str((configuration.get(part) or {}).get("_target_", "")).rpartition(".")[2]
        if name and group:
            said = re.sub(rf"(\b{part}=)?(?<![\w./'\"]){name}(?![\w/'\"]|\.\w)", f"{group}={choices[group]}", said)
    return said


def origin(key: str, composed: DictConfig | Mapping[str, Any]) -> str:
    """The key whose value stands under another, such as `training.initial_state` for `evaluation.initial_state`.

    Args:
        key: with its dots.
        composed: not resolved yet.
    """
    node: Any = OmegaConf.to_container(composed) if isinstance(composed, DictConfig) else composed
    parts = key.split(".")
    for number, part in enumerate(parts):
        node = node.get(part) if isinstance(node, Mapping) else None
        if isinstance(node, str) and (told := re.fullmatch(r"\$\{([\w.]+)\}", node)):
            return origin(".".join([told[1], *parts[number + 1 :]]), composed)
    return key
