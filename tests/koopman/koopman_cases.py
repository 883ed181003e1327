"""Small data sets with an exact answer, shared by the tests of learning and evaluation."""

import numpy as np
import torch
from lightning.pytorch import Trainer
from torch import nn

from sciml_bench.core.schedules import OneCycle
from sciml_bench.data import LaggedPairsView, Record, Trajectories
from sciml_bench.data.sources import MarkovTrajectories
from sciml_bench.data.spec import LaggedPairsSpec
from sciml_bench.koopman import FeaturePair, KoopmanLearning, KoopmanModel, KoopmanOperator, NestedLoRALoss
from sciml_bench.networks import MultilayerPerceptron
from sciml_bench.systems import NoisyLogisticMap
from sciml_bench.training.loop.gradient_training import GradientTraining

N_CLASSES, SIZE = 5, 12


def blobs():
    """One picture per class: a blob at a place of its own."""
    rows, columns = np.indices((SIZE, SIZE))
    places = [(2.5, 2.5), (2.5, 8.5), (5.5, 5.5), (8.5, 2.5), (8.5, 8.5)]
    return np.stack([np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 4) for y, x in places])


class BlobsInTurn(Record):
    """Noisy blobs 0, 1, 2, 3, 4, 0, …: the exact operator is the cyclic shift of the class indicators."""

    n_classes = N_CLASSES

    def load_splits(self):
        rng, splits, first = np.random.default_rng(0), {}, 0
        for name, n_rounds in (("train", 24), ("validation", 8), ("test", 8)):
            labels = np.tile(np.arange(N_CLASSES), n_rounds)
            images = blobs()[labels] + 0.05 * rng.standard_normal((len(labels), SIZE, SIZE))
            states = images[:, None].astype(np.float32)
            splits[name] = Trajectories((states,), labels=(labels,), first_rows=(first,))
            first += len(labels)
        return splits


class GivenFeatures(nn.Module):
    """The same function of the states on both sides, or one for each."""

    def __init__(self, function, lagged=None):
        super().__init__()
        self.encode, self.encode_lagged = function, lagged or function


def pairs_of(record, **options):
    return LaggedPairsView(record, **{"batch_size": 16, **options})


def blobs_in_turn(**options):
    return pairs_of(BlobsInTurn(), **options)


def estimated(view, function, method="edmd_left", lagged=None, **options):
    """The operator on given features."""
    return KoopmanModel.estimated(KoopmanOperator(method), view, GivenFeatures(function, lagged), **options)


def class_indicators(states):
    """The class of each picture, read without an oracle: the exact features of `BlobsInTurn`."""
    nearest = torch.cdist(states.flatten(1).float(), torch.as_tensor(blobs().reshape(N_CLASSES, -1)).float())
    return torch.nn.functional.one_hot(nearest.argmin(dim=1), N_CLASSES).float()


def logistic_pairs(n_steps=500, split=None, **options):
    record = MarkovTrajectories(NoisyLogisticMap(), n_steps=n_steps, **({"split": split} if split else {}))
    return pairs_of(record, **{"batch_size": 32, **options})


def vector_spec(dim=2, period=None, state_shape=None):
    shape = state_shape or (dim,)
    names = tuple(f"x{number}" for number in range(shape[-1]))
    return LaggedPairsSpec(shape, 1.0, "step", names, np.zeros(shape), np.ones(shape), (100,), period)


def perceptron(shape, n_outputs):
    return MultilayerPerceptron(shape, n_outputs, hidden=(8,), activation="silu")


def learning(view, *, model=None, seed=0, kind=KoopmanLearning, **options):
    torch.manual_seed(seed)
    model = model or FeaturePair(view.spec, encoder=perceptron, n_modes=3)
    defaults = {"loss": NestedLoRALoss(3, nesting="joint"), "learning_rate": 1e-2, "operator": KoopmanOperator}
    return kind(model, view, **{**defaults, **options})


def fit(method, max_epochs=2, schedule=None, **options):
    trainer = Trainer(
        max_epochs=max_epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **options,
    )
    trainer.fit(GradientTraining(method, schedule or OneCycle(), seed=0))
    return trainer
