"""One definition for every name in metrics.json: meaning, unit, which way is better, and what it is taken over.

The definitions stand in catalogue.yaml; the documentation's page of scores and what `sciml-bench show` says are made
from them. Only text is read, so that a report needs no torch.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml

PLACEHOLDERS = {
    "n": r"\d+",
    "resolution": r"\d+",
    "threshold": r"[\d.]+(e[-+]?\d+)?",
    "split": "train|validation|test",
    "body": r"\w+?",
}
"""What may stand for each `<word>` in a name, as regular expressions."""

VARIANTS = {
    "clean": "against the truth, where it was simulated",
    "median": "the median over the trajectories instead of the mean",
    "end": "at the end of the rollouts instead of over all of them",
    "reference": "what the same measurement finds for the true trajectories",
}
"""Endings that some names may have, those that list them in the catalogue."""

SPREAD = "sample standard deviation over the seeds of an ensemble, whose scores are means"
"""What the ending `_std` says, which every name may have."""


@dataclass(frozen=True)
class Score:
    """A metric.

    Args:
        name: in metrics.json; a `<word>` in it stands for a number or a word.
        meaning: a phrase.
        window: the data that it is taken over.
        group: heading of the table that it belongs to.
        unit: empty for pure numbers.
        better: None where neither direction says anything, as for references.
        variants: endings of the name that occur as well, of `VARIANTS`.
    """

    name: str
    meaning: str
    window: str
    group: str
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    variants: Sequence[str] = ()

    @property
    def is_pattern(self) -> bool:
        """Whether the name stands for several."""
        return "<" in self.name

    @property
    def shown_names(self) -> list[str]:
        """The name and its variants."""
        return [self.name, *(f"{self.name}_{variant}" for variant in self.variants)]

    def variant(self, ending: str | None, spread: bool) -> "Score":
        """This definition for a name with endings.

        Args:
            ending: one of `VARIANTS`.
            spread: whether `_std` comes last.
        """
        name = f"{self.name}_{ending}" if ending else self.name
        if spread:
            return replace(self, name=f"{name}_std", meaning=SPREAD, better=None, variants=())
        if not ending:
            return self
        better = None if ending == "reference" else self.better
        return replace(self, name=name, meaning=f"{self.meaning}; {VARIANTS[ending]}", better=better, variants=())

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches the names that this defines; the group `ending` is a variant, `spread` the ending `_std`."""
        parts = re.split(r"<(\w+)>", self.name)
        body = "".join(f"({PLACEHOLDERS[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        endings = "|".join(self.variants) or "(?!)"  # none
        return re.compile(f"{body}(_(?P<ending>{endings}))?(?P<spread>_std)?")


def _groups() -> Iterator[tuple[str, str, list[Score]]]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    for group in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # ten times quicker, if there
        entries = [entry | {"variants": tuple(entry.get("variants", ()))} for entry in group["scores"]]
        yield group["heading"], group["note"], [Score(group=group["heading"], **entry) for entry in entries]


GROUPS: Sequence[tuple[str, str, list[Score]]] = tuple(_groups())
"""Headings, what holds for all scores below them, and these."""

CATALOGUE: Sequence[Score] = tuple(score for _, _, scores in GROUPS for score in scores)
"""All definitions."""


def find_score(name: str) -> Score | None:
    """The definition of a metric, or None for a number of somebody's own.

    Args:
        name: as in metrics.json, such as `accuracy_step_5` or `forecast_mse_clean_std`.
    """
    # a definition of its own comes before one that stands for several names
    for score in sorted(CATALOGUE, key=lambda score: score.is_pattern):
        if matched := score.pattern.fullmatch(name):
            return score.variant(matched["ending"], matched["spread"] is not None)
    return None


def near_names(name: str) -> list[str]:
    """Names of the catalogue that somebody may have meant, the nearest first; a `<word>` in them stands for a number.

    Args:
        name: that no score has.
    """
    return difflib.get_close_matches(name, [shown for score in CATALOGUE for shown in score.shown_names])


def catalogue_tables() -> str:
    """The catalogue in Markdown: a paragraph and a table per group, then the endings."""
    parts = []
    for heading, note, scores in GROUPS:
        lines = ["| name | meaning | unit | better | over |", "|---|---|---|---|---|"]
        for score in scores:
            names = ", ".join(f"`{name}`" for name in score.shown_names)
            cells = (names, score.meaning, score.unit, score.better or "", score.window)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append(f"**{heading}.** {note}\n\n" + "\n".join(lines))
    endings = [*VARIANTS.items(), ("std", SPREAD)]
    parts.append("Endings: " + "; ".join(f"`_{ending}`, {meaning}" for ending, meaning in endings) + ".")
    return "\n\n".join(parts) + "\n"
