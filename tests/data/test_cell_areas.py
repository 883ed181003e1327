import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.description import built, describe
from sciml_bench.data import LaggedPairsView, WindowsView
from sciml_bench.data.files.cell_areas import CellAreas, Latitudes
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.suite.baselines.persistence import FittedPersistence
from sciml_bench.suite.forecast_task import ForecastTask

xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
pytest.importorskip("h5netcdf", reason="needs the extra `files`")

LATITUDES, LONGITUDES = np.linspace(90, -90, 7), np.arange(0, 360, 72.0)
PARTS = {"train": 0.6, "test": 0.4}


def fields(n_rows=200, seed=0):
    """Autoregressive fields whose deviation grows towards the poles."""
    rng = np.random.default_rng(seed)
    kicks = rng.standard_normal((n_rows, len(LATITUDES), len(LONGITUDES)))
    kicks *= (1 + np.abs(LATITUDES)[:, None] / 30) * 0.5
    rows = np.zeros_like(kicks)
    for row in range(1, n_rows):
        rows[row] = 0.9 * rows[row - 1] + 0.05 * np.roll(rows[row - 1], 1, axis=1) + kicks[row]
    return rows + 280


def written(folder, values=None, axis="lat", latitudes=LATITUDES, unit=None, **more):
    values = fields() if values is None else values
    variables = {name: (("time", axis, "lon"), part) for name, part in {"temperature": values, **more}.items()}
    attributes = {} if unit is None else {"units": unit}
    places = {axis: (axis, latitudes, attributes), "lon": LONGITUDES, "time": np.arange(len(values)) * 1.0}
    xarray.Dataset(variables, places).to_netcdf(folder / "field.nc", engine="h5netcdf")
    return folder / "field.nc"


def record_of(path, transforms=None, **options):
    record = TrajectoryFiles(path, **{"split": PARTS, "area_weights": True} | options)
    record.transform(**(transforms or {})).setup()
    return record


def areas_by_quadrature():
    """Of the bands between the middles of two latitudes, relative to their mean."""
    edges = [90, 75, 45, 15, -15, -45, -75, -90]
    found = [quad(lambda angle: np.cos(np.deg2rad(angle)), low, high)[0] for high, low in itertools.pairwise(edges)]
    return np.array(found) / np.mean(found)


@pytest.mark.parametrize("gigabytes", [1.0, 0])
def test_cells_have_one_deviation_and_the_weight_of_their_area(tmp_path, gigabytes):
    record = record_of(written(tmp_path), in_memory_gigabytes=gigabytes)
    rows, weights = fields()[:120], areas_by_quadrature()[:, None]
    assert record.splits["train"].on_disk == (gigabytes == 0)
    pooled = np.sqrt((weights * rows.var(axis=0)).mean())
    np.testing.assert_allclose(record.spec.mean, rows.mean(axis=0), rtol=1e-12)
    expected = pooled / np.sqrt(np.broadcast_to(weights, rows.shape[1:]))
    np.testing.assert_allclose(record.spec.deviation, expected, rtol=1e-9)
    standardised = LaggedPairsView(record, standardize=True).splits["train"].states[0]
    squares = np.square(standardised if gigabytes else standardised.read(0, 120))
    np.testing.assert_allclose(squares.mean(), 1, rtol=1e-9)
    np.testing.assert_allclose(squares.mean(axis=0), weights * rows.var(axis=0) / pooled**2, rtol=1e-9)


def test_the_order_of_latitudes_and_their_unit_do_not_matter(tmp_path):
    first = record_of(written(tmp_path)).spec.deviation
    upside_down = record_of(written(tmp_path, fields()[:, ::-1], latitudes=LATITUDES[::-1])).spec.deviation
    np.testing.assert_allclose(upside_down[::-1], first, rtol=1e-12)
    other = record_of(written(tmp_path, axis="j", unit="degrees_north")).spec.deviation
    np.testing.assert_array_equal(other, first)
    radians = record_of(written(tmp_path, latitudes=np.deg2rad(LATITUDES), unit="radians")).spec.deviation
    np.testing.assert_allclose(radians, first, rtol=1e-9)


def test_variables_have_deviations_of_their_own(tmp_path):
    record = record_of(written(tmp_path, pressure=1e5 + 300 * (fields(seed=1) - 280)))
    alone = record_of(written(tmp_path))
    assert record.spec.component_names == ("temperature", "pressure")
    np.testing.assert_allclose(record.spec.deviation[..., 0], alone.spec.deviation, rtol=1e-12)
    ratio = record.spec.deviation[..., 1] / alone.spec.deviation
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-9)
    assert 200 < ratio.mean() < 400


def test_the_error_of_a_forecast_is_a_mean_over_the_area(tmp_path):
    record = record_of(written(tmp_path))
    evaluation = ForecastTask(horizon=1, n_starts=1, least_past=1)
    results = evaluation(FittedPersistence(record.spec), record)
    past = evaluation.questions(record).past
    now = round(past.times_of(0)[-1])
    change, weights = np.square(fields()[now + 1] - fields()[now]), areas_by_quadrature()
    variance = np.average(fields()[:120].var(axis=0).mean(axis=1), weights=weights)
    error = np.sqrt(np.average(change.mean(axis=1), weights=weights) / variance)
    np.testing.assert_allclose(results.metrics["forecast_standardised_error"], error, rtol=1e-9)


def test_windows_scale_their_increments_alike(tmp_path):
    view = WindowsView(record_of(written(tmp_path)), n_inputs=2, n_outputs=1)
    rows, weights = fields()[:120], areas_by_quadrature()[:, None]
    squares = np.square(np.diff(rows, axis=0)).mean(axis=0)
    expected = np.sqrt((weights * squares).mean() / np.broadcast_to(weights, squares.shape))
    np.testing.assert_allclose(view.spec.increment_deviation, expected, rtol=1e-5)


def test_chosen_and_delayed_cells_keep_their_areas(tmp_path):
    path = written(tmp_path)
    chosen = record_of(path, {"observe": [3, 17], "delays": 1})
    whole = np.broadcast_to(areas_by_quadrature()[:, None], (7, 5)).ravel()[[3, 17]]
    assert chosen.spec.state_shape == (4,)
    ratio = chosen.spec.deviation[0] / chosen.spec.deviation[1]
    np.testing.assert_allclose(ratio, np.sqrt(whole[1] / whole[0]), rtol=1e-9)
    np.testing.assert_allclose(chosen.spec.deviation[2] / chosen.spec.deviation[3], ratio, rtol=1e-9)
    observed = chosen.as_observed.spec
    np.testing.assert_allclose(observed.deviation[0] / observed.deviation[1], ratio, rtol=1e-9)


def test_an_input_among_cells_has_a_scale_of_its_own_in_its_earlier_copies_too(tmp_path):
    made = record_of(written(tmp_path), {"delays": 2}, inputs=[3])
    without = record_of(written(tmp_path), {"delays": 2, "observe": [n for n in range(35) if n != 3]})
    copies = [number for number, name in enumerate(made.spec.column_names) if name.startswith("temperature_0_3[")]
    np.testing.assert_array_equal(copies, [68, 103])
    np.testing.assert_allclose(np.delete(made.spec.deviation, copies), without.spec.deviation, rtol=1e-9)
    rows = np.concatenate([fields()[k : 118 + k, 0, 3] for k in (0, 1)])
    np.testing.assert_allclose(made.spec.deviation[copies], rows.std(), rtol=1e-3)


@pytest.mark.parametrize("more", [False, True])
def test_cells_of_fields_with_a_unit_are_chosen_with_it(tmp_path, more):
    variables = {"t": (("time", "lat", "lon"), fields(), {"units": "K"})}
    if more:
        variables["u"] = (("time", "lat", "lon"), fields(seed=1), {"units": "m/s"})
    xarray.Dataset(variables).to_netcdf(tmp_path / "field.nc", engine="h5netcdf")
    units = ("K", "m/s") if more else ("K", "K")

    def of(transforms=None, **options):
        record = TrajectoryFiles(tmp_path / "field.nc", split=PARTS, **options)
        return record.transform(**(transforms or {})).setup() or record.spec

    assert of({"observe": [20, 9]}).component_units == (units[0], units[1])
    assert len(of(inputs=[0]).component_units) == 34 + 35 * more
    assert len(of({"difference": 1}).component_units) == 35 + 35 * more
    assert of(weights=0).component_units[:2] == (units[1], units[0])


def test_all_points_of_a_field_on_a_grid_have_a_past_and_can_be_chosen(tmp_path):
    values = fields().mean(axis=2)
    places = {"lat": ("lat", LATITUDES), "time": np.arange(len(values)) * 1.0}
    field = xarray.Dataset({"t": (("time", "lat"), values, {"units": "K"})}, places)
    field.to_netcdf(tmp_path / "field.nc", engine="h5netcdf")
    made = record_of(tmp_path / "field.nc", {"delays": 2})
    rows = np.concatenate([values[2:120], values[1:119], values[:118]], axis=1)
    np.testing.assert_allclose(made.splits["train"].states[0], rows)
    assert made.spec.component_names[5:9] == ("t_5", "t_6", "t_0[-1]", "t_1[-1]")
    assert made.spec.component_units == ("K",) * 21
    assert record_of(tmp_path / "field.nc").spec.grid is not None
    chosen = record_of(tmp_path / "field.nc", {"observe": ["t_5", "t_1"]})
    np.testing.assert_allclose(chosen.splits["train"].states[0], values[:120, [5, 1]])
    assert record_of(tmp_path / "field.nc", inputs=["t_0"]).spec.input_names == ("t_0",)


def test_cells_without_any_value_are_named_and_the_others_can_be_chosen(tmp_path):
    """Land in a field of the sea."""
    values = fields()
    values[:, 2, 3:] = np.nan
    path = written(tmp_path, values)
    for gigabytes in (0, 1):
        with pytest.raises(
            DataError, match=r"component temperature_2_3 of .*; leave such cells .* or choose others with data\.miss"
        ):
            record_of(path, missing="interpolate", in_memory_gigabytes=gigabytes)
    with pytest.raises(DataError, match=r"400 values are missing \(temperature: 400; the first at row 0, time 0\)"):
        record_of(path)
    sea = [n for n in range(35) if n not in (13, 14)]
    chosen = record_of(path, {"observe": sea}, missing="mask")
    np.testing.assert_array_equal(chosen.splits["train"].states[0], values.reshape(200, 35)[:120, sea])
    whole = np.broadcast_to(areas_by_quadrature()[:, None], (7, 5)).ravel()[sea]
    ratios = chosen.spec.deviation / chosen.spec.deviation[0]
    np.testing.assert_allclose(ratios, np.sqrt(whole[0] / whole), rtol=1e-9)


def test_a_cell_that_never_changes_has_the_deviation_of_the_others():
    areas = CellAreas(np.array([1.0, 3.0]), np.zeros(2, dtype=int))
    np.testing.assert_allclose(areas.scales(np.array([4.0, 0.0])), [np.sqrt(2), np.sqrt(2 / 3)])
    np.testing.assert_allclose(areas.scales(np.zeros(2)), [np.sqrt(2), np.sqrt(2 / 3)])


def test_latitudes_that_cannot_be_are_refused(tmp_path):
    for degrees in ((0.0,), (0.0, 95.0), (0.0, 10.0, 5.0)):
        with pytest.raises(ValueError, match="between -90 and 90 degrees"):
            Latitudes(0, degrees).areas((len(degrees), 2))
    with pytest.raises(DataError, match=r"area_weights=true: of latitudes two or more between -90 and 90"):
        record_of(written(tmp_path, latitudes=LATITUDES * 1.1))
    with pytest.raises(DataError, match=r"no axis of a state has latitudes; call it latitude"):
        record_of(written(tmp_path, axis="j"))
    with pytest.raises(ConfigurationError, match=r"data\.area_weights=1: give true or false"):
        TrajectoryFiles(tmp_path / "field.nc", area_weights=1)


LAND = np.zeros((7, 5), dtype=bool)
LAND[0], LAND[2:5, 1:3] = True, True


def at_sea(gaps=()):
    """Without a value on land, and in some rows of one cell of the sea."""
    values = np.where(LAND, np.nan, fields())
    values[list(gaps), 5, 4] = np.nan
    return values


@pytest.mark.parametrize("gigabytes", [1.0, 0])
@pytest.mark.parametrize(("missing", "gaps"), [("refuse", []), ("interpolate", [40, 41]), ("split", [40, 41])])
def test_cells_without_any_value_are_left_out_and_the_others_keep_names_and_areas(tmp_path, gigabytes, missing, gaps):
    """As if they had been chosen from a field that has all values, which is read without the option."""
    options = {"in_memory_gigabytes": gigabytes, "missing": missing}
    record = record_of(written(tmp_path, at_sea(gaps)), drop_empty_cells=True, **options)
    assert "11 of 35 cells, which have no value in any row, are left out" in record.reading
    names = [f"temperature_{row}_{column}" for row, column in zip(*np.nonzero(~LAND), strict=True)]
    assert record.spec.column_names == (*names,)
    whole = fields()
    whole[gaps, 5, 4] = np.nan
    (tmp_path / "whole").mkdir()
    chosen = record_of(written(tmp_path / "whole", whole), {"observe": names}, **options)
    train, expected = record.splits["train"], chosen.splits["train"]
    assert train.on_disk == (gigabytes == 0)
    np.testing.assert_array_equal(train.flattened, expected.flattened)
    np.testing.assert_array_equal(train.times_of(0), expected.times_of(0))
    np.testing.assert_allclose(record.spec.deviation, chosen.spec.deviation, rtol=1e-12)
    if not gaps:
        np.testing.assert_array_equal(train.flattened, whole[:120][:, ~LAND])
        weights = np.broadcast_to(areas_by_quadrature()[:, None], LAND.shape)[~LAND]
        pooled = np.average(whole[:120][:, ~LAND].var(axis=0), weights=weights)
        np.testing.assert_allclose(record.spec.deviation, np.sqrt(pooled / (weights / weights.mean())), rtol=1e-9)


def test_a_past_has_the_cells_of_the_record_and_no_others_may_be_empty(tmp_path):
    spec = record_of(written(tmp_path, at_sea()), drop_empty_cells=True).spec
    names = {"drop_empty_cells": True}
    past = read_past(str(written(tmp_path, at_sea()[-3:])), spec, names)
    np.testing.assert_array_equal(past.states[0], at_sea()[-3:][:, ~LAND])
    with pytest.raises(DataError, match="values are missing"):  # a cell of the sea, in all rows of the past
        read_past(str(written(tmp_path, at_sea([197, 198, 199])[-3:])), spec, names)


def test_cells_that_lack_some_values_are_no_empty_ones(tmp_path):
    with pytest.raises(DataError, match=r"2 values are missing \(.*first at row 40"):
        record_of(written(tmp_path, at_sea([40, 41])), drop_empty_cells=True)
    with pytest.raises(ConfigurationError, match=r"drop_empty_cells=true and data\.observe=\[3\]: both choose cells"):
        record_of(written(tmp_path, at_sea()), {"observe": [3]}, drop_empty_cells=True)
    assert record_of(written(tmp_path), drop_empty_cells=True).spec.state_shape == (7, 5)  # nothing is empty
    with pytest.raises(DataError, match=r"leave such cells out with data\.drop_empty_cells=true"):
        record_of(written(tmp_path, at_sea()), missing="interpolate")
    told = r"\(temperature: 2200; .*\), all those of 11 cells, which data\.drop_empty_cells=true leaves out; say"
    with pytest.raises(DataError, match=told):
        record_of(written(tmp_path, at_sea()))


def test_what_a_record_knows_of_its_cells_is_stored_with_what_learned_from_windows_of_it(tmp_path):
    train = record_of(written(tmp_path), area_weights=True).splits["train"]
    areas = train.facts["cell_areas"]
    again = built(describe(areas))
    np.testing.assert_array_equal(again.areas, areas.areas)
    np.testing.assert_array_equal(again.variables, areas.variables)
