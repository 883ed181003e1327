import json

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

POSITIONS = np.random.default_rng(0).standard_normal((20, 3, 3)).astype(np.float32)
PICOSECONDS = 2.0 * np.arange(20)
ATOMS = ("ALA3-N", "ALA3-CA", "ALA3-C")


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}} | options)
    record.setup()
    return record, record.splits["train"]


@pytest.fixture
def molecule():
    mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `trajectories`")
    topology = mdtraj.Topology()
    residue = topology.add_residue("ALA", topology.add_chain(), resSeq=3)
    for name in ("N", "CA", "C"):
        topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residue)
    return mdtraj.Trajectory(POSITIONS, topology, time=PICOSECONDS)


@pytest.mark.parametrize("suffix", ["xtc", "trr", "dcd"])
def test_positions_are_in_nanometres_and_times_in_nanoseconds(tmp_path, molecule, suffix):
    molecule.save(str(tmp_path / f"x.{suffix}"))
    molecule[0].save(str(tmp_path / "top.pdb"))
    record, found = load(tmp_path / f"x.{suffix}", topology=str(tmp_path / "top.pdb"))
    np.testing.assert_allclose(found.states[0], POSITIONS, atol=6e-4 if suffix == "xtc" else 1e-6)
    assert found.component_names == ("x", "y", "z")
    assert found.facts["component_units"] == ("nm", "nm", "nm")
    assert found.facts["body_names"] == ATOMS
    assert record.spec.column_names[:4] == ("ALA3-N_x", "ALA3-N_y", "ALA3-N_z", "ALA3-CA_x")
    assert str(tmp_path / "top.pdb") in [file["path"] for file in record.files]
    assert "3 atoms as they lie in space" in record.reading
    if suffix == "dcd":  # whose times MDTraj would invent
        assert (found.times, found.time_step, found.time_unit) == (None, 1.0, "step")
    else:
        np.testing.assert_allclose(found.times_of(0), PICOSECONDS / 1000)
        assert found.time_unit == "ns"


def test_without_a_topology_atoms_have_numbers(tmp_path, molecule):
    molecule.save(str(tmp_path / "x.xtc"))
    assert load(tmp_path / "x.xtc")[1].facts["body_names"] == ("atom1", "atom2", "atom3")


@pytest.mark.parametrize("suffix", ["xtc", "trr", "dcd"])
def test_a_file_that_ends_within_a_frame_is_refused(tmp_path, molecule, suffix):
    """MDTraj reads what there is of a .dcd, without a word."""
    path = tmp_path / f"x.{suffix}"
    molecule.save(str(path))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=rf"^data\.path=\S+x\.{suffix} is truncated or damaged: .* frame 20; mend"):
        load(path)


def test_a_topology_of_another_molecule_is_refused(tmp_path, molecule):
    molecule.save(str(tmp_path / "x.xtc"))
    molecule.atom_slice([0, 1])[0].save(str(tmp_path / "two.pdb"))
    with pytest.raises(ConfigurationError, match=r"data\.topology=.*two\.pdb has 2 atoms, but .*x\.xtc has 3"):
        load(tmp_path / "x.xtc", topology=str(tmp_path / "two.pdb"))
    with pytest.raises(ConfigurationError, match=r"data\.topology=nowhere\.pdb: there is no such file"):
        load(tmp_path / "x.xtc", topology="nowhere.pdb")


def test_the_format_of_mdtraj_itself_stays_on_disk(tmp_path):
    """Written here in its layout, since MDTraj writes it through PyTables."""
    h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
    atoms = [{"index": number, "name": name} for number, name in enumerate(("N", "CA", "C"))]
    topology = {"chains": [{"index": 0, "residues": [{"index": 0, "name": "ALA", "resSeq": 3, "atoms": atoms}]}]}
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["conventions"] = np.bytes_("Pande")
        file["coordinates"], file["time"] = POSITIONS, PICOSECONDS.astype(np.float32)
        file["topology"] = np.array([json.dumps(topology).encode()])
        file["cell_lengths"] = np.ones((20, 3))
    found = load(tmp_path / "x.h5", in_memory_gigabytes=0)[1]
    assert found.on_disk
    np.testing.assert_array_equal(found.states[0].read(3, 6), POSITIONS[3:6])
    np.testing.assert_allclose(found.times_of(0), PICOSECONDS / 1000)
    assert (found.facts["body_names"], found.time_unit) == (ATOMS, "ns")


def test_the_format_of_mdtraj_itself_is_read_where_it_can_be_written(tmp_path, molecule):
    pytest.importorskip("tables", reason="MDTraj writes its own format through PyTables")
    molecule.save(str(tmp_path / "x.h5"))
    found = load(tmp_path / "x.h5")[1]
    np.testing.assert_array_equal(found.states[0], POSITIONS)
    assert found.facts["body_names"] == ATOMS


def test_netcdf_of_amber_is_read_with_its_own_units(tmp_path, molecule):
    pytest.importorskip("xarray", reason="needs the extra `files`")
    molecule.save(str(tmp_path / "x.nc"))
    found = load(tmp_path / "x.nc", key="coordinates")[1]
    np.testing.assert_allclose(found.states[0], 10 * POSITIONS, rtol=1e-6)
    assert (found.component_names, found.time_unit) == (("x", "y", "z"), "picosecond")
    np.testing.assert_array_equal(found.times_of(0), PICOSECONDS)
