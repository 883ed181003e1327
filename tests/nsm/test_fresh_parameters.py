"""Fresh parameters in every step, and reference solutions that are computed once."""

import logging

import numpy as np
import pytest
import torch
from nsm_cases import TURN, equation

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.equations import Poisson, ReactionDiffusion

QUICK = {"test_resolutions": [8, 12]}


def data(tmp_path, **settings):
    return equation("poisson", cache=tmp_path, **(QUICK | settings))


def kept_files(tmp_path):
    return sorted((tmp_path / "reference_solutions" / "poisson").glob("*"))


def batches(problem, epoch=0, seed=0, rank=0, world_size=1):
    loader = problem.sampling.train_loader(seed, rank, world_size)
    loader.sampler.set_epoch(epoch)
    return torch.stack(list(loader))


def test_a_batch_is_a_function_of_seed_epoch_and_step_which_processes_share(tmp_path):
    problem = data(tmp_path)
    first = batches(problem)
    assert first.shape == (3, 2, 8, 8)
    assert first.dtype == torch.float32
    assert torch.equal(batches(problem), first)
    assert torch.equal(batches(data(tmp_path)), first)
    parts = [batches(problem, rank=rank, world_size=2) for rank in (0, 1)]
    assert torch.equal(torch.cat(parts, dim=1), first)
    others = [batches(problem, epoch=1), batches(problem, seed=1)]
    everything = torch.cat([first, *others]).reshape(-1, 64)
    assert len(torch.unique(everything, dim=0)) == len(everything)  # no field is seen twice


def test_the_loader_of_training_has_as_many_batches_as_it_says(tmp_path):
    loader = data(tmp_path, steps_per_epoch=4).sampling.train_loader()
    assert len(loader) == len(list(loader)) == 4


def test_held_out_parameters_depend_on_their_own_seed_alone(tmp_path):
    one, other = data(tmp_path), data(tmp_path)
    for problem in (one, other):
        problem.setup()
    np.testing.assert_array_equal(one.sampling.parameters("test"), other.sampling.parameters("test"))
    assert not np.array_equal(one.sampling.parameters("test")[:1], one.sampling.parameters("validation"))
    different = data(tmp_path, test_seed=1)
    different.setup()
    assert not np.array_equal(one.sampling.parameters("test"), different.sampling.parameters("test"))
    assert (len(one.sampling.parameters("test")), len(one.sampling.parameters("validation"))) == (2, 1)


def test_solutions_are_those_of_a_fourier_series(tmp_path):
    problem = data(tmp_path)
    problem.setup()
    sources = problem.sampling.parameters("test")
    k = np.fft.fftfreq(8, 1 / 8)
    squared = TURN**2 * (k[:, None] ** 2 + k**2)
    squared[0, 0] = np.inf
    expected = np.fft.ifft2(np.fft.fft2(sources) / squared).real
    found = problem.sampling.solutions("test", 8)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_solutions_are_computed_once_and_read_ever_after(tmp_path, monkeypatch):
    first = data(tmp_path)
    first.setup()
    assert len(kept_files(tmp_path)) == 3  # one for validation, two resolutions of the test

    def solve(*arguments):
        raise AssertionError("solved again")

    monkeypatch.setattr(Poisson, "solve", solve)
    second = data(tmp_path)
    second.setup()
    second.setup()
    for resolution in QUICK["test_resolutions"]:
        np.testing.assert_array_equal(
            second.sampling.solutions("test", resolution), first.sampling.solutions("test", resolution)
        )


@pytest.mark.parametrize(
    "changed",
    [{"test_seed": 3}, {"n_test": 3, "n_validation": 2}, {"test_time_points": 6}, {"length_scale": 0.3}],
)
def test_solutions_of_another_equation_or_other_parameters_are_kept_apart(tmp_path, changed):
    data(tmp_path).setup()
    other = Poisson(n_points=8, **({"n_validation": 1, "n_test": 2, "cache": tmp_path} | QUICK | changed))
    other.setup()
    assert len(kept_files(tmp_path)) == 6
    truth = Poisson(n_points=8).solve(other.sampling.parameters("test"), 8, 5)
    np.testing.assert_allclose(other.sampling.solutions("test", 8), truth, atol=1e-6)


def test_solutions_of_equations_that_differ_in_a_coefficient_alone_are_kept_apart(tmp_path):
    equations = [
        ReactionDiffusion(
            viscosity=viscosity, length_scale=1.0, n_validation=1, n_test=2, test_time_points=5, cache=tmp_path, **QUICK
        )
        for viscosity in (0.01, 0.1)
    ]
    for one in equations:
        one.setup()
    np.testing.assert_array_equal(equations[0].sampling.parameters("test"), equations[1].sampling.parameters("test"))
    for one in equations:
        truth = one.solve(one.sampling.parameters("test"), 8, 5)
        np.testing.assert_allclose(one.sampling.solutions("test", 8), truth, atol=1e-6)


def wrong_numbers(path):
    with np.load(path) as kept:
        content = dict(kept)
    content["solutions"] = content["solutions"] * 1.5
    np.savez(path, **content)


def without_checksum(path):
    with np.load(path) as kept:
        solutions = kept["solutions"]
    np.savez(path, solutions=solutions)


DAMAGE = {
    "wrong numbers": wrong_numbers,
    "no checksum": without_checksum,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "flipped": lambda path: path.write_bytes(bytes(255 - byte for byte in path.read_bytes())),
    "one flipped byte": lambda path: path.write_bytes(path.read_bytes()[:200] + b"!" + path.read_bytes()[201:]),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not an archive"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_of_the_cache_is_made_again(damage, tmp_path, caplog):
    problem = data(tmp_path)
    problem.setup()
    expected = problem.sampling.solutions("test", 8)
    files = kept_files(tmp_path)
    for path in files:
        DAMAGE[damage](path)
    again = data(tmp_path)
    with caplog.at_level(logging.WARNING, "sciml_bench"):
        again.setup()
    assert sum("is damaged and is made again" in message for message in caplog.messages) == 3
    np.testing.assert_array_equal(again.sampling.solutions("test", 8), expected)
    caplog.clear()
    data(tmp_path).setup()
    assert not caplog.messages
    assert kept_files(tmp_path) == files


def test_a_solver_that_gives_nonsense_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(Poisson, "solve", lambda self, parameters, n, times: np.full((len(parameters), n, n), np.nan))
    with pytest.raises(DataError, match="not finite at resolution 64"):
        data(tmp_path).setup()
    assert not kept_files(tmp_path)


def test_parameters_are_there_only_after_setup(tmp_path):
    with pytest.raises(RuntimeError, match="setup"):
        data(tmp_path).sampling.parameters("test")


def test_without_a_folder_the_cache_of_the_person_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Poisson().sampling.cache == tmp_path / "sciml_bench"


def test_solutions_in_time_have_the_points_that_were_asked_for(tmp_path):
    problem = equation("reaction_diffusion", cache=tmp_path, test_resolutions=[8], test_time_points=3)
    problem.setup()
    assert problem.sampling.solutions("test", 8).shape == (2, 3, 8)
    initial = problem.sampling.parameters("test")[:, ::8]
    np.testing.assert_allclose(problem.sampling.solutions("test", 8)[:, 0], initial, atol=1e-5)
    assert problem.test_grid(8).size == (3, 8)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", 0),
        ("steps_per_epoch", 0),
        ("n_validation", 0),
        ("n_test", 0.5),
        ("test_resolutions", 64),
        ("test_resolutions", []),
        ("test_resolutions", "64"),
        ("test_resolutions", [64, 3]),
        ("test_time_points", 2),
        ("test_seed", -1),
    ],
)
def test_bad_settings_of_the_data_are_named(setting, value):
    with pytest.raises((ConfigurationError, TypeError), match=setting):
        Poisson(**{setting: value})
