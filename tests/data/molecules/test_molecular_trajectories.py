import re
from itertools import pairwise

import numpy as np
import pytest
from small_peptide import BACKBONE, INTERVAL, N_ATOMS, written

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.molecules import MolecularTrajectories
from sciml_bench.data.molecules.features import dihedrals_of
from sciml_bench.data.views import LaggedPairsView

mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
PARTS = {"train": 1, "validation": 1, "test": 1}


def load(topology, trajectories, **options):
    record = MolecularTrajectories(str(topology), list(map(str, trajectories)), **{"split": PARTS} | options)
    record.setup()
    return record


@pytest.mark.parametrize("suffix", ["xtc", "trr", "dcd"])
@pytest.mark.parametrize("gigabytes", [1.0, 0.0])
def test_positions_are_in_nanometres_and_times_in_nanoseconds(tmp_path, suffix, gigabytes):
    top, files, walks = written(tmp_path, suffix=suffix)
    record = load(top, files, features="positions", atoms="all", in_memory_gigabytes=gigabytes)
    train = record.splits["train"]
    assert train.on_disk == (gigabytes == 0)
    states = train.states[0].read(0, 60) if train.on_disk else train.states[0]
    np.testing.assert_allclose(states, walks[0].xyz, atol=6e-4 if suffix == "xtc" else 1e-5)
    assert record.spec.state_shape == (N_ATOMS, 3)
    assert record.spec.column_names[:4] == ("ALA1-N_x", "ALA1-N_y", "ALA1-N_z", "ALA1-CA_x")
    assert record.spec.component_units == ("nm", "nm", "nm")
    assert train.facts["atomic_numbers"][:6] == (7, 6, 6, 8, 6, 1)
    if suffix == "dcd":  # which has no clock
        assert (train.time_step, train.time_unit) == (1.0, "step")
        assert "no clock: data.time_step gives it, in ns between two frames" in record.reading
        known = load(top, files, time_step=0.002, stride=5)
        assert known.spec.time_step == pytest.approx(0.01)
        assert "no clock" not in known.reading
    else:
        np.testing.assert_allclose(train.times_of(0), INTERVAL / 1000 * np.arange(60))
        assert train.time_unit == "ns"
        assert "no clock" not in record.reading


@pytest.mark.parametrize("stride", [1, 7])
@pytest.mark.parametrize("features", ["positions", "distances", "dihedrals"])
def test_what_is_read_as_it_is_needed_is_what_is_held_in_memory(tmp_path, monkeypatch, stride, features):
    monkeypatch.setattr("sciml_bench.data.molecules.frames.CHUNK_BYTES", 12 * N_ATOMS * 9)  # a few frames
    top, files, walks = written(tmp_path)
    lazy, held = (
        load(top, files, features=features, stride=stride, in_memory_gigabytes=size).splits["train"] for size in (0, 1)
    )
    assert held.lengths == (len(walks[0].xyz[::stride]),)
    np.testing.assert_array_equal(lazy.states[0].read(2, 7), held.states[0][2:7])
    np.testing.assert_array_equal(lazy.times_of(0), held.times_of(0))


@pytest.mark.parametrize("gigabytes", [1.0, 0.0])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_rows_are_whole_strides_apart_across_a_gap_of_the_clock(tmp_path, stride, gigabytes):
    """Frames of 2 ps with an interval of 12 ps behind frame 31, which no stride but 1 would meet by counting frames."""
    top, files, walks = written(tmp_path, suffix="trr")
    walks[0].time = INTERVAL * (np.arange(60) + 5 * (np.arange(60) > 30))
    walks[0].save(str(files[0]))
    chosen = np.flatnonzero(np.isin(walks[0].time, np.arange(0, 200, INTERVAL * stride)))
    record = load(top, files, features="positions", atoms="all", stride=stride, in_memory_gigabytes=gigabytes)
    train = record.splits["train"]
    states = train.states[0].read(0, len(chosen)) if train.on_disk else train.states[0]
    assert len(states) == train.lengths[0] == len(chosen)
    np.testing.assert_allclose(states, walks[0].xyz[chosen], atol=1e-5)
    np.testing.assert_allclose(train.times_of(0), walks[0].time[chosen] / 1000)
    assert record.spec.time_step == pytest.approx(INTERVAL / 1000 * stride)
    n_pairs = sum(later - earlier == INTERVAL * stride for earlier, later in pairwise(walks[0].time[chosen]))
    assert len(LaggedPairsView(record, lag=1).pairs("train")) == n_pairs > 10
    found = record.collective_variables()
    assert found is not None
    assert found["train"].lengths == train.lengths


def test_dihedrals_are_cosine_and_sine_of_phi_and_psi(tmp_path):
    top, files, walks = written(tmp_path, suffix="trr")
    record = load(top, files)
    assert record.spec.component_names == tuple(
        f"{function} {angle}" for angle in ("psi 1", "phi 2", "psi 2", "phi 3") for function in ("cos", "sin")
    )
    phi, psi = mdtraj.compute_phi(walks[0])[1], mdtraj.compute_psi(walks[0])[1]
    angles = np.stack([psi[:, 0], phi[:, 0], psi[:, 1], phi[:, 1]], axis=1)
    expected = np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(60, 8)
    np.testing.assert_allclose(record.splits["train"].states[0], expected, atol=1e-4)
    only = load(top, files, atoms="resid 1 2")
    assert only.spec.component_names == ("cos psi 2", "sin psi 2", "cos phi 3", "sin phi 3")


def test_positions_and_cosines_with_sines_tell_the_dihedrals_that_mdtraj_computes(tmp_path):
    top, files, walks = written(tmp_path, suffix="trr")
    phi, psi = (np.degrees(compute(walks[0])[1]) for compute in (mdtraj.compute_phi, mdtraj.compute_psi))
    expected = {"psi 1": psi[:, 0], "phi 2": phi[:, 0], "psi 2": psi[:, 1], "phi 3": phi[:, 1]}
    for options in ({"features": "positions"}, {"features": "positions", "atoms": "element != H"}, {}):
        train = load(top, files, **options).splits["train"]
        found = dihedrals_of(train.states[0], train)
        assert found.keys() == expected.keys()
        for name, angles in expected.items():
            np.testing.assert_allclose((found[name] - angles + 180) % 360, 180, atol=0.02)
    for options in ({"features": "positions", "atoms": "name CA"}, {"features": "distances"}):
        train = load(top, files, **options).splits["train"]
        assert dihedrals_of(train.states[0], train) == {}


def test_a_dihedral_does_not_span_residues_that_are_left_out(tmp_path):
    top, files, _ = written(tmp_path)
    with pytest.raises(ConfigurationError, match="the chosen atoms have no phi and no psi"):
        load(top, files, atoms="resid 0 2")


@pytest.mark.parametrize("numbers", ["again", "on"])
def test_no_dihedral_joins_two_molecules_of_one_chain(tmp_path, numbers):
    """As formats without chains have them: two peptides whose residues are numbered anew, or on behind an end."""
    topology = mdtraj.Topology()
    chain = topology.add_chain()
    for number in range(6):
        residue = topology.add_residue("ALA", chain, resSeq=number % 3 + 1 if numbers == "again" else number + 1)
        names = [*BACKBONE, *(["OXT"] if number in (2, 5) else [])]
        for name in names:
            topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residue)
    rng = np.random.default_rng(0)
    xyz = rng.standard_normal((30, topology.n_atoms, 3)).astype(np.float32)
    frames = mdtraj.Trajectory(xyz, topology, time=INTERVAL * np.arange(30))
    frames[0].save(str(tmp_path / "top.gro"))
    for number in range(3):
        frames.save(str(tmp_path / f"run{number}.xtc"))
    record = load(tmp_path / "top.gro", [tmp_path / f"run{number}.xtc" for number in range(3)])
    angles = ["psi 1", "phi 2", "psi 2", "phi 3"]
    expected = [f"{angle} molecule {number}" for number in (1, 2) for angle in angles]
    if numbers == "on":
        expected = [*angles, "psi 4", "phi 5", "psi 5", "phi 6"]
    assert [name[4:] for name in record.spec.component_names[::2]] == expected
    phi, psi = mdtraj.compute_phi(frames, periodic=False)[1], mdtraj.compute_psi(frames, periodic=False)[1]
    assert phi.shape[1] == 5  # MDTraj goes on from one molecule to the next
    own = np.stack([psi[:, 0], phi[:, 0], psi[:, 1], phi[:, 1], psi[:, 3], phi[:, 3], psi[:, 4], phi[:, 4]], axis=1)
    np.testing.assert_allclose(record.splits["train"].states[0][:, ::2], np.cos(own), atol=0.02)  # of an .xtc
    assert record.collective_variables()["train"].component_names[1::2] == record.spec.component_names[::2]


def test_distances_are_those_of_chosen_atoms_and_else_of_heavy_ones(tmp_path):
    top, files, walks = written(tmp_path, suffix="trr")
    record = load(top, files, features="distances", atoms="name CA")
    assert record.spec.component_names == tuple(f"distance ALA{i}-CA ALA{j}-CA" for i, j in ((1, 2), (1, 3), (2, 3)))
    x = walks[0].xyz[:, [1, 7, 13]]
    expected = np.stack([np.linalg.norm(x[:, i] - x[:, j], axis=1) for i, j in ((0, 1), (0, 2), (1, 2))], axis=1)
    np.testing.assert_allclose(record.splits["train"].states[0], expected, atol=1e-4)
    assert load(top, files, features="distances").spec.dim == 15 * 14 // 2


def test_pairs_never_cross_trajectories_and_the_lag_may_be_given_in_nanoseconds(tmp_path):
    top, files, _ = written(tmp_path)
    record = load(top, files, split={"train": 3}, in_memory_gigabytes=0)
    view = LaggedPairsView(record, lag_time=0.01)
    assert (view.lag, len(view.pairs("train"))) == (5, 60 + 50 + 40 - 15)
    with pytest.raises(ConfigurationError, match=r"lag_time=0\.003: rows are 0\.002 ns apart; .* such as 0\.00[24]"):
        LaggedPairsView(record, lag_time=0.003)
    with pytest.raises(DataError, match=r"has 40 states, but training\.view\.lag=45 needs at least 46"):
        LaggedPairsView(record, lag_time=0.09)


def test_whole_trajectories_are_split_in_their_order_or_at_random(tmp_path):
    top, files, _ = written(tmp_path, lengths=(30, 31, 32, 33, 34, 35))
    split = {"train": 4, "validation": 1, "test": 1}

    def lengths(**options):
        return [part.lengths for part in load(top, files, split=split, **options).splits.values()]

    assert lengths() == [(30, 31, 32, 33), (34,), (35,)]
    drawn = [lengths(trajectory_split="random", split_seed=seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert sorted(length for part in drawn[0] for length in part) == [30, 31, 32, 33, 34, 35]
    with pytest.raises(ConfigurationError, match=r"data\.trajectory_split=random: data\.split_by=time cuts every"):
        load(top, files, trajectory_split="random", split_by="time")


def test_matched_parts_hold_extended_and_compact_trajectories_alike(tmp_path):
    sizes = dict.fromkeys((0, 1, 2), 3.0)  # the first half is extended, so that parts in order differ
    top, files, _ = written(tmp_path, lengths=(30, 31, 32, 33, 34, 35), sizes=sizes)
    split = {"train": 2, "validation": 2, "test": 2}
    record = load(top, files, split=split, trajectory_split="distribution_matching")
    for part in record.splits.values():
        assert sorted(length <= 32 for length in part.lengths) == [False, True]


def test_a_chain_that_a_periodic_cell_cuts_is_made_whole(tmp_path):
    """Wrapped by hand into a triclinic cell; the water beside it stays where it lies."""
    top, files, walks = written(tmp_path, suffix="trr")
    cell = np.array([[4.0, 0, 0], [0.5, 4.2, 0], [-0.4, 0.3, 4.1]])
    for path, walk in zip(files, walks, strict=True):
        walk.xyz[:, :18] *= 0.3 / np.abs(np.diff(walk.xyz[:, :18], axis=1)).max()  # neighbours are near
        walk.xyz[:] += 3.9 * np.linspace(0, 1, walk.n_frames)[:, None, None]  # through the borders
        wrapped = walk.xyz - np.floor(walk.xyz @ np.linalg.inv(cell)) @ cell
        cells = np.repeat(cell[None], walk.n_frames, axis=0)
        cut = mdtraj.Trajectory(wrapped.astype(np.float32), walk.topology, time=walk.time)
        cut.unitcell_vectors = cells.astype(np.float32)
        cut.save(str(path))
    for atoms, chosen in (("not water", range(18)), ("name CA", [1, 7, 13]), ("water", range(18, 21))):
        states = load(top, files, features="positions", atoms=atoms).splits["train"].states[0]
        moved = states - walks[0].xyz[:, list(chosen)]
        if atoms != "water":
            np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-4)
        lattice = moved @ np.linalg.inv(cell)
        np.testing.assert_allclose(lattice, np.round(lattice), atol=1e-4)
    assert np.abs(np.round(lattice)).max() > 0


def stretched_in_a_cell(folder, cell, n_frames=30):
    """Two chains of twelve and two residues that go through the borders of a cell; the first spans most of it."""
    topology = mdtraj.Topology()
    for length in (12, 2):
        chain = topology.add_chain()
        for number in range(length):
            residue = topology.add_residue("ALA", chain, resSeq=number + 1)
            for name in ("N", "CA", "C", "O", "CB"):
                topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residue)
    rng = np.random.default_rng(0)
    places = [[0.35 * i + 0.05 * k, 0.1 * (k % 2), 0.1 * ((k + 1) % 3)] for i in range(14) for k in range(5)]
    whole = np.array(places) + 0.02 * rng.standard_normal((n_frames, 70, 3))
    whole[:, 60:] += [-4.2, 0.6, 0.0]  # the second chain lies beside the first
    whole += np.linspace(0, 6, n_frames)[:, None, None]
    wrapped = whole - np.floor(whole @ np.linalg.inv(cell)) @ cell
    cut = mdtraj.Trajectory(wrapped.astype(np.float32), topology, time=INTERVAL * np.arange(n_frames))
    cut.unitcell_vectors = np.repeat(cell[None], n_frames, axis=0).astype(np.float32)
    files = [folder / f"cut{number}.trr" for number in range(3)]
    for path in files:
        cut.save(str(path))
    cut[0].save(str(folder / "top.pdb"))
    return folder / "top.pdb", files, whole


CELLS = {"cubic": np.eye(3) * 5.0, "triclinic": np.array([[5.0, 0, 0], [0.6, 4.8, 0], [-0.5, 0.4, 4.9]])}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("atoms", ["name CA", "resSeq 1 12 and name CA", "name CB and (resSeq 1 or resSeq 11)"])
def test_atoms_far_apart_in_a_chain_are_placed_as_in_the_whole_chain(tmp_path, cell, atoms):
    """The backbone between them says which image it is: the nearest one is another."""
    top, files, whole = stretched_in_a_cell(tmp_path, CELLS[cell])
    atoms = f"chainid 0 and {atoms}"
    record = load(top, files, features="positions", atoms=atoms)
    states, chosen = record.splits["train"].states[0], mdtraj.load_topology(str(top)).select(atoms)
    assert states.shape[1] == len(chosen) == len(record.splits["train"].facts["body_names"])
    np.testing.assert_allclose(states - states[:, :1], whole[:, chosen] - whole[:, chosen[:1]], atol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_distances_within_a_chain_are_those_of_the_whole_chain_and_else_of_nearest_images(tmp_path, cell):
    top, files, whole = stretched_in_a_cell(tmp_path, CELLS[cell])
    topology = mdtraj.load_topology(str(top))
    chosen = topology.select("name CB and (chainid 1 or resSeq 1 12)")
    pairs = np.stack(np.triu_indices(len(chosen), 1), axis=1)
    record = load(top, files, features="distances", atoms="name CB and (chainid 1 or resSeq 1 12)")
    steps = whole[:, chosen[pairs[:, 1]]] - whole[:, chosen[pairs[:, 0]]]
    shifts = np.stack(np.meshgrid(*[range(-3, 4)] * 3), axis=-1).reshape(-1, 3) @ CELLS[cell]
    nearest = np.linalg.norm(steps[:, :, None] + shifts, axis=-1).min(axis=-1)
    expected, within = np.linalg.norm(steps, axis=-1), chosen[pairs] < 60
    expected[:, within[:, 0] != within[:, 1]] = nearest[:, within[:, 0] != within[:, 1]]
    np.testing.assert_allclose(record.splits["train"].states[0], expected, atol=1e-4)
    assert (expected[:, 0] - nearest[:, 0]).min() > 1  # from end to end


def test_a_file_with_all_in_one_chain_has_its_molecules_apart(tmp_path):
    """As .gro: residues that are no polymer, and a polymer whose numbers begin anew, count by themselves."""
    top, files, whole = stretched_in_a_cell(tmp_path, CELLS["cubic"])
    mdtraj.Trajectory(whole[:1].astype(np.float32), mdtraj.load_topology(str(top))).save(str(tmp_path / "top.gro"))
    atoms = "name CB"
    of_pdb, of_gro = (load(one, files, features="distances", atoms=atoms) for one in (top, tmp_path / "top.gro"))
    parts = [one.splits["train"].states[0] for one in (of_pdb, of_gro)]
    np.testing.assert_allclose(*parts, atol=1e-5)


def test_collective_variables_are_those_of_mdtraj_at_the_rows_that_are_learned_from(tmp_path):
    top, files, walks = written(tmp_path, lengths=(30, 34, 38), suffix="trr")
    options = {"features": "distances", "atoms": "name CB", "stride": 2, "trajectory_split": "random", "split_seed": 2}
    record = load(top, files, **options)
    found = record.collective_variables()
    assert found is not None
    lengths = [part.lengths for part in record.splits.values()]
    assert lengths != [(15,), (17,), (19,)]
    assert [part.lengths for part in found.values()] == lengths
    for part in found.values():
        walk = {15: walks[0], 17: walks[1], 19: walks[2]}[part.lengths[0]][::2]
        radius = mdtraj.compute_rg(walk.atom_slice(walk.topology.select("name CA")), masses=np.ones(3))
        np.testing.assert_allclose(part.states[0][:, 0], radius, atol=1e-4)
        np.testing.assert_allclose(part.states[0][:, 2], np.sin(mdtraj.compute_psi(walk)[1][:, 0]), atol=1e-3)
        assert part.component_names[:3] == ("radius of gyration", "cos psi 1", "sin psi 1")
        assert len(part.component_names) == 1 + 8


def test_other_rows_have_no_collective_variables_and_what_is_no_peptide_has_a_radius_alone(tmp_path):
    top, files, walks = written(tmp_path)
    record = MolecularTrajectories(str(top), list(map(str, files)), split=PARTS).transform(delays=2)
    record.setup()
    assert record.collective_variables() is None
    water = walks[0].atom_slice([18, 19, 20])
    water[0].save(str(tmp_path / "water.pdb"))
    water.save(str(tmp_path / "water.xtc"))
    options = {"features": "positions", "atoms": "all", "split": {"train": 1}}
    found = load(tmp_path / "water.pdb", [tmp_path / "water.xtc"], **options).collective_variables()
    assert found is not None
    assert found["train"].component_names == ("radius of gyration",)


# ---- bad input ------------------------------------------------------------------------------------------------------


def test_a_truncated_trajectory_stops_or_is_left_out_and_told(tmp_path):
    top, files, _ = written(tmp_path, lengths=(60, 50, 40, 30))
    whole = files[1].read_bytes()
    files[1].write_bytes(whole[: int(0.45 * len(whole)) | 1])
    with pytest.raises(DataError, match=r"run1\.xtc is truncated .* frame \d+; .*data\.skip_unreadable=true$"):
        load(top, files)
    record = load(top, files, skip_unreadable=True)
    assert [part.lengths for part in record.splits.values()] == [(60,), (40,), (30,)]
    assert re.search(r"left out, for it cannot be read: .*run1\.xtc is truncated", record.reading)
    for path in files:
        path.write_bytes(b"no trajectory")
    with pytest.raises(DataError, match=r"none of 4 can be read; the first: .*run0\.xtc is (damaged|truncated)"):
        load(top, files, skip_unreadable=True)


def test_a_trajectory_of_other_atoms_is_never_left_out_silently(tmp_path):
    top, files, walks = written(tmp_path)
    walks[1].atom_slice(range(10)).save(str(files[1]))
    said = r"top\.pdb has 21 atoms, but the trajectory .*run1\.xtc has 10"
    for skip in (False, True):
        with pytest.raises(ConfigurationError, match=said):
            load(top, files, skip_unreadable=skip)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"atoms": "name XX"}, r"data\.atoms='name XX' selects none of the 21 atoms of .*; its residues are ALA, HOH"),
        ({"atoms": "name ("}, r"data\.atoms='name \(' is no selection in MDTraj's language; write one such as"),
        ({"features": "angles"}, r"data\.features=angles"),
        ({"features": "distances", "atoms": "index 3"}, "data.atoms selects a single atom"),
        ({"time_step": -1}, r"data\.time_step=-1"),
        ({"stride": 0}, r"data\.stride=0"),
        ({"skip_unreadable": 3}, r"data\.skip_unreadable=3"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, options, sentence):
    top, files, _ = written(tmp_path)
    with pytest.raises(ConfigurationError, match=sentence):
        load(top, files, **options)


def test_missing_and_foreign_files_are_named(tmp_path):
    top, files, _ = written(tmp_path)
    (tmp_path / "x.csv").write_text("1,2\n")
    with pytest.raises(FileNotFoundError, match=r"data\.topology=.*none\.pdb: there is no such file"):
        load(tmp_path / "none.pdb", files)
    with pytest.raises(ConfigurationError, match=r"data\.topology=.*x\.csv cannot be read by MDTraj"):
        load(tmp_path / "x.csv", files)
    with pytest.raises(FileNotFoundError, match=r"data\.trajectories=.*none\.xtc: there is no such file"):
        load(top, [tmp_path / "none.xtc"])
    with pytest.raises(ConfigurationError, match=r"data\.trajectories=.*x\.csv: trajectories of molecules end in"):
        load(top, [tmp_path / "x.csv"])
    with pytest.raises(ConfigurationError, match=r"data\.trajectories=null: give files"):
        MolecularTrajectories(str(top), None)


@pytest.mark.parametrize("clock", ["restarted", "constant", "late"])
def test_frames_whose_times_do_not_increase_are_named_and_may_be_given_a_time_step(tmp_path, clock):
    """A run that was begun anew, a file without times, and picoseconds that single precision does not resolve."""
    top, files, walks = written(tmp_path)
    times = INTERVAL * np.arange(60)
    walks[0].time = {"restarted": times % 60, "constant": 0 * times, "late": 1e8 + times}[clock]
    walks[0].save(str(files[0]))
    told = r"^data\.trajectories: \S+run0\.xtc has the time \S+ ns at frame {}, not later .* give data\.time_step"
    with pytest.raises(DataError, match=told.format(31 if clock == "restarted" else 2)):
        load(top, files)
    assert load(top, files, time_step=0.002).spec.time_step == pytest.approx(0.002)


def test_a_trajectory_without_a_clock_among_others_needs_a_time_step(tmp_path):
    top, files, walks = written(tmp_path)
    walks[0].save(str(tmp_path / "x.dcd"))
    with pytest.raises(DataError, match=r"x\.dcd has no clock and others have; give data\.time_step"):
        load(top, [*files, tmp_path / "x.dcd"])


def test_files_of_other_time_steps_are_named_and_may_be_brought_to_one_clock(tmp_path):
    """One with 200 ps between its frames among others with 2 ps, at any stride."""
    top, files, walks = written(tmp_path, lengths=(150, 40, 150), suffix="trr")
    walks[1].time = 100 * walks[1].time
    walks[1].save(str(files[1]))
    told = (
        r"^data\.trajectories: the frames of \S+run1\.trr are 0\.2 ns apart, those of \S+run[02]\.trr 0\.002 ns; "
        r"leave one out, .*data\.resample=0\.2, or, .*data\.time_step"
    )
    for stride in (1, 3):
        with pytest.raises(DataError, match=told):
            load(top, files, stride=stride)
    assert load(top, [files[0], files[2]], split={"train": 2}).spec.time_step == pytest.approx(0.002)
    assert load(top, files, time_step=0.002).spec.time_step == pytest.approx(0.002)
    record = MolecularTrajectories(str(top), list(map(str, files)), features="positions", atoms="all", split=PARTS)
    record.transform(resample=0.2).setup()
    assert [part.lengths for part in record.splits.values()] == [(2,), (40,), (2,)]
    np.testing.assert_allclose(record.splits["train"].states[0], walks[0].xyz[[0, 100]], atol=1e-5)
    np.testing.assert_allclose(record.splits["validation"].states[0], walks[1].xyz, atol=1e-5)
