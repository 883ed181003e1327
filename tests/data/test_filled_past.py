"""Where a forecast begins when values of the last rows are missing."""

import numpy as np
import pytest

from sciml_bench.data.held_out import end_of, filled_tail
from sciml_bench.data.sources import TrajectoryFiles


@pytest.mark.parametrize(("empty", "told"), [([28], True), ([3, 4], False)])
def test_rows_that_lack_values_are_filled_and_told_only_where_a_forecast_begins(tmp_path, caplog, empty, told):
    states = np.arange(30.0)[:, None] * [1.0, -2.0]
    lacking = states.copy()
    lacking[empty, 0] = np.nan
    np.savetxt(tmp_path / "x.csv", np.column_stack([np.arange(30.0), lacking]), "%g", ",", header="t,x,y", comments="")
    record = TrajectoryFiles(str(tmp_path / "x.csv"), missing="mask", split={"train": 20, "test": 10})
    record.setup()
    caplog.set_level("INFO")
    for end, whole in ((end_of, record), (filled_tail, record.splits["test"])):
        caplog.clear()
        np.testing.assert_allclose(end(whole, 4).states[0], states[-4:])
        assert ("forecasts begin with the last 4 rows; straight lines fill 1 of them" in caplog.text) == told
