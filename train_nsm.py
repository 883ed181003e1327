"""Learn solution operators of parametric equations from their spectral residuals: `python train_nsm.py --help`."""

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():  # also while the libraries below are imported
        from sciml_bench.training.script import main

        main("nsm")
