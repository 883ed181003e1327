import pytest
import torch

from sciml_bench.core.errors import in_a_sentence, memory_errors


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has a total capacity of 8 GiB", "20.5 GiB"),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 16106127360 bytes.", "15 GiB"),
    ],
)
def test_refused_memory_is_a_sentence_with_a_remedy(said: str, size: str) -> None:
    with pytest.raises(MemoryError) as caught, memory_errors():
        raise RuntimeError(said)
    told = in_a_sentence(caught.value)
    assert size in told
    assert "smaller batches" in told


def test_what_torch_says_of_too_large_a_tensor_is_understood() -> None:
    with pytest.raises(MemoryError, match=r"^9.31e\+05 GiB were asked for at once$"), memory_errors():
        torch.empty(10**15, dtype=torch.uint8)


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="sizes of tensors"), memory_errors():
        raise RuntimeError("sizes of tensors must match")
