"""Learn the leading singular functions of a system's evolution operator: `python train_koopman.py --help`."""

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():  # also while the libraries below are imported
        from sciml_bench.training.script import main

        main("koopman")
