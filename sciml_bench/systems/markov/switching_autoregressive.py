"""An autoregression whose coefficients a hidden Markov chain switches: observed alone, it is not Markov.

r' ~ P(r, ·), x' = A_{r'} x + b_{r'} + s_{r'} ε with ε standard normal. Moments follow from linear equations over the
regimes (Costa, Fragoso and Marques, Discrete-Time Markov Jump Linear Systems, chapter 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex, Float, Int

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import MarkovProcess, Real
from sciml_bench.systems.markov.markov_chain import checked_transition_matrix, stationary_law
from sciml_bench.systems.numerics.real_matrix import as_rows, real_array, real_matrix
from sciml_bench.systems.numerics.spectral_order import spectral_order

# The burn-in before a sample lasts until the slowest mode of the second moments has decayed to this fraction.
_BURN_IN_TOLERANCE = 1e-6


@dataclass(frozen=True)
class SwitchingAutoregressive(MarkovProcess):
    """Linear motion under regimes that a hidden chain switches.

    The Markov state is (x, regime), the regime's index last: `step` and `initial` work on it, with `dim + 1`
    components. `sample` returns the observed x alone, `sample_with_regimes` also the regimes.

    Args:
        transition_matrix: of the regimes, rows of probabilities.
        coefficients: A of every regime, a square matrix each.
        offsets: b of every regime: `dim` numbers each.
        noise_deviations: s of every regime, not negative.

    Raises:
        ConfigurationError: the regimes are not ergodic, shapes disagree, a deviation is negative, or the second moment
            of x grows without bound.
    """

    transition_matrix: Sequence[Sequence[Real]] | Float[np.ndarray, "regimes regimes"]
    coefficients: Sequence[Sequence[Sequence[Real]]] | Float[np.ndarray, "regimes dim dim"]
    offsets: Sequence[Sequence[Real]] | Float[np.ndarray, "regimes dim"]
    noise_deviations: Sequence[Real] | Float[np.ndarray, " regimes"]
    time_step = 1.0
    time_unit = "step"
    known_facts = frozenset(
        {"regime_eigenvalues", "linear_eigenvalues", "stationary_mean", "stationary_covariance", "autocovariance"}
    )

    def __post_init__(self) -> None:
        """Check the parameters and freeze them as tuples, so that systems can be compared and hashed."""
        transition = checked_transition_matrix(self.transition_matrix, "SwitchingAutoregressive.transition_matrix")
        coefficients = real_array(self.coefficients, "SwitchingAutoregressive.coefficients")
        offsets = real_matrix(self.offsets, "SwitchingAutoregressive.offsets")
        deviations = real_array(self.noise_deviations, "SwitchingAutoregressive.noise_deviations")
        n_regimes, dim = len(transition), offsets.shape[1]
        given = {"coefficients": coefficients, "offsets": offsets, "noise_deviations": deviations}
        for (name, array), axes in zip(given.items(), ((dim, dim), (dim,), ()), strict=True):
            if array.shape != (n_regimes, *axes):
                raise ConfigurationError(
                    f"SwitchingAutoregressive.{name} has shape {array.shape}: with {n_regimes} regimes and {dim} "
                    f"components give {(n_regimes, *axes)}"
                )
        if np.any(deviations < 0):
            raise self._bad_parameter("noise_deviations", "give numbers of at least 0")
        object.__setattr__(self, "transition_matrix", as_rows(transition))
        object.__setattr__(self, "coefficients", tuple(as_rows(matrix) for matrix in coefficients))
        object.__setattr__(self, "offsets", as_rows(offsets))
        object.__setattr__(self, "noise_deviations", tuple(deviations.tolist()))
        if not self._growth_of_second_moment < 1:
            raise ConfigurationError(
                "SwitchingAutoregressive.coefficients: the second moment of x grows by "
                f"{self._growth_of_second_moment:g} per step; give smaller coefficients to the regimes that last"
            )

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Size of the observed state."""
        return len(self.offsets[0])

    @property
    def n_regimes(self) -> int:
        """Number of regimes."""
        return len(self.transition_matrix)

    @cached_property
    def transition(self) -> Float[np.ndarray, "regimes regimes"]:
        """The transition matrix of the regimes as an array."""
        return np.array(self.transition_matrix)

    @cached_property
    def regime_weights(self) -> Float[np.ndarray, " regimes"]:
        """The stationary probabilities of the regimes."""
        return stationary_law(self.transition)

    @cached_property
    def _matrices(self) -> np.ndarray:
        return np.array(self.coefficients)

    @cached_property
    def _offsets(self) -> np.ndarray:
        return np.array(self.offsets)

    @cached_property
    def _deviations(self) -> np.ndarray:
        return np.array(self.noise_deviations)

    # --- sampling ---------------------------------------------------------------------------------------------------

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n augmented"]:
        """Draw (x, regime) almost from the stationary law.

        The regime is drawn exactly; x starts at its stationary mean and runs until the memory of it is below 1e-6.
        """
        regimes = rng.choice(self.n_regimes, size=(n, 1), p=self.regime_weights)
        state = np.concatenate([np.tile(self.stationary_mean, (n, 1)), regimes], axis=1)
        slowest = max(self._growth_of_second_moment, float(np.abs(self.linear_eigenvalues()[0])) ** 2)
        n_steps = int(np.ceil(2 * np.log(_BURN_IN_TOLERANCE) / np.log(slowest))) if slowest > 1e-12 else 1
        for _ in range(n_steps):
            state = self._advance(state, self._draw_noise((n,), rng))
        return state

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return np.concatenate([rng.standard_normal((*shape, self.dim)), rng.random((*shape, 1))], axis=-1)

    @cached_property
    def _cumulative(self) -> np.ndarray:
        cumulative = np.cumsum(self.transition, axis=1)
        return cumulative / cumulative[:, -1:]

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        regime = np.sum(self._cumulative[x[..., -1].astype(int)] <= noise[..., -1:], axis=-1)
        mean = np.einsum("...ij,...j->...i", self._matrices[regime], x[..., :-1]) + self._offsets[regime]
        later = mean + self._deviations[regime][..., None] * noise[..., :-1]
        return np.concatenate([later, regime[..., None]], axis=-1)

    def _run(self, x: np.ndarray, noise: np.ndarray, states: np.ndarray) -> None:
        # The regimes do not depend on x: run first, they leave a matrix product and a sum to every step.
        regimes, regime = np.empty(states.shape[:2], dtype=int), x[:, -1].astype(int)
        for now, uniform in enumerate(noise[..., -1:]):
            regime = regimes[now] = np.sum(self._cumulative[regime] <= uniform, axis=-1)
        matrices = self._matrices[regimes]
        kicks = self._offsets[regimes] + self._deviations[regimes][..., None] * noise[..., :-1]
        observed = x[:, :-1, None]
        for now, kick in enumerate(kicks[..., None]):
            observed = matrices[now] @ observed + kick
            states[now, :, :-1] = observed[..., 0]
        states[..., -1] = regimes

    def sample(self, n_steps: int, seed: int, n_trajectories: int = 1) -> Float[np.ndarray, "batch time dim"]:
        """Draw trajectories of the observed x; see `sample_with_regimes`."""
        return self.sample_with_regimes(n_steps, seed, n_trajectories)[0]

    def sample_with_regimes(
        self, n_steps: int, seed: int, n_trajectories: int = 1
    ) -> tuple[Float[np.ndarray, "batch time dim"], Int[np.ndarray, "batch time"]]:
        """Draw trajectories of x and of the regime under which each x was made."""
        states = super().sample(n_steps, seed, n_trajectories)
        return np.ascontiguousarray(states[..., :-1]), states[..., -1].astype(np.int64)

    # --- moments ----------------------------------------------------------------------------------------------------

    @cached_property
    def _first_moment_map(self) -> np.ndarray:
        """The matrix of (m_j) ↦ (A_j Σ_i P_ij m_i), m_j = E[x 1(r = j)], blocks by regime."""
        size = self.n_regimes * self.dim
        return np.einsum("ij,jab->jaib", self.transition, self._matrices).reshape(size, size)

    @cached_property
    def _second_moment_map(self) -> np.ndarray:
        size = self.n_regimes * self.dim**2
        blocks = np.einsum("ij,jac,jbd->jabicd", self.transition, self._matrices, self._matrices)
        return blocks.reshape(size, size)

    @cached_property
    def _growth_of_second_moment(self) -> float:
        return float(np.max(np.abs(np.linalg.eigvals(self._second_moment_map))))

    @cached_property
    def _mean_by_regime(self) -> np.ndarray:
        """E[x 1(r = j)], shape (regimes, dim)."""
        source = (self.regime_weights[:, None] * self._offsets).ravel()
        solution = np.linalg.solve(np.eye(len(source)) - self._first_moment_map, source)
        return solution.reshape(self.n_regimes, self.dim)

    @cached_property
    def _second_moment_by_regime(self) -> np.ndarray:
        """E[x xᵀ 1(r = j)], shape (regimes, dim, dim)."""
        arriving = np.einsum("ij,jab,ib->ja", self.transition, self._matrices, self._mean_by_regime)
        cross = arriving[:, :, None] * self._offsets[:, None, :]
        noise = self._deviations[:, None, None] ** 2 * np.eye(self.dim)
        offset = self._offsets[:, :, None] * self._offsets[:, None, :]
        source = cross + cross.swapaxes(1, 2) + self.regime_weights[:, None, None] * (noise + offset)
        solution = np.linalg.solve(np.eye(source.size) - self._second_moment_map, source.ravel())
        return solution.reshape(source.shape)

    @cached_property
    def stationary_mean(self) -> Float[np.ndarray, " dim"]:
        """E[x]."""
        return self._mean_by_regime.sum(axis=0)

    @cached_property
    def stationary_covariance(self) -> Float[np.ndarray, "dim dim"]:
        """E[x xᵀ] − E[x] E[x]ᵀ."""
        return self._second_moment_by_regime.sum(axis=0) - np.outer(self.stationary_mean, self.stationary_mean)

    def autocovariance(self, lag: int) -> Float[np.ndarray, "dim dim"]:
        """E[x_{t+lag} x_tᵀ] − E[x] E[x]ᵀ, lag = 0, 1, …."""
        moment = self._second_moment_by_regime
        earlier = self._mean_by_regime  # E[x_t 1(r_{t+lag} = j)], for the offsets
        for _ in range(lag):
            earlier = np.einsum("ij,ia->ja", self.transition, earlier)
            moment = np.einsum("ij,jab,ibc->jac", self.transition, self._matrices, moment)
            moment = moment + self._offsets[:, :, None] * earlier[:, None, :]
        return moment.sum(axis=0) - np.outer(self.stationary_mean, self.stationary_mean)

    # --- spectrum of the joint process (x, regime) ------------------------------------------------------------------

    def regime_eigenvalues(self, lag: int = 1) -> Complex[np.ndarray, " regimes"]:
        """Koopman eigenvalues whose eigenfunctions depend on the regime alone: those of the transition matrix."""
        return _ordered_eigenvalues(self.transition) ** lag

    def linear_eigenvalues(self, lag: int = 1) -> Complex[np.ndarray, " modes"]:
        """Koopman eigenvalues whose eigenfunctions are affine in x with coefficients that depend on the regime."""
        return _ordered_eigenvalues(self._first_moment_map) ** lag


def _ordered_eigenvalues(matrix: Float[np.ndarray, "n n"]) -> Complex[np.ndarray, " n"]:
    values = np.linalg.eigvals(matrix).astype(complex)
    return values[spectral_order(values)]
