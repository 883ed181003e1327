"""`python -m sciml_bench.report compare FOLDER …`."""

from sciml_bench.report.command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
