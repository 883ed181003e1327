"""The Kuramoto–Sivashinsky task of the Common Task Framework, on small fields: the same parts and scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from matplotlib.figure import Figure

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.core.results import Results
from sciml_bench.core.stored.files import write_arrays
from sciml_bench.data.common_task import CommonTaskKuramotoSivashinsky
from sciml_bench.data.common_task.protocol import File, parts_of
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.drawing import draw
from sciml_bench.mechnn import FieldDiscovery, FieldLibrary
from sciml_bench.suite.common_task import CommonTaskEvaluation, fields
from sciml_bench.suite.common_task.predictions import predictions_of
from sciml_bench.suite.common_task.scores import relative_score
from sciml_bench.systems import KuramotoSivashinsky

MU = {4: 1.0, 5: 1.0, 9: 0.9, 10: 1.2}


class SmallFields(CommonTaskKuramotoSivashinsky):
    """A shorter circle, fewer points and rows."""

    length, n_points, state_shape = 22.0, 48, (48,)
    clock = 0.1
    parts: ClassVar[Any] = parts_of(
        [File(n, MU.get(n, 1.0), 60 if n in MU else 120, 0.16 if n in (2, 3, 5) else 0.0, 300) for n in range(1, 11)]
    )
    n_ahead = 40


def results_of(part: str, **options: Any) -> tuple[Results, SmallFields]:
    record = SmallFields(part, simulation=1, **options)
    record.setup()
    method = FieldDiscovery(FieldLibrary(record.spec), WholeTrajectoriesView(record))
    CommonTaskEvaluation().require_record(record, method)
    method.fit()
    return CommonTaskEvaluation()(method.learned(), record), record


def scored(part: str, **options: Any) -> tuple[dict[str, float], SmallFields]:
    results, record = results_of(part, **options)
    return dict(results.metrics), record


def test_its_files_are_those_of_the_protocol() -> None:
    record = CommonTaskKuramotoSivashinsky("noisy_short")
    (file,) = record.protocol.files
    assert file.burn_in * record.clock == 100
    record.protocol = replace(record.protocol, files=(replace(file, burn_in=400),))  # to save time
    record.setup()
    rows, clean = np.asarray(record.continued.states[0]), record.clean_rows
    assert rows.shape == (100, 1024)
    assert clean is not None
    assert np.std(rows - clean) == pytest.approx(0.16, rel=0.02)
    assert 0.1 < 0.16 / clean.std() < 0.16
    assert record.spec.grid is not None
    assert record.spec.grid[-1] * 1024 / 1023 == pytest.approx(32 * np.pi)
    numbers = 2 * np.pi / (32 * np.pi) * np.arange(513)
    assert record.truth is not None

    def rate(u: np.ndarray) -> np.ndarray:
        modes = np.fft.rfft(u)
        return np.fft.irfft((numbers**2 - numbers**4) * modes) - u * np.fft.irfft(1j * numbers * modes)

    before, now, after = clean[-1], *record.truth[:2]
    np.testing.assert_allclose((after - before) / 0.05, rate(now), atol=0.02)


def test_a_law_that_is_found_continues_the_fields_of_another_parameter() -> None:
    metrics, _ = scored("parameter_beyond", learn_from="continued")
    assert set(metrics) == {"common_task_e12"}
    assert metrics["common_task_e12"] > 99.9


def test_fields_are_told_without_their_noise() -> None:
    metrics, record = scored("noisy_reconstruction")
    assert record.clean_rows is not None
    unchanged = relative_score(record.clean_rows, np.asarray(record.continued.states[0]))
    assert 100 - metrics["common_task_e3"] < 0.4 * (100 - unchanged)


def test_long_scores_are_of_power_spectra() -> None:
    metrics, _ = scored("clean")
    assert metrics["common_task_e1"] > 99.9
    assert metrics["common_task_e2"] > 99.9


@pytest.mark.parametrize(
    ("part", "said"), [("clean_short", "time since the last input"), ("noisy_reconstruction", "time")]
)
def test_a_field_is_drawn_over_space_and_time_beside_the_truth(
    part: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fields, "_MOST", 16)
    results, record = results_of(part)
    arrays, truth = results.stored_arrays, record.truth
    assert truth is not None
    assert results.pictures == ("rollout",)
    every = -(-len(truth) // 16)
    np.testing.assert_allclose(arrays["reference"][0], truth[::every, ::3], rtol=1e-6)
    states = arrays[f"prediction_pair_{record.protocol.pair}"]
    np.testing.assert_allclose(arrays["prediction"][0], states[::every, ::3], rtol=1e-6)
    assert np.diff(arrays["times"]) == pytest.approx(every * record.clock)
    figure = draw("rollout", arrays)
    assert isinstance(figure, Figure)
    panels = figure.axes[:3]
    assert [axis.get_title() for axis in panels] == ["reference", "rollout", "difference"]
    assert panels[0].get_ylabel().startswith(said)
    write_arrays(tmp_path / "arrays.npz", arrays)
    predictions, names = predictions_of([tmp_path])
    assert (len(names), *predictions) == (48, record.protocol.pair)


def test_a_tail_of_quantiles_is_not_scored_by_power_spectra() -> None:
    record = SmallFields("clean", simulation=1)
    record.setup()
    method = FieldDiscovery(FieldLibrary(record.spec), WholeTrajectoriesView(record))
    with pytest.raises(NotApplicableError, match=r"not the power spectra.*evaluation\.tail=path"):
        CommonTaskEvaluation(tail="invariant_measure").require_record(record, method)


def test_methods_that_learn_from_the_same_record_simulate_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    motion, simulated = KuramotoSivashinsky.long_motion, []

    def counted(law: KuramotoSivashinsky, *start: Any) -> np.ndarray:
        simulated.append(law)
        return motion(law, *start)

    monkeypatch.setattr(KuramotoSivashinsky, "long_motion", counted)

    def rows_of(part: str, simulation: int) -> tuple[np.ndarray, int]:
        simulated.clear()
        record = SmallFields(part, simulation=simulation)
        record.setup()
        assert record.truth is not None
        return np.asarray(record.continued.states[0]), len(simulated)

    first, number = rows_of("noisy", 3)
    assert number == 1
    for part, simulation, again in (("noisy", 3, 0), ("noisy_reconstruction", 3, 0), ("noisy", 4, 1), ("noisy", 3, 1)):
        rows, number = rows_of(part, simulation)
        assert number == again, (part, simulation)
        assert np.array_equal(rows, first) == (simulation == 3)


def test_a_motion_that_records_share_cannot_be_overwritten() -> None:
    record = SmallFields("clean_short", simulation=3)
    record.setup()
    assert record.truth is not None
    with pytest.raises(ValueError, match="read-only"):
        record.truth[0] = 0
