"""`python -m sciml_bench.training koopman data=...`: the train_*.py scripts for those who installed a wheel."""

import sys

from sciml_bench.core.interruption import interruptible

if __name__ == "__main__":
    with interruptible():
        from sciml_bench.core.configuration_root import configuration_root
        from sciml_bench.training.script import main

        paradigms = sorted(path.parent.name for path in configuration_root().glob("*/config.yaml"))
        if len(sys.argv) < 2 or sys.argv[1] not in paradigms:
            sys.exit(f"error: name a paradigm first, one of: {', '.join(paradigms)}")
        main(sys.argv.pop(1))
