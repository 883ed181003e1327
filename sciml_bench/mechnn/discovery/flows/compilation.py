"""The compiler's work, before anybody's budget begins."""

import numpy as np

from sciml_bench.mechnn.discovery.flows.compiled_flow import compiled_flow
from sciml_bench.mechnn.discovery.flows.state_elimination import eliminated
from sciml_bench.mechnn.discovery.flows.term_table import TermTable


def compile_ahead() -> None:
    """Compile the loops of discovery, which takes seconds once on a machine, by a problem of two numbers."""
    one = np.ones((1, 1))
    table = TermTable.of([(0,)], [(0,)], 0, 1, [])
    compiled_flow(table, (0 * one, one[0], 0 * one[0]), one, one > 0, one, one[0], 1, None)
    eliminated(one[0], one, np.ones((2, 1)), one, one[None], one[None])
