"""What baselines of ours have learned, as forecasters in discrete time."""
