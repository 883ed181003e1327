"""Learn the leading singular functions of a system's evolution operator: `python train_koopman.py --help`."""

from sciml_bench.training.script import main

if __name__ == "__main__":
    main("koopman")
