import numpy as np
import pytest
import torch
from koopman_cases import N_CLASSES, blobs, blobs_in_turn, logistic_pairs

from sciml_bench.core.errors import DataError
from sciml_bench.koopman import oracle as oracle_module
from sciml_bench.koopman.oracle import oracle_of, trained_oracle


def pictures(split="train"):
    part = blobs_in_turn().record.splits[split]
    return part.states[0], part.labels[0]


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(oracle_module, "GRADIENT_STEPS", 4)


def global_random_state():
    # that of Python's own generator is spent by the checks of types in these tests
    return np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()  # noqa: NPY002


def test_the_oracle_reads_held_out_pictures_their_means_and_pale_ones(quick_oracle):
    oracle = trained_oracle(*pictures(), N_CLASSES)  # in the cache of all tests
    images, labels = pictures("test")
    assert np.mean(oracle.classify(images) == labels) == 1.0
    np.testing.assert_array_equal(oracle.classify(blobs()[:, None]), np.arange(N_CLASSES))
    np.testing.assert_array_equal(oracle.classify(0.2 * images), oracle.classify(images))


def test_a_second_oracle_for_the_same_pictures_comes_from_the_cache(tmp_path, few_steps, monkeypatch):
    images, labels = pictures()
    first = trained_oracle(images, labels, N_CLASSES, cache=tmp_path)
    monkeypatch.setattr(oracle_module, "_train", lambda *_: pytest.fail("trained again"))
    second = trained_oracle(images, labels, N_CLASSES, cache=tmp_path)
    assert not second.training
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name
    np.testing.assert_array_equal(first.classify(images), second.classify(images))


def test_other_pictures_or_labels_have_an_oracle_of_their_own(tmp_path, few_steps):
    images, labels = pictures()
    trained_oracle(images, labels, N_CLASSES, cache=tmp_path)
    trained_oracle(images[:-1], labels[:-1], N_CLASSES, cache=tmp_path)
    trained_oracle(images, (labels + 1) % N_CLASSES, N_CLASSES, cache=tmp_path)
    assert len(list((tmp_path / "oracle").iterdir())) == 3


def test_training_the_oracle_leaves_the_global_generators_where_they_were_and_depends_on_none(tmp_path, few_steps):
    torch.manual_seed(98)  # not where another training, had it used the global generator, would have left it
    before = global_random_state()
    first = trained_oracle(*pictures(), N_CLASSES, cache=tmp_path / "first")
    assert global_random_state() == before
    torch.manual_seed(99)
    second = trained_oracle(*pictures(), N_CLASSES, cache=tmp_path / "second")
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name


def test_the_oracle_can_be_trained_within_an_evaluation_without_gradients(tmp_path, few_steps):
    with torch.inference_mode():
        oracle = trained_oracle(*pictures(), N_CLASSES, cache=tmp_path)
        assert not torch.is_grad_enabled()
    assert oracle.classify(pictures()[0]).shape == (24 * N_CLASSES,)


def test_a_record_has_an_oracle_where_its_states_are_labelled_images(quick_oracle):
    assert oracle_of(logistic_pairs().record) is None
    expected = trained_oracle(*pictures(), N_CLASSES)
    np.testing.assert_array_equal(
        oracle_of(blobs_in_turn().record).classify(pictures("test")[0]), expected.classify(pictures("test")[0])
    )


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 torn"])
def test_a_damaged_cache_is_a_clear_error(tmp_path, few_steps, content):
    trained_oracle(*pictures(), N_CLASSES, cache=tmp_path)
    (file,) = (tmp_path / "oracle").iterdir()
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"(?s){file.name} cannot be read .*remove the file"):
        trained_oracle(*pictures(), N_CLASSES, cache=tmp_path)
