import gzip
import socket
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.datasets

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files import mnist_files
from sciml_bench.data.files.idx_files import idx_bytes
from sciml_bench.data.files.mnist_files import OPENML_MD5, read_mnist
from sciml_bench.data.sources import OrderedMNIST

MNIST = Path(__file__).parents[2].parent / "shared" / "data" / "mnist"
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason=f"the original idx files are not in {MNIST}")


@pytest.fixture
def offline(monkeypatch):
    def fail(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fail)


def made_up_images(n_images, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n_images, 28, 28)).astype(np.uint8), (np.arange(n_images) % 10).astype(np.uint8)


def write_folder(folder, part, n_images, mark="-", end=".gz"):
    folder.mkdir(exist_ok=True, parents=True)
    for kind, axes, values in zip(("images", "labels"), (3, 1), made_up_images(n_images), strict=True):
        content = idx_bytes(values)
        path = folder / f"{part}-{kind}{mark}idx{axes}-ubyte{end}"
        path.write_bytes(gzip.compress(content) if end else content)


@needs_mnist
def test_the_ten_thousand_test_images_fill_the_default_splits():
    record = OrderedMNIST(MNIST)
    record.setup()
    assert [part.lengths[0] for part in record.splits.values()] == [3000, 950, 950]
    assert record.spec.state_shape == (1, 28, 28)
    for part in record.splits.values():
        labels = part.labels[0]
        np.testing.assert_array_equal(labels, np.arange(len(labels)) % 5)
        assert part.states[0].min() == 0
        assert part.states[0].max() == 1


@needs_mnist
def test_images_belong_to_their_labels():
    record = OrderedMNIST(MNIST)
    record.setup()
    train, test = record.splits["train"].flattened, record.splits["test"].flattened
    centroids = np.stack([train[record.splits["train"].labels[0] == digit].mean(axis=0) for digit in range(5)])
    nearest = ((test[:, None] - centroids) ** 2).sum(axis=-1).argmin(axis=1)
    assert (nearest == record.splits["test"].labels[0]).mean() > 0.85


@pytest.mark.parametrize(("mark", "end"), [("-", ""), ("-", ".gz"), (".", "")])
def test_both_spellings_of_the_file_names_are_found(tmp_path, mark, end):
    write_folder(tmp_path, "train", 60, mark, end)
    images, labels = read_mnist(tmp_path)
    np.testing.assert_array_equal(images, made_up_images(60)[0])
    assert len(labels) == 60


def test_training_files_come_before_test_files(tmp_path):
    write_folder(tmp_path, "train", 60)
    write_folder(tmp_path, "t10k", 30)
    images, _ = read_mnist(tmp_path)
    assert len(images) == 90
    np.testing.assert_array_equal(images[:60], made_up_images(60)[0])


@pytest.mark.parametrize(
    ("n_images", "split", "expected"),
    [
        (980, None, (325, 80, 80)),
        (980, {"train": 400, "validation": 45, "test": 45}, (400, 45, 45)),
        (980, {"train": 0.5, "test": 0.5}, (245, 245)),
    ],
)
def test_open_sizes_fill_what_there_is(tmp_path, n_images, split, expected):
    write_folder(tmp_path, "train", n_images)
    record = OrderedMNIST(tmp_path, split=split)
    record.setup()
    assert tuple(part.lengths[0] for part in record.splits.values()) == expected
    assert {Path(file["path"]).name[:5] for file in record.files} == {"train"}


@pytest.mark.parametrize("split", [{"train": 450, "test": 50}, {"train": 500}])
def test_more_images_than_there_are_is_an_error(tmp_path, split):
    write_folder(tmp_path, "train", 980)
    with pytest.raises(ConfigurationError, match="only 490 images of 5 classes"):
        OrderedMNIST(tmp_path, split=split).setup()


def test_a_single_digit_takes_no_turns():
    with pytest.raises(ConfigurationError, match=r"data\.n_digits=1"):
        OrderedMNIST(n_digits=1)


def test_offline_without_files_one_sentence_says_what_to_do(tmp_path, offline):
    with pytest.raises(DataError, match=r"data.path=<folder with the original idx files>") as caught:
        OrderedMNIST(cache=tmp_path).setup()
    assert "no route to host" in str(caught.value)
    assert "connect to the internet" in str(caught.value)
    assert not list(tmp_path.rglob("*ubyte*"))


def test_a_download_is_kept_and_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist_files, "N_TRAIN_IMAGES", 60)
    monkeypatch.setattr(mnist_files, "N_TEST_IMAGES", 10)
    images, labels = made_up_images(70)
    bunch = SimpleNamespace(
        data=images.reshape(-1, 784).astype(np.int64), target=labels.astype(str), details={"md5_checksum": OPENML_MD5}
    )
    calls = []
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", lambda *_, **__: calls.append(1) or bunch)
    timeout = socket.getdefaulttimeout()
    for _ in range(2):
        read, digits = read_mnist(cache=tmp_path)
        np.testing.assert_array_equal(read, images)
        np.testing.assert_array_equal(digits, labels)
    assert len(calls) == 1
    assert len(list(tmp_path.rglob("t10k-*.gz"))) == 2
    assert socket.getdefaulttimeout() == timeout


def test_another_file_than_expected_is_refused(tmp_path, monkeypatch):
    bunch = SimpleNamespace(data=np.zeros((10, 784)), target=np.zeros(10), details={"md5_checksum": "0" * 32})
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", lambda *_, **__: bunch)
    with pytest.raises(DataError, match="another file than expected"):
        read_mnist(cache=tmp_path)
    assert not list(tmp_path.rglob("*ubyte*"))


def test_a_folder_that_is_missing_empty_or_half_filled_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data.path="):
        read_mnist(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no MNIST files found"):
        read_mnist(tmp_path)
    write_folder(tmp_path, "train", 20)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match="both"):
        read_mnist(tmp_path)


def test_labels_that_do_not_match_the_images_are_refused(tmp_path):
    write_folder(tmp_path, "train", 20)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.zeros(19, np.uint8))))
    with pytest.raises(DataError, match=r"labels of shape \(19,\)"):
        read_mnist(tmp_path)
