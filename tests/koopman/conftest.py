"""Fixtures of the tests of Koopman learning."""

import pytest


@pytest.fixture
def quick_oracle(monkeypatch):
    """A shorter training, enough for pictures as simple as those of `koopman_cases`."""
    from sciml_bench.koopman import oracle

    monkeypatch.setattr(oracle, "GRADIENT_STEPS", 100)
