"""The order of the jobs of benchmark.py."""

import sys

import pytest

from sciml_bench.suite import benchmark


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("--multirun method=a,b task=c,d seed=0,1", "--multirun task=c,d seed=0,1 method=a,b"),
        ("task=c method=a --config-dir=x=y -m seed=0,1", "task=c seed=0,1 --config-dir=x=y -m method=a"),
        ("task=c method=a", "task=c method=a"),
    ],
)
def test_methods_change_first(typed: str, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *typed.split()])
    monkeypatch.setattr(benchmark, "run_script", lambda *_: None)
    benchmark.main()
    assert sys.argv == ["benchmark.py", *taken.split()]
