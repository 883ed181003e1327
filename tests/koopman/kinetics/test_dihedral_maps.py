"""Maps over phi and psi of a molecule whose second residue jumps between two angles, and its first one at random."""

import numpy as np
import pytest
import torch
from koopman_cases import estimated, pairs_of
from matplotlib.figure import Figure

from sciml_bench.data import Record, Trajectories
from sciml_bench.data.sources import MarkovTrajectories
from sciml_bench.drawing import draw
from sciml_bench.koopman import Evaluation
from sciml_bench.koopman.kinetics.dihedral_maps import dihedral_maps as maps_of
from sciml_bench.systems import DoubleWell

ANGLES = ("phi 1", "psi 1", "phi 2", "psi 2")
LOW, HIGH, FLIP = -100.0, 60.0, 0.02


class Jumping(Record):
    """Angles (rows, 4) in degrees; phi 2 is LOW or HIGH for some fifty rows on end, all else is noise."""

    def load_splits(self):
        rng, self.angles, splits = np.random.default_rng(0), [], {}
        for name, length in (("train", 30_000), ("validation", 1000), ("test", 1000)):
            high = np.cumsum(rng.random(length) < FLIP) % 2
            angles = rng.uniform(-180, 180, (length, 4))
            angles[:, 2] = np.where(high, HIGH, LOW) + rng.uniform(-20, 20, length)
            self.angles.append(angles)
            turned = np.radians(angles)
            states = np.stack([np.cos(turned), np.sin(turned)], axis=-1).reshape(length, -1)
            names = [f"{function} {angle}" for angle in ANGLES for function in ("cos", "sin")]
            splits[name] = Trajectories((states,), component_names=tuple(names), time_unit="ns")
        return splits


def is_high(states):
    """The constant, whether phi 2 is HIGH, and a function of phi 1 that is soon forgotten."""
    return torch.stack([torch.ones(len(states)), (states[:, 5] > 0).float(), states[:, 0].float()], dim=1)


@pytest.fixture(scope="module")
def jumping():
    record = Jumping(split_by="trajectory")
    return estimated(pairs_of(record), is_high, "cca"), record


def test_a_block_in_which_no_row_is_looked_at_is_passed_over(jumping, monkeypatch):
    """Blocks of a record are cut by their size: the last may be shorter than the stride."""
    monkeypatch.setattr("sciml_bench.koopman.kinetics.dihedral_maps.MOST_ROWS", 5000)
    monkeypatch.setattr("sciml_bench.koopman.kinetics.dihedral_maps.iterate_blocks", in_blocks)
    learned, record = jumping
    counts = maps_of(learned, record).arrays["dihedral_counts"]
    looked_at = np.concatenate([part[::7] for part in record.angles])
    expected, *_ = np.histogram2d(*looked_at[:, 2:].T, bins=60, range=[[-180, 180]] * 2)
    np.testing.assert_array_equal(counts, expected)


def in_blocks(states):
    """The last of two rows, of which none is the seventh."""
    yield 0, states[: len(states) - 2]
    yield len(states) - 2, states[len(states) - 2 :]


def test_the_residue_that_is_slow_is_shown_with_its_populations_and_the_function_of_its_jumps(jumping, monkeypatch):
    monkeypatch.setattr("sciml_bench.koopman.kinetics.dihedral_maps.MOST_ROWS", 20_000)
    learned, record = jumping
    arrays = maps_of(learned, record).arrays
    assert arrays["dihedral_names"].tolist() == ["phi 2", "psi 2"]
    # of 32 000 rows every second one is looked at
    angles = np.concatenate([part[::2] for part in record.angles])
    expected, *_ = np.histogram2d(*angles[:, 2:].T, bins=60, range=[[-180, 180]] * 2)
    np.testing.assert_array_equal(arrays["dihedral_counts"], expected)
    values, never = arrays["dihedral_functions"], expected == 0
    assert values.shape == (2, 60, 60)
    np.testing.assert_array_equal(np.isnan(values[0]), never)
    share = np.mean(record.angles[0][:-1, 2] > 0)
    exact = np.array([-share, 1 - share]) / np.sqrt(share * (1 - share))  # of two states, orthonormal
    side = (np.arange(60) * 6 - 177 > 0).astype(int)[:, None] * np.ones(60, int)
    sign = np.sign(values[0][~never & (side == 1)].mean())
    np.testing.assert_allclose(sign * values[0][~never], exact[side[~never]], atol=0.05)  # of the noise little


def test_a_run_draws_them_and_one_without_dihedrals_does_not(jumping):
    learned, record = jumping
    results = Evaluation(n_bootstrap=2, forecast_steps=1, timescale_lags=(1,))(learned, record)
    assert "dihedral_maps" in results.pictures
    figure = draw("dihedral_maps", results.arrays)
    assert isinstance(figure, Figure)
    titles = [axis.get_title() for axis in figure.axes[:3]]
    assert titles == ["Free energy [kT]", "Singular function 2", "Singular function 3"]
    assert figure.axes[0].get_xlabel() == "phi 2 [degrees]"
    counts = results.arrays["dihedral_counts"]
    shown = np.ma.masked_array(figure.axes[0].collections[0].get_array()).filled(np.nan)
    np.testing.assert_allclose(shown.T[counts > 0], np.log(counts.max() / counts[counts > 0]))
    others = pairs_of(MarkovTrajectories(DoubleWell(), n_steps=500))
    assert maps_of(estimated(others, lambda x: torch.cat([x**0, x], dim=1)), others.record).pictures == ()


def test_a_constant_alone_and_a_residue_with_one_angle_show_nothing(jumping):
    record = jumping[1]
    assert maps_of(estimated(pairs_of(record), lambda x: x[:, :1] ** 0), record).arrays == {}
    record = Jumping(split_by="trajectory").transform(observe=["cos phi 2", "sin phi 2", "cos psi 1", "sin psi 1"])
    assert maps_of(estimated(pairs_of(record), lambda x: x.float()), record).arrays == {}
