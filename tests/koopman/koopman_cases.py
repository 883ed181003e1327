"""Small data sets with an exact answer, shared by the tests of learning and evaluation."""

import numpy as np
import torch

from sciml_bench.data import MarkovTrajectories, TrajectoryData
from sciml_bench.data.spec import DataSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman import FeaturePair, KoopmanLearning, KoopmanOperator, NestedLoRALoss
from sciml_bench.networks import MultilayerPerceptron
from sciml_bench.systems import NoisyLogisticMap

N_CLASSES, SIZE = 5, 12

QUICK_EVALUATION = {"forecast_steps": 2, "n_bootstrap": 2, "quadrature_points": 40, "leading_eigenvalues": 2}


def blobs():
    """One picture per class: a blob at a place of its own."""
    rows, columns = np.indices((SIZE, SIZE))
    places = [(2.5, 2.5), (2.5, 8.5), (5.5, 5.5), (8.5, 2.5), (8.5, 8.5)]
    return np.stack([np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 4) for y, x in places])


class BlobsInTurn(TrajectoryData):
    """Noisy blobs 0, 1, 2, 3, 4, 0, …: the exact operator is the cyclic shift of the class indicators."""

    n_classes = N_CLASSES

    def load_splits(self):
        rng, splits = np.random.default_rng(0), {}
        for name, n_rounds in (("train", 24), ("validation", 8), ("test", 8)):
            labels = np.tile(np.arange(N_CLASSES), n_rounds)
            images = blobs()[labels] + 0.05 * rng.standard_normal((len(labels), SIZE, SIZE))
            splits[name] = Trajectories((images[:, None].astype(np.float32),), labels=(labels,))
        return splits


def blobs_in_turn(**options):
    data = BlobsInTurn(batch_size=16, **options)
    data.setup()
    return data


def class_indicators(states):
    """The class of each picture, read without an oracle: the exact features of `BlobsInTurn`."""
    nearest = torch.cdist(states.flatten(1).float(), torch.as_tensor(blobs().reshape(N_CLASSES, -1)).float())
    return torch.nn.functional.one_hot(nearest.argmin(dim=1), N_CLASSES).float()


def logistic_data(**options):
    data = MarkovTrajectories(NoisyLogisticMap(), **{"n_steps": 500, "batch_size": 32, **options})
    data.setup()
    return data


def vector_spec(dim=2, period=None):
    return DataSpec(state_shape=(dim,), time_step=1.0, time_unit="step", lengths=(100,), lag=1, period=period)


def perceptron(shape, n_outputs):
    return MultilayerPerceptron(shape, n_outputs, hidden=(8,), activation="silu")


def learning(data, *, model=None, seed=0, **options):
    torch.manual_seed(seed)
    model = model or FeaturePair(data.spec, encoder=perceptron, n_modes=3)
    defaults = {
        "loss": NestedLoRALoss(3, nesting="joint"),
        "learning_rate": 1e-2,
        "operator": KoopmanOperator,
        "evaluation": QUICK_EVALUATION,
    }
    return KoopmanLearning(model, data.spec, **{**defaults, **options})
