"""The slowest motion of alanine dipeptide beside deeptime's Markov state model and TICA of the same trajectories."""

import json
from pathlib import Path

import numpy as np
import pytest
from scripts import command_line

from sciml_bench.training.restore import restore

LAG, CLUSTERS = 10, 100


@pytest.mark.slow  # some eight minutes on two cores, of which six are the simulation
def test_it_takes_as_long_as_a_bayesian_markov_state_model_says_and_tica_finds_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("openmm", "mdtraj"):
        pytest.importorskip(name, reason="needs the extra `molecules`")
    clustering, decomposition, markov, models = (
        pytest.importorskip(f"deeptime{name}", reason="needs the extra `baselines`")
        for name in (".clustering", ".decomposition", ".markov", ".markov.msm")
    )

    folder = tmp_path / "run"
    words = ["data=alanine_dipeptide", "trainer.threads=1", "logger=none", f"hydra.run.dir={folder}"]
    assert command_line(monkeypatch, "koopman", *words) == 0
    run = restore(folder)
    record, arrays = run.data(), np.load(folder / "arrays.npz")
    assert run.learned.spec.lag == LAG
    train, (test,) = record.splits["train"].states, record.splits["test"].states

    clusters = clustering.KMeans(CLUSTERS, fixed_seed=1).fit_fetch(np.concatenate(train))
    paths = [clusters.transform(part) for part in train]
    counts = markov.TransitionCountEstimator(LAG, "effective").fit_fetch(paths).submodel_largest()
    posterior = models.BayesianMSM(n_samples=200).fit_fetch(counts)
    step = record.spec.time_step
    lower, upper = np.quantile([step * sample.timescales(k=1)[0] for sample in posterior.samples], [0.025, 0.975])
    slowest, second = run.learned.implied_timescales()[1:3]
    assert lower < slowest < upper
    # and the other way round: what the Markov state model says lies within our bootstrap band at that lag
    at = arrays["timescale_lag_times"].tolist().index(pytest.approx(LAG * step))
    assert arrays["timescales"][at, 0] == pytest.approx(slowest, rel=0.05)
    told = step * posterior.prior.timescales(k=1)[0]
    assert arrays["timescales_lower"][at, 0] < told < arrays["timescales_upper"][at, 0]
    assert slowest > 10 * second

    # the true timescale is an upper bound of every estimate but for noise, so a longer one is better
    linear = decomposition.TICA(lagtime=LAG, scaling=None).fit_from_timeseries(list(train)).fetch_model()
    assert slowest > 1.3 * step * linear.timescales(k=1, lagtime=LAG)[0]
    scores = json.loads((folder / "metrics.json").read_text())
    vamp = decomposition.VAMP
    theirs, here = (vamp(lagtime=LAG).fit_from_timeseries(part).fetch_model() for part in (list(train), test))
    assert scores["vamp_2_test"] > theirs.score(2, test_model=here)

    # it is the sign of phi, of which the map over (phi, psi) tells
    names, slow = arrays["dihedral_names"].tolist(), arrays["dihedral_functions"][0]
    assert names == ["phi 2", "psi 2"]
    phi = np.arange(60) * 6 - 177
    left, right = slow[(phi > -150) & (phi < -30)], slow[(phi > 30) & (phi < 90)]
    left, right = left[np.isfinite(left)], right[np.isfinite(right)]
    assert abs(right.mean() - left.mean()) > 10 * max(left.std(), right.std())
