import numpy as np
import pytest
from small_peptide import INTERVAL, N_ATOMS, written

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.formats.frame_chains import followed_chain

SUFFIXES = ("xtc", "trr", "dcd")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("n_atoms", [5, N_ATOMS])  # XTC does not compress a few atoms
def test_the_chain_has_the_frames_atoms_and_times_that_were_written(tmp_path, suffix, n_atoms):
    _, _, walks = written(tmp_path)
    walks[0].atom_slice(range(n_atoms)).save(str(tmp_path / f"x.{suffix}"))
    chain = followed_chain(tmp_path / f"x.{suffix}")
    assert (chain.n_frames, chain.n_atoms) == (60, n_atoms)
    if suffix == "dcd":
        assert chain.times is None
    else:
        np.testing.assert_array_equal(chain.times, INTERVAL * np.arange(60))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("cut", [0.999, 0.5, 0.01])
def test_a_file_that_ends_within_a_frame_is_truncated(tmp_path, suffix, cut):
    _, files, _ = written(tmp_path, suffix=suffix)
    content = files[0].read_bytes()
    files[0].write_bytes(content[: int(cut * len(content)) | 1])
    with pytest.raises(DataError, match=rf"run0\.{suffix} is (truncated or )?damaged.* frame \d+"):
        followed_chain(files[0])


def test_a_dcd_that_ends_after_a_frame_lacks_those_that_its_header_promises(tmp_path):
    _, files, _ = written(tmp_path, suffix="dcd")
    content, frame = files[0].read_bytes(), 3 * (8 + 4 * N_ATOMS)
    files[0].write_bytes(content[: len(content) - 2 * frame])
    with pytest.raises(DataError, match="truncated or damaged: it ends within frame 59"):
        followed_chain(files[0])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_something_else_and_nothing_are_no_trajectories(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(b"hello " * 100)
    with pytest.raises(DataError, match="is damaged at frame 1"):
        followed_chain(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="is empty"):
        followed_chain(path)


def test_frames_of_another_number_of_atoms_are_damage(tmp_path):
    _, files, walks = written(tmp_path)
    walks[1].atom_slice(range(12)).save(str(files[1]))
    files[0].write_bytes(files[0].read_bytes() + files[1].read_bytes())
    with pytest.raises(DataError, match="damaged at frame 61, which has 12 atoms"):
        followed_chain(files[0])
