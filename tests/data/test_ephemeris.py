"""Records of planets: files, splits by time, kilometres and degrees; Astropy where it is installed."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import Ephemeris
from sciml_bench.scores.ephemeris_scores import angles_between, ephemeris_scores

DAYS = np.arange(0.0, 731.0)


def circles(*names: str) -> np.ndarray:
    """Earth on a circle of 1 au in a year, Mars on one of 1.5 au; the Sun elsewhere, to be subtracted."""
    sizes = {"sun": 0.0, "earth": 1.0, "mars": 1.5}
    periods = {"sun": 1.0, "earth": 365.0, "mars": 687.0}
    tracks = []
    for name in names:
        phase = 2 * np.pi * DAYS / periods[name]
        tracks.append(sizes[name] * np.stack([np.cos(phase), np.sin(phase), 0 * phase], axis=-1))
    return np.stack(tracks, axis=1) + np.array([0.01, 0.02, 0.03])


def npz(path: Path, **replaced: Any) -> Path:
    names = ("sun", "earth", "mars")
    positions = circles(*names)
    arrays = {"times": 2451545.0 + DAYS, "positions": positions, "bodies": np.array(names)} | replaced
    np.savez(path / "planets.npz", **arrays)
    return path / "planets.npz"


def planets(path: Path | None, **options: Any) -> Ephemeris:
    settings: dict[str, Any] = {
        "bodies": ["earth", "mars"],
        "start": "2000-01-01",
        "validation_start": "2001-01-01",
        "test_start": "2001-07-01",
        "end": "2002-01-01",
        "minutes_between": 1440,
        "n_test": 3,
        "n_test_states": 60,
    }
    record = Ephemeris(path=path, **(settings | options))
    record.setup()
    return record


def stacked(record: Ephemeris, part: str) -> np.ndarray:
    return np.stack([np.asarray(states) for states in record.splits[part].states])


def test_a_file_becomes_sun_centred_positions_that_are_split_by_time(tmp_path: Path) -> None:
    record = planets(npz(tmp_path))
    assert {name: stacked(record, name).shape for name in record.splits} == {
        "train": (1, 366, 3, 3),
        "validation": (1, 181, 3, 3),
        "test": (3, 60, 3, 3),
    }
    train = stacked(record, "train")[0]
    np.testing.assert_array_equal(train[:, 0], 0.0)
    np.testing.assert_allclose(np.linalg.norm(train[:, 1:], axis=-1), np.ones((366, 1)) * [1.0, 1.5], atol=1e-12)
    earth_and_mars = circles("earth", "mars") - np.array([0.01, 0.02, 0.03])
    np.testing.assert_allclose(stacked(record, "test")[0, 0, 1:], earth_and_mars[547], atol=1e-12)
    np.testing.assert_allclose(stacked(record, "test")[2, -1, 1:], earth_and_mars[-1], atol=1e-12)
    assert record.spec.body_names == ("sun", "earth", "mars")
    assert record.spec.time_step == 1.0


def test_a_csv_file_holds_the_same(tmp_path: Path) -> None:
    track = circles("earth", "mars") - np.array([0.01, 0.02, 0.03])
    header = "time," + ",".join(f"{body}_{axis}" for body in ("earth", "mars") for axis in "xyz")
    file = tmp_path / "planets.csv"
    np.savetxt(file, np.column_stack([DAYS, track.reshape(len(DAYS), 6)]), delimiter=",", header=header, comments="")
    from_csv, from_npz = planets(file), planets(npz(tmp_path))
    np.testing.assert_allclose(stacked(from_csv, "train"), stacked(from_npz, "train"), atol=1e-12)


def test_velocities_in_other_units_are_noticed(tmp_path: Path) -> None:
    rates = np.gradient(circles("sun", "earth", "mars"), axis=0)
    planets(npz(tmp_path, velocities=rates))
    with pytest.raises(DataError, match="velocities differ"):
        planets(npz(tmp_path, velocities=365.25 * rates))


@pytest.mark.parametrize(
    ("replaced", "options", "said"),
    [
        ({}, {"bodies": ["earth", "pluto"]}, "has no pluto"),
        ({"times": 2 * DAYS}, {}, "data.minutes_between"),
        ({"positions": np.zeros((731, 2, 3))}, {}, "expected \\(time, bodies, 3\\)"),
        ({}, {"n_test_states": 500}, "data.n_test_states"),
    ],
)
def test_files_that_cannot_be_used_are_refused(
    replaced: dict[str, Any], options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        planets(npz(tmp_path, **replaced), **options)


def test_days_and_names_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"data\.start=1980-1"):
        Ephemeris(start="1980-1")
    with pytest.raises(ConfigurationError, match="days that increase"):
        Ephemeris(test_start="1990-01-01")
    with pytest.raises(ConfigurationError, match=r"data\.bodies"):
        Ephemeris(bodies=["vulcan"])


def test_errors_come_in_kilometres_and_degrees(tmp_path: Path) -> None:
    record = planets(npz(tmp_path))
    truth = stacked(record, "test")
    turned = truth.copy()
    angle = np.radians(0.5)
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turned[:, :, 1] = truth[:, :, 1] @ rotation.T
    metrics = ephemeris_scores(turned, truth, record.spec)
    assert metrics["angle_error_earth"] == pytest.approx(0.5, rel=1e-9)
    assert metrics["position_error_earth"] == pytest.approx(149_597_870.7 * 2 * np.sin(angle / 2), rel=1e-9)
    assert metrics["position_error_mars_end"] == 0.0
    turned[:, :, 2] = np.nan
    assert ephemeris_scores(turned, truth, record.spec)["angle_error_mars"] == 180.0


def test_small_angles_keep_their_digits() -> None:
    first, second = np.array([1.0, 0.0, 0.0]), np.array([1.0, 1e-10, 0.0])
    assert angles_between(first, second) == pytest.approx(np.degrees(1e-10), rel=1e-6)


def test_without_astropy_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "astropy.coordinates", None)
    monkeypatch.setitem(sys.modules, "astropy", None)
    with pytest.raises(ConfigurationError, match=r"sciml-bench\[ephemeris\]"):
        planets(None, cache=tmp_path)


def test_the_earth_goes_around_the_sun_in_a_year_and_the_moon_around_the_earth_in_a_month(tmp_path: Path) -> None:
    pytest.importorskip("astropy")
    options: dict[str, Any] = {"bodies": ["earth", "moon"], "cache": tmp_path, "n_test_states": None, "n_test": 1}
    record = planets(None, **options)
    train = stacked(record, "train")[0]
    distance = np.linalg.norm(train[:, 1], axis=-1)
    # perihelion on 3 January, aphelion on 4 July 2000 (Astronomical Almanac)
    assert (int(distance[:100].argmin()), int(distance.argmax())) in [(2, 185), (3, 185), (2, 184), (3, 184)]
    assert distance.min() == pytest.approx(0.98332, abs=2e-5)
    assert distance.max() == pytest.approx(1.01674, abs=2e-5)
    moon = train[:, 2] - train[:, 1]
    assert np.linalg.norm(moon, axis=-1).mean() * 149_597_870.7 == pytest.approx(385_000, rel=0.005)
    longitude = np.unwrap(np.arctan2(moon[:, 1], moon[:, 0]))
    assert 2 * np.pi * 365 / (longitude[-1] - longitude[0]) == pytest.approx(27.32, abs=0.2)
    again = planets(None, **options)
    np.testing.assert_array_equal(stacked(again, "test"), stacked(record, "test"))
