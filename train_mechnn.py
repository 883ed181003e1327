"""Learn with linear ODEs that are solved inside the network: `python train_mechnn.py --help`."""

from sciml_bench.training.script import main

if __name__ == "__main__":
    main("mechnn")
