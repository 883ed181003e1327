"""Several sets of candidate terms, one of which a law may be written in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary


@dataclass(frozen=True, eq=False)
class LibraryChoice:
    """Polynomials of some degrees, the same with sines and cosines, and laws with a denominator.

    Args:
        spec: of the data.
        degrees: of polynomials.
        degrees_with_waves: of polynomials that have the sine and cosine of every component beside them.
        rational_degrees: of numerators and denominators; none where there are inputs, which such laws do not take.

    Raises:
        ConfigurationError: a degree is out of range, or there is nothing to choose from.
    """

    spec: RecordSpec
    degrees: Sequence[int] = (2, 3, 4)
    degrees_with_waves: Sequence[int] = (1, 2)
    rational_degrees: Sequence[int] = (2,)

    def __post_init__(self) -> None:
        """Check the choices."""
        if not self.libraries:
            raise ConfigurationError("model.degrees=[]: there is nothing to choose from; give a degree such as 2")

    @property
    def libraries(self) -> dict[str, BasisLibrary | RationalLibrary]:
        """Every one with what it is called, those with few terms first, since they need fewer rows and less time."""
        found: dict[str, BasisLibrary | RationalLibrary] = {
            f"degree {degree}": BasisLibrary(self.spec, degree) for degree in self.degrees
        }
        found |= {
            f"degree {degree} with waves": BasisLibrary(self.spec, degree, 1) for degree in self.degrees_with_waves
        }
        found = dict(sorted(found.items(), key=lambda each: each[1].n_terms))
        rational = [] if self.spec.dim_in else self.rational_degrees
        return found | {f"rational, degree {degree}": RationalLibrary(self.spec, degree) for degree in rational}
