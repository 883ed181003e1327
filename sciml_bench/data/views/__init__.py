"""How a method reads a record: lagged pairs, whole trajectories, windows, fresh parameters."""
