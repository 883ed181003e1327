"""One method for each of several records in one run, such as the systems of a collection."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.core.interruption import interruption_behind
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.stored.learned_file import Learned

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LearnedFromEach:
    """What was learned from each record.

    Args:
        names: of the records.
        members: learned from them, in their order; None where the fit failed.
    """

    names: Sequence[str]
    members: Sequence[Any]

    @property
    def by_name(self) -> dict[str, Any]:
        """The members."""
        return dict(zip(self.names, self.members, strict=True))

    def tensors(self) -> dict[str, Tensor]:
        """Those of all members, whose names begin with that of their record."""
        learned = [(name, member) for name, member in self.by_name.items() if member is not None]
        return {f"{name}/{key}": value for name, member in learned for key, value in member.tensors().items()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave."""
        for name, member in self.by_name.items():
            if member is not None:
                own = f"{name}/"
                member.load_tensors({k.removeprefix(own): v for k, v in tensors.items() if k.startswith(own)})


class EachRecord(DirectMethod):
    """A method without epochs, fitted to one record after the other.

    A fit that fails is recorded with its reason, and the others go on.

    Args:
        builds: for every record by its name, what builds it and its method.
    """

    def __init__(self, builds: Mapping[str, Callable[[], tuple[Any, Method]]]) -> None:
        super().__init__(None)
        self.builds = dict(builds)
        self.told: dict[str, dict[str, Any]] = {}
        self.found: dict[str, Learned | None] = dict.fromkeys(self.builds)

    @property
    def gives(self) -> Any:
        """As the method does, of each record."""
        return LearnedFromEach

    def fit(self) -> None:
        """Fit all.

        Raises:
            NotApplicableError: the method is trained step by step, or applies to none of the records.
        """
        reasons: list[Exception] = []
        for name, build in self.builds.items():
            log.info("record %s", name)
            started = time.process_time()
            entries: dict[str, Any] = {}
            try:
                method = build()[1]
                if not isinstance(method, DirectMethod):
                    raise NotApplicableError(
                        f"{type(method).__name__} is trained step by step, and several records are learned from in one "
                        "run only by methods without epochs; choose one record"
                    )
                method.cpu_seconds = None if self.cpu_seconds is None else self.cpu_seconds / len(self.builds)
                method.fit()
                self.found[name], entries = method.learned(), method.record_entries()
            except Exception as error:
                if interruption_behind(error) is not None:
                    raise
                reasons.append(error)
                entries = {"failed": f"{type(error).__name__}: {error}"}
                log.warning("%s", entries["failed"])
            self.told[name] = {"cpu_seconds": time.process_time() - started, **entries}
        if reasons and len(reasons) == len(self.builds):
            raise reasons[0]

    def learned(self) -> LearnedFromEach:
        """What was learned from each."""
        return LearnedFromEach(tuple(self.found), tuple(self.found.values()))

    def record_entries(self) -> dict[str, Any]:
        """What each fit says of itself, with its cost or the reason why it failed."""
        return {"records": self.told}
