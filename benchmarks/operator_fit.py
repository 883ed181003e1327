"""How our operator fit and VAMP-2 score compare with deeptime's, on 50 000 pairs of 20 features."""

from importlib.util import find_spec

import numpy as np
import torch

from benchmarks.features import correlated_features
from benchmarks.measurement import Outcome, Skipped, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.koopman import KoopmanOperator
from sciml_bench.scores import vamp_score

NOT_SLOWER = 1.0
N_FEATURES = 20


def measure(n_pairs: int = 50_000, repetitions: int = 9) -> list[Outcome]:
    size = f"{n_pairs} x {N_FEATURES}"
    if find_spec("deeptime") is None:
        return [Skipped(f"operator fit and VAMP-2 score: {size}", "deeptime is not installed (extra `baselines`)")]
    from deeptime.covariance import Covariance
    from deeptime.decomposition import VAMP

    now, later = (side.detach().numpy() for side in correlated_features(n_pairs, N_FEATURES, torch.float64))

    def our_singular_values() -> np.ndarray:
        return KoopmanOperator().fit(now, later).singular_values_

    def their_model():
        covariances = Covariance(compute_c00=True, compute_c0t=True, compute_ctt=True, remove_data_mean=False)
        return VAMP().fit_from_covariances(covariances.fit((now, later)).fetch_model()).fetch_model()

    def our_score() -> float:
        return vamp_score(now, later)

    def their_score() -> float:
        return their_model().score(2)

    require_agreement("operator fit", our_singular_values(), their_model().singular_values, 1e-6)
    require_agreement("VAMP-2 score", our_score(), their_score(), 1e-6)
    return [
        compare(
            f"operator fit (CCA): {size}",
            "deeptime",
            our_singular_values,
            lambda: their_model().singular_values,
            target=NOT_SLOWER,
            repetitions=repetitions,
        ),
        compare(
            f"VAMP-2 score: {size}", "deeptime", our_score, their_score, target=NOT_SLOWER, repetitions=repetitions
        ),
    ]


if __name__ == "__main__":
    main(measure)
