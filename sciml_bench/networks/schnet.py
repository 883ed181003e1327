"""SchNet on the positions of a molecule's atoms (Schütt et al., J. Chem. Phys. 148, 241722, 2018), by schnetpack.

This is the only place that knows schnetpack: its unit of length, the parts of its layers, and what has to be put right
before its modules can be imported. Of it only `nn.Module`s are used.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import dataloader

from sciml_bench.core.checks import (
    ConfiguredInteger,
    ConfiguredNumber,
    ConfiguredWord,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks.neighbour_lists import NeighbourLists

ANGSTROMS = 10.0
"""In a nanometre."""
READOUTS = ("mean", "sum")
PAIRS_AT_ONCE = 2**19
"""Of atoms, beyond which frames go one part after the other. What the atoms of a part told each other is forgotten and
made again for its gradient: 384 frames of 172 atoms take .9 GiB in all [measured]."""


def schnetpack() -> Any:
    """The package, imported where it is first needed, which takes seconds.

    Raises:
        ConfigurationError: it is missing.
    """
    if not hasattr(dataloader, "T_co"):  # schnetpack 2.0.4 imports it under the name that it had before torch 2.10
        dataloader.T_co = dataloader._T_co  # type: ignore[attr-defined]
    log = logging.getLogger()
    level, handlers = log.level, [*log.handlers]  # which it sets as if it were the only one
    try:
        import schnetpack  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ConfigurationError(
            f"model=schnet needs the package schnetpack: pip install 'sciml-bench[molecules]' ({error})"
        ) from error
    finally:
        log.setLevel(level)
        log.handlers[:] = handlers
    return schnetpack


class SchNetEncoder(nn.Module):
    """Positions in nanometres to features that do not change when the molecule turns or moves.

    Every atom is described by itself and its neighbours; a small network of each atom's description gives features,
    whose mean or sum over the atoms is the answer. Periodic images are not seen: molecules have to be whole.

    Args:
        input_shape: (atoms, 3).
        n_outputs: number of features.
        atomic_numbers: of the atoms.
        n_features: of an atom.
        n_interactions: rounds in which atoms hear of their neighbours.
        n_radial: Gaussians in which distances are expanded.
        cutoff: distance in nanometres beyond which atoms are no neighbours.
        readout: `mean` or `sum` over the atoms.
        batch_norm: whether the descriptions of atoms are batch-normalised, which differ little from frame to frame:
            without it nothing but the constant is learned in hundreds of steps [measured].

    Raises:
        ConfigurationError: the states are no positions, an option is out of range, or schnetpack is missing.
    """

    needs_molecule: ClassVar[bool] = True
    """That it is told the atomic numbers."""

    atomic_numbers: Tensor

    def __init__(
        self,
        input_shape: Sequence[int],
        n_outputs: int,
        atomic_numbers: Sequence[int] | None = None,
        n_features: ConfiguredInteger = 64,
        n_interactions: ConfiguredInteger = 3,
        n_radial: ConfiguredInteger = 20,
        cutoff: ConfiguredNumber = 0.6,
        readout: ConfiguredWord = "mean",
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        if atomic_numbers is None or tuple(input_shape) != (len(atomic_numbers), 3):
            raise ConfigurationError(
                f"model=schnet learns from the positions (atoms, 3) of a molecule; these states have the shape "
                f"{tuple(input_shape)}: set data.features=positions, or choose model=mlp"
            )
        sizes = {"n_features": n_features, "n_interactions": n_interactions, "n_radial": n_radial}
        least = {"n_radial": 2}
        for name, size in sizes.items():
            require_integer(f"model.encoder.{name}", size, least.get(name, 1), f"take at least {least.get(name, 1)}")
        self.readout = require_choice("model.encoder.readout", readout, READOUTS)
        nanometres = require_number("model.encoder.cutoff", cutoff, "give nanometres above 0")
        package = schnetpack()
        self.network = package.representation.SchNet(
            n_atom_basis=n_features,
            n_interactions=n_interactions,
            radial_basis=package.nn.GaussianRBF(n_rbf=n_radial, cutoff=ANGSTROMS * nanometres),
            cutoff_fn=package.nn.CosineCutoff(ANGSTROMS * nanometres),
        )
        layers = [nn.Linear(n_features, n_features), nn.SiLU(), nn.Linear(n_features, n_outputs)]
        self.head = nn.Sequential(*([nn.BatchNorm1d(n_features)] if batch_norm else []), *layers)
        self.register_buffer("atomic_numbers", torch.tensor(atomic_numbers), persistent=False)
        self.neighbours = NeighbourLists(nanometres)

    def forward(self, positions: Float[Tensor, "batch atoms 3"]) -> Float[Tensor, "batch outputs"]:
        """Evaluate on a batch of frames."""
        parts = positions.split(max(1, PAIRS_AT_ONCE // positions.shape[1] ** 2))
        if not torch.is_grad_enabled():
            return torch.cat([self.read_out(self.described(part)) for part in parts])
        if len(parts) == 1:
            return self.read_out(self.described(positions))
        made_again = partial(checkpoint, self.described, use_reentrant=False, preserve_rng_state=False)
        described = [cast(Tensor, made_again(part)) for part in parts]
        return self.read_out(torch.cat(described))  # whose batch norm sees all of them

    def described(self, positions: Float[Tensor, "batch atoms 3"]) -> Float[Tensor, "batch atoms features"]:
        """Describe the atoms of a batch of frames as one graph, whose parts are not connected."""
        first, second = self.neighbours.of(positions)
        atoms = ANGSTROMS * positions.flatten(0, 1)
        distances = (atoms.index_select(0, second) - atoms.index_select(0, first)).norm(dim=1)
        radial, near = self.network.radial_basis(distances), self.network.cutoff_fn(distances)[:, None]
        described = self.network.embedding(self.atomic_numbers.repeat(len(positions)))
        for interaction in self.network.interactions:
            # what two atoms tell each other passes the same filter, made once: half the cost of the package's own loop
            told, filtered = interaction.in2f(described), interaction.filter_network(radial) * near
            heard = torch.zeros_like(told).index_add(0, first, told.index_select(0, second) * filtered)
            heard = heard.index_add(0, second, told.index_select(0, first) * filtered)
            described = described + interaction.f2out(heard)
        return described.unflatten(0, positions.shape[:2])

    def read_out(self, described: Float[Tensor, "batch atoms features"]) -> Float[Tensor, "batch outputs"]:
        """What the descriptions of the atoms of a frame tell of it."""
        features = self.head(described.flatten(0, 1)).unflatten(0, described.shape[:2])
        return features.mean(dim=1) if self.readout == "mean" else features.sum(dim=1)
