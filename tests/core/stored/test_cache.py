from pathlib import Path

from sciml_bench.core.stored.cache import default_cache


def test_the_cache_lies_where_the_platform_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "sciml_bench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "sciml_bench"
