import copy
import logging
import subprocess
import sys

import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.schnet import SchNetEncoder, schnetpack

pytest.importorskip("ase", reason="needs the extra `molecules`")  # schnetpack itself needs the adapter first
NUMBERS = (6, 6, 8, 7, 1)


def encoder(**options):
    torch.manual_seed(0)
    made = SchNetEncoder((5, 3), 4, **{"atomic_numbers": NUMBERS, "n_features": 8, "n_interactions": 2} | options)
    return made.eval()  # in training, frames of a batch are normalised together


def positions(n=6):
    return 0.3 * torch.randn(n, 5, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("readout", ["mean", "sum"])
def test_features_do_not_change_when_the_molecule_turns_moves_or_is_mirrored(readout):
    network, x = encoder(readout=readout), positions()
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(2)))[0]
    features = network(x)
    assert features.shape == (6, 4)
    torch.testing.assert_close(network(x @ turn + 7.0), features, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(1.1 * x), features, atol=1e-3)


def test_atoms_of_one_element_may_change_places_and_those_of_others_may_not():
    network, x = encoder(), positions()
    torch.testing.assert_close(network(x[:, [1, 0, 2, 3, 4]]), network(x), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(x[:, [2, 1, 0, 3, 4]]), network(x), atol=1e-4)


def test_descriptions_and_gradients_are_those_of_schnetpack_itself():
    network, x = encoder(cutoff=0.3), positions(9)
    mine = network.described(x)
    weights = [weight for name, weight in network.named_parameters() if name.startswith("network.")]
    gradients = torch.autograd.grad(mine.square().sum(), weights, allow_unused=True)
    atoms, keys = 10 * x.flatten(0, 1), schnetpack().properties
    frame = torch.arange(len(atoms)) // 5
    near = (torch.cdist(atoms, atoms) < 3.0) & (frame[:, None] == frame) & ~torch.eye(len(atoms), dtype=torch.bool)
    first, second = near.nonzero(as_tuple=True)
    graph = {keys.Z: torch.tensor(NUMBERS).repeat(9), keys.Rij: atoms[second] - atoms[first]}
    theirs = network.network(graph | {keys.idx_i: first, keys.idx_j: second})["scalar_representation"]
    torch.testing.assert_close(mine.flatten(0, 1), theirs, rtol=1e-5, atol=1e-6)
    expected = torch.autograd.grad(theirs.square().sum(), weights, allow_unused=True)
    torch.testing.assert_close(gradients, expected, rtol=1e-3, atol=1e-4)


def test_the_cutoff_is_in_nanometres():
    apart = torch.zeros(1, 5, 3)
    apart[0, :, 0] = torch.tensor([0.0, 0.5, 50.0, 100.0, 150.0])
    nearer = apart.clone()
    nearer[0, 1, 0] = 0.45
    for cutoff, seen in ((0.6, True), (0.4, False)):
        network = encoder(cutoff=cutoff)
        assert bool((network(apart) != network(nearer)).any()) == seen


def test_frames_of_a_batch_do_not_see_each_other_and_large_batches_are_evaluated_in_parts(monkeypatch):
    network, x = encoder(), positions(9)
    alone = torch.cat([network(frame[None]) for frame in x])
    torch.testing.assert_close(network(x), alone, rtol=1e-5, atol=1e-6)
    monkeypatch.setattr("sciml_bench.networks.schnet.PAIRS_AT_ONCE", 2 * 5**2)
    with torch.no_grad():
        torch.testing.assert_close(network(x), alone, rtol=1e-5, atol=1e-6)


def test_large_batches_learn_in_parts_what_they_learn_as_a_whole(monkeypatch):
    """Weights, their gradients, and the running averages of the batch norm, which sees all frames together."""
    networks, x = (encoder().train(), encoder().train()), positions(9)
    weights = torch.randn(9, 4, generator=torch.Generator().manual_seed(3))
    for network, part in zip(networks, (2**19, 2 * 5**2), strict=True):
        monkeypatch.setattr("sciml_bench.networks.schnet.PAIRS_AT_ONCE", part)
        (network(x) * weights).sum().backward()
    whole, parts = ({n: p.grad for n, p in network.named_parameters()} for network in networks)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-3, atol=1e-5)
    for name, buffer in networks[0].named_buffers():
        torch.testing.assert_close(dict(networks[1].named_buffers())[name], buffer)


def test_a_process_may_have_no_frame_of_a_batch():
    with torch.no_grad():
        assert encoder()(positions()[:0]).shape == (0, 4)


def test_every_weight_learns_and_a_copy_answers_alike():
    network, x = encoder(), positions()
    network(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in network.named_parameters())
    torch.testing.assert_close(copy.deepcopy(network)(x), network(x))


def test_normalised_descriptions_let_features_vary_from_frame_to_frame():
    x = positions(50)
    spread = {norm: encoder(batch_norm=norm).train()(x).std(dim=0).mean() for norm in (True, False)}
    assert spread[True] > 2 * spread[False]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"atomic_numbers": None}, r"model=schnet learns from the positions .* shape \(5, 3\): set data\.features="),
        ({"atomic_numbers": (6, 6)}, "model=schnet learns from the positions"),
        ({"cutoff": 0}, r"model\.encoder\.cutoff=0"),
        ({"n_radial": 1}, r"model\.encoder\.n_radial=1"),
        ({"n_interactions": 0}, r"model\.encoder\.n_interactions=0"),
        ({"readout": "max"}, r"model\.encoder\.readout=max"),
    ],
)
def test_a_wrong_option_is_named(options, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        encoder(**options)


def test_the_package_leaves_the_log_as_it_was():
    command = (
        "import logging; from sciml_bench.networks.schnet import schnetpack; schnetpack();"
        "print(logging.getLogger().level, logging.getLogger().handlers)"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"{logging.WARNING} []"


def test_the_adapter_is_still_needed():
    """When this fails, schnetpack imports by itself: take `T_co` out of networks/schnet.py."""
    done = subprocess.run([sys.executable, "-c", "import schnetpack"], capture_output=True, text=True, check=False)
    assert "cannot import name 'T_co'" in done.stderr
    assert schnetpack().representation.SchNet
