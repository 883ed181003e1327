"""Chignolin, a peptide of ten residues that folds and unfolds: 34 trajectories of Marshall, Raddi and Voelz (2024).

"An evaluation of force field accuracy for the mini-protein chignolin using Markov state models",
doi:10.5281/zenodo.10681926. How its files are called, and that the first half of them starts unfolded, is what the code
of Jeong et al. (NeurIPS 2025, NeuralKoopmanSVD) says of the archive.
"""

from pathlib import Path
from typing import Any, ClassVar

from sciml_bench.core.checks import ConfiguredWord
from sciml_bench.core.types import PathType
from sciml_bench.data.molecules.molecular_trajectories import MolecularTrajectories
from sciml_bench.data.molecules.splits_of_trajectories import DISTRIBUTION_MATCHING
from sciml_bench.data.trajectories import Trajectories

TOPOLOGY, N_TRAJECTORIES, N_UNFOLDED = "protein.gro", 34, 17


class Chignolin(MolecularTrajectories):
    """Trajectories of one force field, in nanometres and nanoseconds, as many unfolded starts as folded ones in a part.

    Args:
        path: folder with the topology and C0.xtc … C33.xtc.
        trajectory_split: by the radii of gyration of the carbons CA, unless another is asked for.
        **options: of `MolecularTrajectories`.

    Raises:
        ConfigurationError: an option is out of range.
    """

    source: ClassVar[str] = (
        "download trajs_out.zip from zenodo.org/records/10681926, unpack it, and give the folder C22star in it, with "
        f"{TOPOLOGY} and C0.xtc … C{N_TRAJECTORIES - 1}.xtc"
    )

    def __init__(
        self,
        path: PathType | None,
        trajectory_split: ConfiguredWord = DISTRIBUTION_MATCHING,
        **options: Any,
    ) -> None:
        self.path, folder = path, Path(str(path)).expanduser()
        files = [folder / f"C{number}.xtc" for number in range(N_TRAJECTORIES)]
        super().__init__(folder / TOPOLOGY, files, trajectory_split=trajectory_split, **options)

    def load(self) -> Trajectories:
        """All trajectories.

        Raises:
            FileNotFoundError: a file is missing.
            DataError: a trajectory cannot be used.
        """
        files = [Path(self.topology), *map(Path, self.trajectories)]  # pyright: ignore[reportArgumentType]
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more files" if len(missing) > 3 else "")
            raise FileNotFoundError(f"data.path={self.path}: there is no {shown}; {self.source}")
        return super().load()

    def _groups(self) -> list[int]:
        """0 of those that start unfolded, 1 of the others."""
        return [int(int(source.source.path.stem[1:]) >= N_UNFOLDED) for source in self._sources]
