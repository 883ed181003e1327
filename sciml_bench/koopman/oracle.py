"""The oracle: a classifier that reads forecast images, the instrument of the ordered-images experiments.

It is trained on the labelled training images alone (Kostic et al., ICLR 2024, do the same), with random affine
distortions, because the instrument must be better than what it measures. A forecast is a conditional mean, paler and
softer than any picture; so half of what the oracle learns from are means of several training images of one class, and
every image is brought to full contrast before it is read. The weights are cached under a hash of the training images,
so that a sweep trains it once, and kept with what a run has learned, so that scoring again needs no training images.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sciml_bench.core.errors import DataError
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.schedules import OneCycle
from sciml_bench.core.seeds import derived_seed
from sciml_bench.core.stored.cache import default_cache
from sciml_bench.core.stored.description import described
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.data.record import Record
from sciml_bench.networks.convolutional import ConvolutionalEncoder, RandomAffine

log = logging.getLogger(__name__)

VERSION = 3
"""Part of the cache key; raise it when the recipe below changes."""

GRADIENT_STEPS = 500
BATCH_SIZE = 64
LEARNING_RATE = 2e-3
LARGEST_MEAN = 16
"""Most images that are averaged into one example."""


@described
class Oracle(nn.Module):
    """A convolutional classifier of images.

    Args:
        image_shape: (channels, height, width).
        n_classes: number of classes.
    """

    def __init__(self, image_shape: Sequence[int], n_classes: int) -> None:
        super().__init__()
        self.augmentation = RandomAffine()
        self.network = ConvolutionalEncoder(image_shape, n_classes, batch_norm=True, dropout=0.3)

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        """Class scores (logits)."""
        ink = images.clamp(min=0)
        contrast = ink.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-6)
        return self.network(self.augmentation(ink / contrast))

    @torch.no_grad()
    def classify(self, images: Float[np.ndarray, "batch channels height width"]) -> Int[np.ndarray, " batch"]:
        """The most likely class of each image."""
        self.eval()
        return self(torch.from_numpy(np.require(images, np.float32, "W"))).argmax(dim=1).numpy()


def trained_oracle(
    images: Float[np.ndarray, "batch channels height width"],
    labels: Int[np.ndarray, " batch"],
    n_classes: int,
    cache: Path | None = None,
) -> Oracle:
    """The oracle for these training images, from the cache or trained now; the global random state is left alone."""
    images = np.ascontiguousarray(images, dtype=np.float32)
    digest = hashlib.sha256(images.tobytes() + np.asarray(labels, dtype=np.int64).tobytes())
    digest.update(f"{VERSION} {n_classes} {images.shape} {torch.__version__}".encode())
    path = (cache or default_cache()) / "oracle" / f"{digest.hexdigest()[:24]}.pt"
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(derived_seed(0, "oracle"))
        oracle = Oracle(images.shape[1:], n_classes)
        if path.exists():
            try:
                oracle.load_state_dict(torch.load(path, weights_only=True))
                return oracle.eval()
            except Exception as error:
                problem = type(error).__name__
                raise DataError(f"the cached oracle {path} cannot be read ({problem}); remove the file") from error
        log.info("training the oracle classifier on %d images (kept in the cache for later runs)", len(images))
        _train(oracle, torch.from_numpy(images), torch.as_tensor(labels, dtype=torch.long))
        write_atomically(path, lambda file: torch.save(oracle.state_dict(), file))
    return oracle.eval()


def oracle_of(record: Record) -> Oracle | None:
    """The oracle for the training images of a record, in the user's units; None where it has no labelled images."""
    train = record.splits["train"]
    if train.labels is None or record.n_classes is None or len(train.state_shape) != 3:
        return None
    images = train.flattened.reshape(-1, *train.state_shape)
    return trained_oracle(images, np.concatenate(train.labels), record.n_classes)


def _train(oracle: Oracle, images: Tensor, labels: Tensor) -> None:
    optimizer = torch.optim.AdamW(oracle.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    optimisation = Optimisation(optimizer, LEARNING_RATE, OneCycle())
    oracle.train()
    members = [torch.nonzero(labels == label).ravel() for label in range(int(labels.max()) + 1)]
    batch_size = min(BATCH_SIZE, len(images))
    order = torch.empty(0, dtype=torch.long)
    for step in range(GRADIENT_STEPS):
        if len(order) < batch_size:
            order = torch.randperm(len(images))
        batch, order = order[:batch_size], order[batch_size:]
        examples = images[batch]
        drawn = torch.rand(batch_size // 2, LARGEST_MEAN)
        counts = torch.randint(2, LARGEST_MEAN + 1, (batch_size // 2, 1))
        for position, label in enumerate(labels[batch[: batch_size // 2]].tolist()):
            same_class = members[label]
            chosen = same_class[(drawn[position, : int(counts[position])] * len(same_class)).long()]
            examples[position] = images[chosen].mean(dim=0)
        loss = nn.functional.cross_entropy(oracle(examples), labels[batch], label_smoothing=0.05)
        optimisation.step(loss, step, GRADIENT_STEPS, where=f"in step {step} of the oracle")
