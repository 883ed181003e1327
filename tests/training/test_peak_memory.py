"""The peak memory of a run is its own, whatever ran before it in the same process."""

import ctypes
from pathlib import Path

import numpy as np
import pytest
from toy_runs import toy

from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import record as records
from sciml_bench.training import run, scoring


def peaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict, dict]:
    """Records of a run that takes 512 MiB while it scores, and of one after it that does not."""
    found, scored = [], scoring.scored
    for mebibytes in (512, 0):

        def taking(*asked, room=mebibytes):  # pages count when they are written
            np.ones(room * 2**17)
            return scored(*asked)

        monkeypatch.setattr(scoring, "scored", taking)
        run(toy(tmp_path / f"{mebibytes}"))
        found.append(RunFolder(tmp_path / f"{mebibytes}").record)
    return found[0], found[1]


@pytest.mark.skipif(records.peak_memory_begins() != records.RUN, reason="the system does not forget a peak")
def test_a_small_run_after_a_large_one_shows_its_own_peak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large, small = peaks(tmp_path, monkeypatch)
    assert large["peak_memory_is_of"] == small["peak_memory_is_of"] == "run"
    assert large["peak_memory_mebibytes"] > small["peak_memory_mebibytes"] + 400


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another allocator than glibc's")
@pytest.mark.skipif(records.peak_memory_begins() != records.RUN, reason="the system does not forget a peak")
def test_many_small_pieces_that_an_earlier_run_freed_are_not_this_run_s() -> None:
    # 286 MiB of pages that are written, in pieces below glibc's limit for pages of their own
    pieces = [number.to_bytes(2) * 30_000 for number in range(5_000)]
    records.peak_memory_begins()
    held = records.peak_memory_mebibytes(records.RUN)
    last = pieces[-1]  # keeps the top of the heap, so that freeing alone gives nothing back
    del pieces
    records.peak_memory_begins()
    assert records.peak_memory_mebibytes(records.RUN) < held - 200
    assert len(last) == 60_000


def test_where_the_peak_cannot_be_forgotten_the_record_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "peak_memory_begins", lambda: records.PROCESS)
    large, small = peaks(tmp_path, monkeypatch)
    assert large["peak_memory_is_of"] == small["peak_memory_is_of"] == "process"
    assert 400 < large["peak_memory_mebibytes"] <= small["peak_memory_mebibytes"]
