"""A run on a store with missing values that stays on disk learns what it would learn in memory, and is restored."""

import numpy as np
import pytest

from sciml_bench.training import composed, restore, run


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A slow and a fast component, packed into integers of two bytes, with holes."""
    zarr = pytest.importorskip("zarr", reason="needs the extra `files`")
    pytest.importorskip("xarray", reason="needs the extra `files`")
    rng, decay = np.random.default_rng(0), np.array([0.95, 0.7])
    states = np.zeros((3000, 2))
    for row in range(1, len(states)):
        states[row] = decay * states[row - 1] + np.sqrt(1 - decay**2) * rng.standard_normal(2)
    packed = np.where(rng.random(states.shape) < 0.005, -32768, np.rint(states / 1e-3)).astype(np.int16)
    path = tmp_path_factory.mktemp("store") / "x.zarr"
    names = {"dimension_names": ("time", "component")}
    array = zarr.open_group(path, mode="w").create_array(
        "x", shape=packed.shape, chunks=(100, 2), dtype="int16", fill_value=-32768, **names
    )
    array.attrs.update(scale_factor=1e-3, _FillValue=-32768)
    array[:] = packed
    return path


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("missing", ["split", "interpolate"])
def test_a_run_from_disk_has_the_scores_of_a_run_in_memory(store, tmp_path, missing):
    metrics = {}
    for size in (0, 1):
        given = ["data=trajectories", f"data.path={store}", f"data.missing={missing}", "training=linear_ridge"]
        given += [f"data.in_memory_gigabytes={size}", "logger=none"]
        metrics[size] = run(composed("koopman", given, folder=tmp_path / str(size)))
    assert metrics[0].keys() == metrics[1].keys()
    for name, value in metrics[1].items():
        assert metrics[0][name] == pytest.approx(value, rel=1e-4, abs=1e-4), name


@pytest.mark.usefixtures("undrawn")
def test_features_are_learned_from_disk_and_restored_without_it(store, tmp_path):
    given = ["data=trajectories", f"data.path={store}", "data.missing=split", "data.in_memory_gigabytes=0"]
    given += ["training=vamp", "model.n_modes=3", "trainer.max_epochs=3", "logger=none"]
    metrics = run(composed("koopman", given, folder=tmp_path))
    learned = restore(tmp_path).learned
    assert metrics["vamp_e_test"] > 1.5  # 1 of the constant, at most 0.9 and 0.5 of the components
    assert sorted(np.abs(learned.eigenvalues()))[1] == pytest.approx(0.95, abs=0.05)
    np.testing.assert_array_equal(restore(tmp_path).metrics["vamp_e_test"], metrics["vamp_e_test"])
