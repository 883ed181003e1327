import functools
import hashlib

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.description import built, describe
from sciml_bench.data.files import fingerprint as fingerprints
from sciml_bench.data.record import Record
from sciml_bench.data.sources import SimulatedTrajectories, TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import chosen_components
from sciml_bench.data.views import LaggedPairsView, WindowsView
from sciml_bench.systems import LotkaVolterra


class Counting(Record):
    """Rows that say when they are."""

    loads = 0

    def load(self):
        self.loads += 1
        moments = np.arange(10.0)
        return Trajectories((np.stack([moments, moments**2], axis=1),), component_names=("t", "square"))


def test_a_record_loads_once_and_describes_what_is_learned_from():
    record = Counting(split={"train": 4, "test": 6})
    with pytest.raises(RuntimeError, match="setup"):
        _ = record.splits
    record.setup(), record.setup()
    assert record.loads == 1
    assert {name: part.lengths for name, part in record.splits.items()} == {"train": (4,), "test": (6,)}
    np.testing.assert_allclose(record.spec.mean, [1.5, 3.5])
    np.testing.assert_allclose(record.spec.deviation[0], np.arange(4).std())
    assert (record.spec.dim, len(record.spec.lengths), record.files) == (2, 1, [])
    with pytest.raises(ConfigurationError, match=r"data\.split\.validation above 0"):
        record.part("validation")
    with pytest.raises(ConfigurationError, match=r"'tests': choose among \['train', 'test'\]"):
        record.part("tests")


def test_containers_of_a_configuration_are_accepted():
    record = Counting(split=OmegaConf.create({"train": 0.5, "validation": 0.2, "test": 0.3}))
    record.setup()
    assert record.spec.lengths == (5,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split_by": "random"}, "data.split_by=random"),
        ({"split": {"train": 1.5}}, "data.split.train=1.5 is neither"),
        ({"split": {"train": 0.0, "test": 1.0}}, "data.split.train=0.0"),
        ({"split": {"learn": 0.5}}, "data.split has the unknown name"),
    ],
)
def test_wrong_options_stop_before_anything_is_loaded(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Counting(**options)


def test_parts_of_other_states_than_those_learned_from_are_refused():
    class Given(Record):
        def load_splits(self):
            return {"train": Trajectories((np.eye(3),)), "test": Trajectories((np.eye(2),))}

    with pytest.raises(DataError, match=r"the test split has states of the shape \(2,\), the train split of \(3,\)"):
        Given().setup()


def test_a_record_says_what_a_subclass_must_implement():
    with pytest.raises(NotImplementedError, match=r"load\(\) or load_splits\(\)"):
        Record().setup()


def test_images_count_their_pixels():
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(2, 9, 1, 4, 4)))
    record.setup()
    assert (record.spec.dim, record.spec.state_shape) == (16, (1, 4, 4))


def test_transforms_act_on_every_part():
    record = Counting(transforms=[functools.partial(chosen_components, components=["square"])])
    record.setup()
    assert record.spec.component_names == ("square",)
    assert record.splits["test"].states[0].tolist() == [[64.0], [81.0]]


def test_a_training_part_that_never_changes_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.concatenate([np.zeros((50, 1)), np.ones((5, 1))]))
    with pytest.raises(DataError, match="the train split"):
        TrajectoryFiles(tmp_path / "a.npy").setup()


def test_the_statistics_of_a_field_are_shared_by_its_points_and_states_on_disk_agree_with_memory(tmp_path):
    values = np.random.default_rng(0).normal(3.0, 2.0, size=(40, 5))
    np.save(tmp_path / "a.npy", values)
    memory, disk = (TrajectoryFiles(tmp_path / "a.npy", in_memory_gigabytes=size) for size in (1, 0))
    memory.setup(), disk.setup()
    assert disk.splits["train"].on_disk
    np.testing.assert_allclose(disk.spec.mean, memory.spec.mean)
    np.testing.assert_allclose(disk.spec.deviation, memory.spec.deviation)
    views = [WindowsView(record, 2, 2, 4, dtype="float64") for record in (memory, disk)]
    increments = [view.spec.increment_deviation for view in views]
    np.testing.assert_allclose(*increments)


def test_files_are_known_by_their_size_and_checksum(tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", np.arange(40.0))
    record = TrajectoryFiles(tmp_path)
    record.setup()
    content = (tmp_path / "a.npy").read_bytes()
    whole = {"path": str(tmp_path / "a.npy"), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert record.files == [whole]
    monkeypatch.setattr(fingerprints, "WHOLE_BYTES", 100)
    monkeypatch.setattr(fingerprints, "BLOCK_BYTES", 30)
    monkeypatch.setattr(fingerprints, "N_BLOCKS", 2)
    assert record.files[0]["sha256"] == hashlib.sha256(content[:30] + content[-30:]).hexdigest()
    assert record.files[0]["modified"] == int((tmp_path / "a.npy").stat().st_mtime)


def test_the_checksum_of_a_folder_depends_on_names_and_content(tmp_path):
    (tmp_path / "x.zarr" / "c").mkdir(parents=True)
    (tmp_path / "x.zarr" / "c" / "0").write_bytes(b"12")
    first = fingerprints.fingerprint(tmp_path / "x.zarr")
    assert first["bytes"] == 2
    (tmp_path / "x.zarr" / "c" / "0").rename(tmp_path / "x.zarr" / "c" / "1")
    assert fingerprints.fingerprint(tmp_path / "x.zarr")["sha256"] != first["sha256"]


def test_specs_survive_their_description():
    record = SimulatedTrajectories(LotkaVolterra(prey_growth=1.1), n_steps=60, component_names=["prey", "predators"])
    for view in (LaggedPairsView(record, 2, 8, standardize=True), WindowsView(record, 3, 2, 4, dtype="float64")):
        again = built(describe(view.spec))
        assert type(again) is type(view.spec)
        assert (again.state_shape, again.component_names, again.lengths) == ((2,), ("prey", "predators"), (36,))
        assert again.system == record.system
        np.testing.assert_array_equal(again.deviation, view.spec.deviation)
    assert again.dtype == torch.float64
    assert again.n_training == 5
