"""Files are told apart by what is in them."""

import hashlib
import os

import pytest

from sciml_bench.data.files import fingerprint as module
from sciml_bench.data.files.fingerprint import fingerprint, what_changed


def test_a_file_is_known_by_its_checksum(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"abc")
    # of the standard (FIPS 180-2, appendix B.1)
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(path) == {"path": str(path), "bytes": 3, "sha256": known}


def folder(root, **files):
    root.mkdir()
    for name, content in files.items():
        (root / name).write_bytes(content)
    return root


def test_a_folder_is_known_by_its_files_and_their_names_wherever_it_lies(tmp_path):
    one = folder(tmp_path / "one", a=b"1", b=b"22")
    found = fingerprint(one)
    assert found["bytes"] == 3
    assert found["sha256"] == fingerprint(folder(tmp_path / "two", b=b"22", a=b"1"))["sha256"]
    assert found["sha256"] != fingerprint(folder(tmp_path / "three", a=b"22", b=b"1"))["sha256"]
    assert found["sha256"] != fingerprint(folder(tmp_path / "four", a=b"1", c=b"22"))["sha256"]
    (one / "deep").mkdir()
    (one / "deep" / "c").write_bytes(b"")
    assert found["sha256"] != fingerprint(one)["sha256"]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "WHOLE_BYTES", 10)
    monkeypatch.setattr(module, "BLOCK_BYTES", 2)
    monkeypatch.setattr(module, "N_BLOCKS", 3)


def test_a_large_file_is_known_by_its_size_its_time_and_blocks_of_it(tmp_path, small_blocks):
    path = tmp_path / "x.bin"
    path.write_bytes(b"0123456789AB")
    os.utime(path, (0, 1000.5))
    found = fingerprint(path)
    assert found["sha256"] == hashlib.sha256(b"01" + b"56" + b"AB").hexdigest()
    assert (found["bytes"], found["modified"]) == (12, 1000)


@pytest.mark.parametrize(
    ("content", "same"),
    [(b"01xx4567xxAB", True), (b"0123456789xB", False), (b"x123456789AB", False), (b"0123456x89AB", True)],
)
def test_the_rest_of_a_large_file_is_not_read(tmp_path, small_blocks, content, same):
    for name, data in {"one": b"0123456789AB", "other": content}.items():
        (tmp_path / name).write_bytes(data)
    found = [fingerprint(tmp_path / name)["sha256"] for name in ("one", "other")]
    assert (found[0] == found[1]) is same


def test_what_has_become_of_a_file_is_told(tmp_path, small_blocks):
    path = tmp_path / "x.bin"
    path.write_bytes(b"0123456789AB")
    os.utime(path, (0, 1000))
    known = fingerprint(path)
    assert what_changed(known) is None
    os.utime(path, (0, 2000))
    assert f"{path} was written again (" in str(what_changed(known))
    path.write_bytes(b"0123456789Ab")
    assert what_changed(known) == f"{path} was replaced by another file of its size"
    path.write_bytes(b"0123456789ABC")
    assert what_changed(known) == f"{path} has changed from 12 to 13 bytes"
    path.unlink()
    assert what_changed(known) is None


@pytest.mark.parametrize(
    ("content", "verb"), [(b"01234", "grown"), (b"x1234", "changed"), (b"0", "changed")], ids=["more", "other", "less"]
)
def test_a_file_has_grown_where_the_old_one_is_its_beginning(content, verb, tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"0123")
    known = fingerprint(path)
    path.write_bytes(content)
    assert what_changed(known) == f"{path} has {verb} from 4 to {len(content)} bytes"


@pytest.mark.parametrize(
    ("changes", "same"),
    [({}, True), ({"b": b"456x"}, True), ({"b": b"4x67"}, False), ({"c": b"89Ab"}, False), ({"d": b""}, False)],
)
def test_a_large_folder_is_known_by_names_sizes_and_blocks_of_its_files(tmp_path, small_blocks, changes, same):
    files = {"a": b"0123", "b": b"4567", "c": b"89AB"}
    one, other = folder(tmp_path / "one", **files), folder(tmp_path / "other", **files | changes)
    found = [fingerprint(path) for path in (one, other)]
    assert (found[0]["sha256"] == found[1]["sha256"]) is same
    assert (found[0]["bytes"], found[0]["modified"]) == (12, int(max(f.stat().st_mtime for f in one.iterdir())))
    os.utime(one / "b", (0, 2e9))
    assert f"{one} was written again (" in str(what_changed(found[0]))
