"""The page of the scores, made of the catalogue that defines them."""

import re
from collections.abc import Iterator

from sciml_bench.scores.catalogue import catalogue_tables


def pages() -> Iterator[tuple[str, str]]:
    """Paths below docs/ and contents."""
    yield "reference/scores.md", scores_page()


def scores_page() -> str:
    """Every name in metrics.json."""
    tables = re.sub(r"^\*\*(.*?)\.\*\* ", r"## \1\n\n", catalogue_tables(), flags=re.MULTILINE)
    return (
        "# Scores\n\nEvery name in `metrics.json`, made of `sciml_bench/scores/catalogue.yaml`; `sciml-bench show <run "
        "folder>` prints the same beside the values. `<n>` and its like stand for a number or a word.\n\n"
        + tables.replace("Endings:", "## Endings\n\nWhat may stand at the end of a name:")
    )
