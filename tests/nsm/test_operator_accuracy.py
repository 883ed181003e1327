"""What the choice of the norm is worth, and the accuracy of the default settings."""

import json

import numpy as np
import pytest
from nsm_cases import tiny_run

from sciml_bench.training import composed, run

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = [
    "pde=poisson",
    "pde.n_points=9",
    "pde.batch_size=16",
    "pde.steps_per_epoch=50",
    "pde.n_test=8",
    "pde.test_resolutions=[32,64]",
    "model.width=16",
    "model.depth=2",
    "model.modes=[9,9]",
    "model.activation=gelu",
    "model.kernel=per_frequency",
    "model.coordinates=not_periodic",
    "model.output_scale=0.03",
    "training.learning_rate=3e-3",
    "trainer.max_steps=100",
]


def test_a_loss_in_the_norm_of_the_operator_learns_what_one_of_raw_coefficients_does_not(tmp_path):
    error = {}
    for norm in ("hminus1", "raw"):
        overrides = [*tiny_run(cache=tmp_path / "cache"), *SMALL, f"training.norm={norm}"]
        metrics = run(composed("nsm", overrides, tmp_path / norm))
        error[norm] = metrics["relative_l2_64"]
        # a series has the same error wherever it is seen
        np.testing.assert_allclose(metrics["relative_l2_32"], error[norm], rtol=1e-3)
    assert error["hminus1"] < 0.05
    assert error["raw"] > 0.08


@pytest.mark.slow
def test_the_default_run_reaches_the_accuracy_of_record(tmp_path):
    metrics = run(composed("nsm", ["pde=poisson", "logger=none", f"pde.cache={tmp_path / 'cache'}"], tmp_path / "run"))
    assert metrics["relative_l2_64"] <= 0.015
    assert metrics["relative_l2_256"] == pytest.approx(metrics["relative_l2_64"], rel=0.05)
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record["status"] == "finished"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "largest_error"),
    [
        (["pde=poisson", "pde.boundary=dirichlet"], 0.03),
        (["pde=reaction_diffusion"], 0.01),
        (["pde=helmholtz"], 0.03),
        (["pde=burgers"], 0.04),
        # diffusion without advection, which a network learns first, has an error of .068
        (["pde=navier_stokes", "trainer.threads=1"], 0.01),
    ],
)
def test_other_equations_reach_their_accuracy_with_their_own_settings(overrides, largest_error, tmp_path):
    metrics = run(composed("nsm", [*overrides, "logger=none", f"pde.cache={tmp_path / 'cache'}"], tmp_path / "run"))
    assert metrics["relative_l2_64"] <= largest_error
