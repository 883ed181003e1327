"""What scikit-learn asks of an estimator, without importing it: it brings pandas, which takes a second."""

import inspect
from typing import Any, TypeVar

# Python's own `Self` would do, but the type checks of the tests decorate methods one by one and cannot resolve it.
_Same = TypeVar("_Same", bound="Estimator")


class Estimator:
    """Options that are those of the constructor, as attributes of the same names, for `clone` and searches."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The options by name.

        Args:
            deep: as in scikit-learn; no option is an estimator.
        """
        return {name: getattr(self, name) for name in self._option_names()}

    def set_params(self: _Same, **params: Any) -> _Same:
        """Change options.

        Args:
            **params: by name.

        Raises:
            ValueError: there is no such option.
        """
        known = self._option_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{type(self).__name__} has no option {name}; it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """The options that are not the constructor's own."""
        own = {name: option.default for name, option in self._options().items()}
        told = [f"{name}={value!r}" for name, value in self.get_params().items() if value is not own[name]]
        return f"{type(self).__name__}({', '.join(told)})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn may expect of it: what it expects of any estimator."""
        from sklearn.base import BaseEstimator  # imported late, see above

        return BaseEstimator.__sklearn_tags__(self)  # pyright: ignore[reportArgumentType]

    @classmethod
    def _options(cls) -> dict[str, inspect.Parameter]:
        named = inspect.signature(cls.__init__).parameters
        return {name: option for name, option in named.items() if name != "self"}

    @classmethod
    def _option_names(cls) -> list[str]:
        return sorted(cls._options())
