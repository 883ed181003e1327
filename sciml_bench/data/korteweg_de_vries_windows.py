"""Windows of fields that obey the Korteweg–de Vries equation: simulated once and kept, or read from LPSDA's files.

Brandstetter, Welling and Worrall, Lie Point Symmetry Data Augmentation for Neural PDE Solvers (ICML 2022): 250 frames
up to the time 50, of which the last 140 are used, when the sines of the beginning have broken up into solitons.
"""

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.cache import default_cache
from sciml_bench.core.stored.files import read_arrays, write_atomically
from sciml_bench.core.types import PathType
from sciml_bench.data.sequence_windows import SPLITS, SequenceWindows, States
from sciml_bench.systems.partial.korteweg_de_vries import KortewegDeVries

log = logging.getLogger(__name__)

_FILE_GROUPS = {"train": "train", "validation": "valid", "test": "test"}


class KortewegDeVriesWindows(SequenceWindows):
    """Fields at equal time steps; all windows share one mean and one deviation.

    Args:
        system: the equation and its solver.
        n_train: training trajectories.
        n_validation: trajectories for the choice of the best weights.
        n_test: trajectories for the evaluation.
        n_skipped: frames from the initial fields on that are left out.
        n_frames: frames of a trajectory after these.
        n_test_frames: the same for the test trajectories, which may be longer.
        data_seed: of the initial fields.
        path: LPSDA's HDF5 files in place of simulated fields: a mapping from train, validation and test to a file each.
            The time step of such a trajectory varies by ± 10 % and is not told to a model; `time_step` is nominal.
        cache: folder where simulated fields are kept, `~/.cache/sciml_bench` by default.
        **options: n_inputs, n_outputs, time_step, batch_size, windows_per_epoch as in `SequenceWindows`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    pooled_axes: ClassVar[tuple[int, ...]] = (0,)

    def __init__(
        self,
        system: KortewegDeVries,
        *,
        n_train: ConfiguredInteger = 256,
        n_validation: ConfiguredInteger = 16,
        n_test: ConfiguredInteger = 32,
        n_skipped: ConfiguredInteger = 110,
        n_frames: ConfiguredInteger = 140,
        n_test_frames: ConfiguredInteger | None = None,
        data_seed: ConfiguredInteger = 0,
        path: Mapping[str, PathType] | None = None,
        cache: PathType | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._system = system
        counts = {"train": n_train, "validation": n_validation, "test": n_test}
        self.n_trajectories = {
            split: require_integer(f"data.n_{split}", count, 1, "use at least 1 trajectory")
            for split, count in counts.items()
        }
        self.n_skipped = require_integer("data.n_skipped", n_skipped, 0, "frames are counted from 0")
        frames = require_integer("data.n_frames", n_frames, 2, "a trajectory needs at least 2 frames")
        test_frames = frames if n_test_frames is None else n_test_frames
        test_frames = require_integer("data.n_test_frames", test_frames, 2, "a trajectory needs at least 2 frames")
        self.n_frames = {"train": frames, "validation": frames, "test": test_frames}
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")
        if path is not None and (not isinstance(path, Mapping) or set(path) != set(SPLITS)):
            raise ConfigurationError(f"data.path={path}: give a file for each of {', '.join(SPLITS)}, or null")
        self.path = path
        self.cache = default_cache() if cache is None else Path(cache)

    @property
    def component_names(self) -> tuple[str, ...]:
        """u."""
        return ("u",)

    @property
    def grid(self) -> Float[np.ndarray, " points"]:
        """Positions of the points."""
        return self._system.grid

    @property
    def system(self) -> KortewegDeVries:
        """The equation."""
        return self._system

    def load(self) -> dict[str, States]:
        """Read the files, or the kept simulation, or simulate and keep.

        Raises:
            FileNotFoundError: there is no such file.
            DataError: a file cannot be used.
            SolverError: the simulation broke down.
        """
        if self.path is not None:
            return {split: self._read(split, Path(self.path[split])) for split in SPLITS}
        return {split: self._kept_or_simulated(split, number) for number, split in enumerate(SPLITS)}

    def _kept_or_simulated(self, split: str, number: int) -> States:
        n_trajectories, n_frames = self.n_trajectories[split], self.n_frames[split]
        asked = f"{self._system!r} {n_trajectories} {self.n_skipped} {n_frames} {self.time_step!r} {self.data_seed}"
        name = hashlib.sha256(f"{asked} {split}".encode()).hexdigest()[:16]
        file = self.cache / "korteweg_de_vries" / f"{split}_{name}.npz"
        if file.exists():
            return read_arrays(file)["states"]
        log.info("simulating %d %s trajectories, once (kept as %s)", n_trajectories, split, file)
        seed = int(np.random.SeedSequence((self.data_seed, number)).generate_state(1)[0])
        initial = self._system.random_initial_fields(n_trajectories, seed)
        times = self.time_step * np.arange(self.n_skipped, self.n_skipped + n_frames)
        # what a network sees; the solver's own errors are larger
        states = self._system.solve(initial, times).astype(np.float32)
        write_atomically(file, lambda opened: np.savez(opened, states=states))
        return states

    def _read(self, split: str, file: Path) -> States:
        try:
            import h5py  # pyright: ignore[reportMissingImports]
        except ModuleNotFoundError:
            raise ConfigurationError(
                f"data.path.{split}={file} is an HDF5 file, and the package h5py is missing; install it with "
                "`pip install h5py`, or leave out data.path for simulated fields"
            ) from None
        if not file.is_file():
            raise FileNotFoundError(f"data.path.{split}={file}: there is no such file")
        with h5py.File(file, "r") as opened:
            group: Any = opened.get(_FILE_GROUPS[split])
            names = [] if group is None else [name for name in group if name.startswith("pde_")]
            if group is None or len(names) != 1:
                raise DataError(
                    f"{file} is no file of LPSDA: expected a group {_FILE_GROUPS[split]!r} with one array pde_<frames>-"
                    "<points>"
                )
            states = np.asarray(group[names[0]][: self.n_trajectories[split]], dtype=np.float32)
        if states.ndim != 3 or states.shape[2] != self._system.n_points:
            raise DataError(
                f"{file} holds fields of the shape {states.shape}; expected (trajectories, frames, "
                f"{self._system.n_points}); set data.system.n_points"
            )
        return states
