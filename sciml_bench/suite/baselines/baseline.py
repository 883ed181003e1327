"""What a person would use instead: a baseline is fitted to a record at once and becomes a learned object."""

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor

from sciml_bench.core.method import DirectMethod, told_class
from sciml_bench.core.stored.learned_file import Learned
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.step_forecaster import StepForecaster
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.suite.questions import Questions


class Baseline:
    """Base of all baselines: a subclass says how it is fitted, and what that gives.

    Args:
        spec: of the record that it will be fitted to.

    Attributes:
        cpu_seconds: after which no further setting is tried; None: all are.
    """

    takes_inputs: ClassVar[bool] = False
    cpu_seconds: float | int | None = None

    def __init__(self, spec: RecordSpec) -> None:
        self.spec = spec.origin or spec  # a baseline reads states in their own shape

    def prepare(self, record: Record, asked: Questions) -> None:
        """Told before the fit what a forecast task will ask; a baseline that learns does not look at it.

        Args:
            record: loaded.
            asked: by the task.
        """

    def fit(self, record: Record) -> Learned:
        """Learn from the training part, choosing by the validation part where there is something to choose.

        Args:
            record: loaded.

        Raises:
            NotApplicableError: it cannot learn from such a record.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement fit()")

    @classmethod
    def gives(cls) -> Any:
        """The class of what it learns."""
        return told_class(cls.fit)

    def record_entries(self) -> dict[str, Any]:
        """What record.json should tell, in plain values."""
        return {}


class BaselineTraining(DirectMethod):
    """The fit of a baseline as a run.

    Args:
        model: the baseline.
        view: of whole trajectories.
    """

    def __init__(self, model: Baseline, view: WholeTrajectoriesView) -> None:
        super().__init__(view)
        self.baseline = model

    @property
    def gives(self) -> Any:
        """What the baseline says that it gives."""
        return self.baseline.gives()

    def fit(self) -> None:
        """Let it learn, as long as the budget allows."""
        self.baseline.cpu_seconds = self.cpu_seconds
        self._learned = self.baseline.fit(self.view.record)

    def learned(self) -> Any:
        """What it has learned."""
        return self._learned

    def record_entries(self) -> dict[str, Any]:
        """What the baseline tells of itself."""
        return self.baseline.record_entries()


class Fitted:
    """Base of what a baseline has learned, whose fields hold all of it: a dataclass with `spec` among them."""

    @property
    def n_parameters(self) -> int | None:
        """How many numbers were fitted; None where nothing was."""
        return None

    def tensors(self) -> dict[str, Tensor]:
        """None beside the fields."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """There are none."""


class FittedBaseline(Fitted, StepForecaster):
    """Base of what forecasts."""
