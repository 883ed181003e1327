"""Learn a vector field from noisy trajectories: `python train_node_homotopy.py --help`."""

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():  # also while the libraries below are imported
        from sciml_bench.training.script import main

        main("node_homotopy")
