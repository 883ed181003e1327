"""Records that several runs of one process share: a sweep of many methods simulates each of its systems once."""

import copy
import json
import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from sciml_bench.core.instantiate import PACKAGE

_MOST = 4
"""Records that are kept: the jobs of a sweep go from one to the next and come back to none."""
_LARGEST = 2**26
"""Bytes of one of them."""
_OF_OTHERS = re.compile(rf'"_target_": "(?!{PACKAGE}\.)')

_kept: OrderedDict[str, Any] = OrderedDict()


def set_up(record: Any, node: Mapping[str, Any]) -> Any:
    """The record, loaded, or a copy of the equal one that an earlier run of this process has loaded.

    Files are read anew, since they may have changed, and so is what other packages than this one make.

    Args:
        record: not loaded yet.
        node: which describes it, `data` of a configuration.

    Raises:
        ConfigurationError: a choice does not fit the data.
        DataError: the data cannot be used.
    """
    try:
        described = json.dumps(dict(node), sort_keys=True)
    except TypeError:  # an object that was given in Python
        described = None
    if described is None or _OF_OTHERS.search(described):
        record.setup()
        return record
    if described not in _kept:
        record.setup()
        if record.files or _size(record) > _LARGEST:
            return record
        _kept[described] = copy.deepcopy(record)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(described)
    return copy.deepcopy(_kept[described])  # its own: a person's method may write into the states


def _size(record: Any) -> int:
    """Bytes of the states."""
    states = [array for part in record.splits.values() for array in part.states]
    return sum(array.dtype.itemsize * math.prod(array.shape) for array in states)
