"""Laws with a denominator: dx/dt = N(x)/D(x), as in saturating reactions."""
