"""Compare methods on tasks: `python benchmark.py --help`."""

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():  # also while the libraries below are imported
        from sciml_bench.suite.benchmark import main

        main()
