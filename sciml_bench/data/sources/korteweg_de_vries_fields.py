"""Fields that obey the Korteweg–de Vries equation: simulated once and kept, or read from LPSDA's files.

Brandstetter, Welling and Worrall, Lie Point Symmetry Data Augmentation for Neural PDE Solvers (ICML 2022): 250 frames
up to the time 50, of which the last 140 are used, when the sines of the beginning have broken up into solitons.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.cache import default_cache, kept_array
from sciml_bench.core.types import PathType
from sciml_bench.data.record import Record
from sciml_bench.data.split import SPLIT_NAMES, whole_numbers
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems.partial.korteweg_de_vries import KortewegDeVries

DEFAULT_COUNTS = {"train": 256, "validation": 16, "test": 32}
_FILE_GROUPS = {"train": "train", "validation": "valid", "test": "test"}

Fields = Float32[np.ndarray, "batch time points"]


class KortewegDeVriesFields(Record):
    """Fields at equal time steps; all points share one mean and one deviation.

    Args:
        system: the equation and its solver.
        split: numbers of trajectories to learn from, for the choice of the best weights and for the test.
        n_skipped: frames from the initial fields on that are left out.
        n_frames: frames of a trajectory after these.
        n_test_frames: the same for the test trajectories, which may be longer.
        time_step: between two frames.
        data_seed: of the initial fields.
        path: LPSDA's HDF5 files in place of simulated fields: a mapping from train, validation and test to a file each.
            The time step of such a trajectory varies by ± 10 % and is not told to a model; `time_step` is nominal.
        cache: folder where simulated fields are kept, `~/.cache/sciml_bench` by default.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        system: KortewegDeVries,
        *,
        split: Mapping[str, Any] | None = None,
        n_skipped: ConfiguredInteger = 110,
        n_frames: ConfiguredInteger = 140,
        n_test_frames: ConfiguredInteger | None = None,
        time_step: ConfiguredNumber = 0.2,
        data_seed: ConfiguredInteger = 0,
        path: Mapping[str, PathType] | None = None,
        cache: PathType | None = None,
        **options: Any,
    ) -> None:
        self.counts = whole_numbers(DEFAULT_COUNTS if split is None else split)
        super().__init__(split=self.counts, split_by="trajectory", **options)
        self.system, self.state_shape = system, (system.n_points,)
        self.n_skipped = require_integer("data.n_skipped", n_skipped, 0, "frames are counted from 0")
        frames = require_integer("data.n_frames", n_frames, 2, "a trajectory needs at least 2 frames")
        test_frames = frames if n_test_frames is None else n_test_frames
        test_frames = require_integer("data.n_test_frames", test_frames, 2, "a trajectory needs at least 2 frames")
        self.n_frames = {"train": frames, "validation": frames, "test": test_frames}
        self.time_step = require_number("data.time_step", time_step, "the time between two frames must be positive")
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")
        if path is not None and (not isinstance(path, Mapping) or set(path) != set(self.counts)):
            raise ConfigurationError(f"data.path={path}: give a file for each of {', '.join(self.counts)}, or null")
        self.path = path
        self.cache = default_cache() if cache is None else Path(cache)

    def load_splits(self) -> dict[str, Trajectories]:
        """Read the files, or the kept simulation, or simulate and keep.

        Raises:
            FileNotFoundError: there is no such file.
            DataError: a file cannot be used.
            SolverError: the simulation broke down.
        """
        splits = {}
        for name in self.counts:
            fields = self._kept_or_simulated(name) if self.path is None else self._read_fields(name, self.path[name])
            first_frame = self.n_skipped if self.path is None else 0
            splits[name] = Trajectories(
                tuple(fields),
                time_step=self.time_step,
                time_unit="time",
                first_rows=(first_frame,) * len(fields),
                component_names=("u",),
                facts={"grid": self.system.grid},
                system=self.system,
            )
        return splits

    def _kept_or_simulated(self, name: str) -> Fields:
        n_trajectories, n_frames = self.counts[name], self.n_frames[name]
        asked = f"{self.system!r} {n_trajectories} {self.n_skipped} {n_frames} {self.time_step!r} {self.data_seed}"

        def simulated() -> Fields:
            seed = int(np.random.SeedSequence((self.data_seed, SPLIT_NAMES.index(name))).generate_state(1)[0])
            initial = self.system.random_initial_fields(n_trajectories, seed)
            times = self.time_step * np.arange(self.n_skipped, self.n_skipped + n_frames)
            # what a network sees; the solver's own errors are larger
            return self.system.solve(initial, times).astype(np.float32)

        folder, what = self.cache / "korteweg_de_vries", f"simulating {n_trajectories} {name} trajectories"
        return kept_array(folder, f"{asked} {name}", "states", simulated, what)

    def _read_fields(self, name: str, path: PathType) -> Fields:
        file = Path(path)
        try:
            import h5py  # pyright: ignore[reportMissingImports]
        except ModuleNotFoundError:
            raise ConfigurationError(
                f"data.path.{name}={file} is an HDF5 file, and the package h5py is missing; install it with "
                "`pip install h5py`, or leave out data.path for simulated fields"
            ) from None
        if not file.is_file():
            raise FileNotFoundError(f"data.path.{name}={file}: there is no such file")
        self._files_read.append(file)
        with h5py.File(file, "r") as opened:
            group: Any = opened.get(_FILE_GROUPS[name])
            names = [] if group is None else [key for key in group if key.startswith("pde_")]
            if group is None or len(names) != 1:
                raise DataError(
                    f"{file} is no file of LPSDA: expected a group {_FILE_GROUPS[name]!r} with one array pde_<frames>-"
                    "<points>"
                )
            fields = np.asarray(group[names[0]][: self.counts[name]], dtype=np.float32)
        if fields.ndim != 3 or fields.shape[2] != self.system.n_points:
            raise DataError(
                f"{file} holds fields of the shape {fields.shape}; expected (trajectories, frames, "
                f"{self.system.n_points}); set data.system.n_points"
            )
        return fields
