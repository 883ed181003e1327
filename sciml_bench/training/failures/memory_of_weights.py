"""Whether a network's weights fit into memory, told before they are written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.nn.parameter import is_lazy

from sciml_bench.core.budget import require_memory
from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import refused_allocation
from sciml_bench.core.instantiate import PACKAGE

_COPIES = 4
"""Of the weights while they are trained: they, their gradients and two moments."""

_ASKED, _REMEDY = "model: a network of these sizes", "choose a narrower or shallower network"


def require_widths(model: Mapping[str, Any]) -> None:
    """Stop at a network of the suite with a layer between two of its widths that does not fit, before data are made.

    Args:
        model: its configuration.

    Raises:
        ConfigurationError: such a layer cannot be trained in the memory of this machine.
    """
    if str(model.get("_target_")).startswith(PACKAGE):  # what a person calls a width need not be one
        widths = [width for key in ("width", "hidden_width") if is_integer(width := model.get(key))]
        require_memory(_ASKED, max((4 * _COPIES * width**2 for width in widths), default=0), _REMEDY)


@contextmanager
def weights_within_memory() -> Iterator[None]:
    """Stop while a network is built whose weights cannot be trained in the memory of this machine.

    Memory is taken when it is written, which a layer does after it has told its weights: so that a network is refused
    here which would be ended by the operating system later.

    Raises:
        ConfigurationError: they do not fit.
    """
    n_bytes = 0

    def add(_module: Any, _name: str, weight: Any) -> None:
        nonlocal n_bytes
        if weight is not None and not is_lazy(weight):  # a lazy one has no size yet
            n_bytes += weight.nbytes
            require_memory(_ASKED, _COPIES * n_bytes, _REMEDY)

    hook = register_module_parameter_registration_hook(add)
    try:
        yield
    except RuntimeError as error:
        if refused := refused_allocation(error):
            require_memory(_ASKED, _COPIES * (n_bytes + refused), _REMEDY)
        raise
    finally:
        hook.remove()
