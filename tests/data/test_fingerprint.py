"""Files are told apart by what is in them."""

import hashlib

import pytest

from sciml_bench.data.files import fingerprint as module
from sciml_bench.data.files.fingerprint import fingerprint


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


def test_a_large_file_is_known_by_its_ends_and_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WHOLE_BYTES", 10)
    monkeypatch.setattr(module, "END_BYTES", 4)
    path = tmp_path / "x.bin"
    path.write_bytes(b"0123456789AB")
    assert fingerprint(path)["sha256"] == hashlib.sha256(b"0123" + b"89AB" + b"12").hexdigest()


@pytest.mark.parametrize(
    ("content", "same"), [(b"0123xxxx89AB", True), (b"0123456789xB", False), (b"x123456789AB", False)]
)
def test_the_middle_of_a_large_file_is_not_read(tmp_path, monkeypatch, content, same):
    monkeypatch.setattr(module, "WHOLE_BYTES", 10)
    monkeypatch.setattr(module, "END_BYTES", 4)
    for name, data in {"one": b"0123456789AB", "other": content}.items():
        (tmp_path / name).write_bytes(data)
    found = [fingerprint(tmp_path / name)["sha256"] for name in ("one", "other")]
    assert (found[0] == found[1]) is same
