"""What makes two runs the same: the name of a run's folder, and the comparison of two configurations."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sciml_bench.core.stored.run_folder import leaves

EVALUATION = "evaluation"
IRRELEVANT_KEYS = ("run_folder", "choices", "given", "force", "logger", "objective", EVALUATION, "trainer.profiler")
IRRELEVANT_KEYS += ("trusted_packages", "command", "fitting")
"""Where a run is written, what it reports to, how its weights are scored, whom a person trusts, which
choices fit which (the choices themselves tell runs apart): no change of what it learns."""

OF_THE_QUESTION = ("data.", "pde.", f"{EVALUATION}.")
"""Keys of the record and of its scores: runs that differ in them answer different questions."""

IN_THE_PATH_ALREADY = ("data", "pde", "model", "training", "task", "method", "seed")
LONGEST_NAME = 100


def name_of_overrides(overrides: Sequence[str], in_the_path: Sequence[str] = IN_THE_PATH_ALREADY) -> str:
    """The path component that stands for a command's overrides, whatever their order.

    Args:
        overrides: as typed, such as `["data=logistic_map", "training.learning_rate=0.01"]`.
        in_the_path: keys that other components of the path tell.

    Returns:
        the overrides that are not in the path already, sorted and joined by commas; their hash when that is longer than
        a file name should be; `defaults` when there are none.
    """
    keys = [override.lstrip("+~").partition("=")[0] for override in overrides]
    dropped = [key in in_the_path or _is_irrelevant(key) for key in keys]
    return path_component([override for override, drop in zip(overrides, dropped, strict=True) if not drop])


def path_component(texts: Sequence[str]) -> str:
    """Texts as the name of a folder, whatever their order: joined, or hashed where long; `defaults` for none."""
    name = ",".join(sorted(texts))
    if not name:
        return "defaults"
    safe = "".join(letter if letter.isalnum() or letter in "=,.-_+~" else "-" for letter in name)
    if safe != name or len(safe) > LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        return digest if len(safe) > LONGEST_NAME else f"{safe}-{digest[:6]}"
    return safe


def variants(overrides: Sequence[str], of_the_method: Sequence[str] = ()) -> dict[str, str]:
    """What a command changes of the question and of the method, by which a report tells tables and rows apart.

    Args:
        overrides: as typed.
        of_the_method: keys of these that are of the method, whatever they are called.

    Returns:
        `question_variant` and `method_variant`, for record.json; each is left out where nothing is changed.
    """
    typed = [override.lstrip("+~") for override in overrides]
    keys = [override.partition("=")[0] for override in typed]
    asked = [key.startswith(OF_THE_QUESTION) and key not in of_the_method for key in keys]
    method = name_of_overrides([override for override, of_it in zip(typed, asked, strict=True) if not of_it])
    found = {
        "question_variant": ", ".join(sorted(override for override, of_it in zip(typed, asked, strict=True) if of_it)),
        "method_variant": method if method != path_component(()) else "",
    }
    return {name: told for name, told in found.items() if told}


def differing_keys(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The keys in which two configurations describe different runs, with both values, ready to be shown."""
    before, after = (dict(leaves(configuration)) for configuration in (earlier, now))
    differing = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return [
        f"{key} was {before.get(key)!r}, now {after.get(key)!r}"
        for key in differing
        if not _is_irrelevant(key) and (key in before or not _is_a_new_default(key, earlier, now))
    ]


def changed_evaluation(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two configurations of one run score it differently."""
    before, after = (dict(leaves(one.get(EVALUATION), EVALUATION)) for one in (earlier, now))
    differing = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    return any(key in before or not _is_a_new_default(key, earlier, now) for key in differing)


def _is_a_new_default(key: str, earlier: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether an earlier run of the same choices lacks a key only because an earlier version did.

    Nobody has typed it, so that it has its default, with which everything is as it was before the key.
    """
    chosen, choices, typed = (earlier.get("choices") or {}), (now.get("choices") or {}), now.get("given")
    if typed is None or any(choices.get(group) != chosen[group] for group in chosen if not _is_irrelevant(group)):
        return False
    keys = [str(override).lstrip("+~").partition("=")[0] for override in typed]
    return not any(key == one or key.startswith(f"{one}.") for one in keys if one not in choices)


def _is_irrelevant(key: str) -> bool:
    return any(key == prefix or key.startswith(f"{prefix}.") for prefix in (*IRRELEVANT_KEYS, "hydra"))
