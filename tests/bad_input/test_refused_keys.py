"""Whatever value of a configuration is refused, its key is named whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from bad_rows import BODIES, DIGITS, FIELD, GROWTH, LORENZ, POISSON, PROCESS

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import leaves
from sciml_bench.training.build import build, build_evaluation, build_schedule
from sciml_bench.training.failures.as_typed import as_typed
from sciml_bench.training.run import plain
from sciml_bench.training.script import composed

COMMANDS = [
    ("koopman", PROCESS),
    ("koopman", (*PROCESS, "training=vamp", "schedule=cosine")),
    ("koopman", (*PROCESS, "training=linear_ridge")),
    ("koopman", DIGITS),
    ("node_homotopy", ()),
    ("node_homotopy", (*FIELD, "solver=adaptive")),
    ("mechnn", LORENZ),
    ("mechnn", (*LORENZ, "training=network", "model=discovery_network")),
    ("mechnn", BODIES),
    ("mechnn", GROWTH),
    ("nsm", POISSON),
]
ROOTS = ("data", "pde", "model", "training", "schedule", "evaluation")
TYPED = ("test_resolutions",)
"""Of which the shapes that are checked under pytest tell first."""
COPIES = ("training.solver.", "training.loss.n_modes", "training.loss.constant_first")
"""What is named by the key that it is copied from."""


def with_value(node: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    return {**node, first: with_value(node[first], rest, value) if rest else value}


def refusals(script: str, words: tuple[str, ...], folder: Path) -> Iterator[tuple[str, str]]:
    """The key of every value that is refused, and what is said."""
    config = composed(script, ["logger=none", *words], folder)
    whole = plain(config)
    for key, _ in leaves({root: whole[root] for root in ROOTS if whole.get(root)}):
        if key.endswith(("_target_", "_partial_", "cache", *TYPED)) or key.startswith(COPIES):
            continue
        for value in ("wrong", -7):
            configuration = with_value(whole, key.split("."), value)
            try:
                with as_typed(configuration, config):
                    build_evaluation(configuration)
                    build_schedule(configuration)
                    build(configuration)
            except ConfigurationError as error:
                yield key, str(error)


@pytest.mark.parametrize(("script", "words"), COMMANDS)
def test_every_refused_key_is_named_whole(script: str, words: tuple[str, ...], tmp_path: Path) -> None:
    found = list(refusals(script, words, tmp_path))
    assert len({key for key, _ in found}) > 15
    typed_elsewhere = {"evaluation.initial_state": "training.initial_state", "evaluation.n_pieces": "training.view"}
    typed_elsewhere["evaluation.rows_per_piece"] = "training.view"
    assert [(key, said) for key, said in found if key not in said and typed_elsewhere.get(key, key) not in said] == []
