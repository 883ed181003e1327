import sys

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import KortewegDeVriesFields
from sciml_bench.systems.partial.korteweg_de_vries import KortewegDeVries

SMALL = {
    "split": {"train": 3, "validation": 1, "test": 2}, "n_skipped": 2, "n_frames": 8, "n_test_frames": 12,
    "time_step": 0.2,
}  # fmt: skip


def fields(**options):
    equation = KortewegDeVries(length=32.0, n_points=32, refinement=1, largest_step=0.1)
    return KortewegDeVriesFields(equation, **{**SMALL, **options})


def stacked(record, part):
    return np.stack(record.splits[part].states)


def test_frames_solve_the_equation_from_frame_to_frame():
    record = fields()
    record.setup()
    test = stacked(record, "test").astype(np.float64)
    assert test.shape == (2, 12, 32)
    finer = KortewegDeVries(length=32.0, n_points=32, refinement=1, largest_step=0.02)
    continued = finer.solve(test[:, 0], 0.2 * np.arange(12))
    np.testing.assert_allclose(test, continued, atol=2e-4)
    assert np.abs(continued[:, -1] - continued[:, 0]).max() > 0.1


def test_splits_differ_and_what_was_simulated_is_read_again(monkeypatch):
    first = fields(data_seed=11)
    first.setup()
    starts = [first.splits[name].states[0][0] for name in ("train", "validation", "test")]
    assert all(np.abs(a - b).max() > 0.01 for a, b in zip(starts, starts[1:] + starts[:1], strict=True))

    def refuse(*arguments):
        raise AssertionError("simulated again")

    monkeypatch.setattr(KortewegDeVries, "solve", refuse)
    again = fields(data_seed=11)
    again.setup()
    np.testing.assert_array_equal(stacked(first, "train"), stacked(again, "train"))
    with pytest.raises(AssertionError, match="simulated again"):
        fields(data_seed=12).setup()


def test_all_points_share_one_deviation():
    record = fields()
    record.setup()
    train = stacked(record, "train").astype(np.float64)
    np.testing.assert_allclose(record.spec.deviation, [train.std()], rtol=1e-6)
    assert record.spec.grid is not None
    assert len(record.spec.grid) == 32


def test_a_file_for_every_split_or_none():
    with pytest.raises(ConfigurationError, match=r"data\.path"):
        fields(path={"train": "a.h5"})


def test_without_h5py_files_are_refused_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ConfigurationError, match="pip install h5py"):
        fields(path={name: tmp_path / f"{name}.h5" for name in ("train", "validation", "test")}).setup()


def test_files_of_lpsda_are_read(tmp_path):
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    written = {}
    for split, group in (("train", "train"), ("validation", "valid"), ("test", "test")):
        written[split] = rng.standard_normal((4, 9, 32))
        with h5py.File(tmp_path / f"{split}.h5", "w") as file:
            file.create_dataset(f"{group}/pde_9-32", data=written[split])
            file.create_dataset(f"{group}/dt", data=np.full(4, 0.2))
    record = fields(path={name: tmp_path / f"{name}.h5" for name in written})
    record.setup()
    np.testing.assert_allclose(stacked(record, "train"), written["train"][:3], rtol=1e-6)
