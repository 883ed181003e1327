"""Learn solution operators of parametric equations from their spectral residuals: `python train_nsm.py --help`."""

from sciml_bench.training.script import main

if __name__ == "__main__":
    main("nsm")
