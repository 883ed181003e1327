"""`python -m sciml_bench`: the command `sciml-bench` where it is not on the path."""

from sciml_bench.command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
