"""The equations: one file each."""

from sciml_bench.nsm.equations.burgers import Burgers
from sciml_bench.nsm.equations.equation import Equation, LinearPart
from sciml_bench.nsm.equations.helmholtz import Helmholtz
from sciml_bench.nsm.equations.navier_stokes import NavierStokes
from sciml_bench.nsm.equations.poisson import Poisson
from sciml_bench.nsm.equations.reaction_diffusion import ReactionDiffusion

__all__ = ["Burgers", "Equation", "Helmholtz", "LinearPart", "NavierStokes", "Poisson", "ReactionDiffusion"]
