from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.stored.cache import default_cache, kept_array


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "sciml_bench"


@pytest.mark.parametrize("empty", [True, False])
def test_without_a_system_cache_it_is_below_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "") if empty else monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == tmp_path / ".cache" / "sciml_bench"


def test_what_is_costly_is_made_once_and_a_damaged_file_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = []

    def make() -> np.ndarray:
        made.append(len(made))
        return np.full(3, 5.0)

    def asked(what: str) -> np.ndarray:
        return kept_array(tmp_path / "fields", what, "states", make, "simulating")

    np.testing.assert_array_equal(asked("one"), asked("one"))
    assert made == [0]
    asked("other")
    assert made == [0, 1]
    assert len(list(tmp_path.rglob("*.npz"))) == 2
    with np.load(next(tmp_path.rglob("*.npz"))) as content:
        changed = dict(content) | {"states": np.full(3, 6.0)}
    np.savez(next(tmp_path.rglob("*.npz")), **changed)
    for what in ("one", "other"):
        np.testing.assert_array_equal(asked(what), 5.0)
    assert made == [0, 1, 2]
    assert "damaged" in caplog.text
