"""What other programmes keep of molecules: PLUMED's COLVAR, and lists of feature arrays as deeptime takes them."""

import numpy as np
import pytest

from sciml_bench.data.sources import TrajectoryFiles

HEADER = "#! FIELDS time phi psi\n#! SET min_phi -pi\n#! SET max_phi pi\n"
ANGLES = np.random.default_rng(0).uniform(-3, 3, (30, 2))


def rows(start, stop):
    return "".join(f" {0.2 * n:.6f} {ANGLES[n, 0]:.6f} {ANGLES[n, 1]:.6f}\n" for n in range(start, stop))


@pytest.mark.parametrize("name", ["COLVAR", "COLVAR.1", "run.colvar"])
def test_a_colvar_whose_header_is_repeated_after_a_restart_is_one_trajectory(tmp_path, name):
    (tmp_path / name).write_text(HEADER + rows(0, 20) + HEADER + rows(20, 30))
    for place in (tmp_path / name, tmp_path):
        record = TrajectoryFiles(str(place), split={"train": 1.0})
        record.setup()
        train = record.splits["train"]
        assert record.spec.component_names == ("phi", "psi")
        np.testing.assert_allclose(train.states[0], ANGLES, atol=1e-6)
        np.testing.assert_allclose(train.times_of(0), 0.2 * np.arange(30))


def test_a_list_of_feature_arrays_is_as_many_trajectories(tmp_path):
    arrays = [ANGLES[:length] + length for length in range(5, 17)]
    np.savez(tmp_path / "features.npz", *arrays)  # arr_0, arr_1, …, arr_10, …
    record = TrajectoryFiles(str(tmp_path / "features.npz"), split_by="trajectory", split={"train": 12})
    record.setup()
    for found, given in zip(record.splits["train"].states, arrays, strict=True):
        np.testing.assert_array_equal(found, given)
