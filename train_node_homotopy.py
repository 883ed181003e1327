"""Learn a vector field from noisy trajectories: `python train_node_homotopy.py --help`."""

from sciml_bench.training.script import main

if __name__ == "__main__":
    main("node_homotopy")
