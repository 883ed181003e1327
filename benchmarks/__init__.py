"""Speed and memory beside references, as ratios: one script per claim, all of them by `python -m benchmarks`."""
