"""Where the configurations of the suite are, in a checkout and in an installed wheel."""

from pathlib import Path


def configuration_root() -> Path:
    """The folder conf/: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    beside, inside = package.parent / "conf", package / "conf"
    return beside if (beside / "shared").is_dir() else inside
