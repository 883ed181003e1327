"""Learn with linear ODEs that are solved inside the network: `python train_mechnn.py --help`."""

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():  # also while the libraries below are imported
        from sciml_bench.training.script import main

        main("mechnn")
