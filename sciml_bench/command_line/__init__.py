"""The command `sciml-bench`: what comes after training, one file per verb.

Every module of this room whose name begins without an underscore is a verb of that name, and its docstring the help. It
has `add_arguments(parser)` and `answer(asked)`, which raises what a person can mend, and is imported when it is called.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

from sciml_bench import __version__
from sciml_bench.command_line._docstrings import first_sentence, module_docstring
from sciml_bench.core.errors import SolverError, TrainingError, in_a_sentence, memory_errors
from sciml_bench.core.interruption import interruptible

_TRUST = "a package of your own, whose classes may be built where a run names them; may be repeated"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: as typed; those of this process by default.

    Returns:
        0, or 1 with one sentence on stderr where a person has to mend something.

    Raises:
        SystemExit: a signal interrupted this process, and one sentence on stderr says so.
    """
    words = sys.argv[1:] if arguments is None else [*arguments]  # the verb `list` hides the builtin here
    parser, verbs = _parser(words[:1])
    if not words or words[0] not in verbs:
        parser.parse_args(words)  # --help, --version, or no verb of these, which end here
    # options may stand among the words of a verb
    asked = verbs[words[0]].parse_intermixed_args(words[1:])
    # who calls this from Python listens to signals as they like
    ended = interruptible() if arguments is None else nullcontext()
    try:
        with ended, memory_errors():
            import_module(f"{__name__}.{words[0]}").answer(asked)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError, MemoryError, SolverError, TrainingError) as error:
        print(f"error: {_as_option(in_a_sentence(error), words)}", file=sys.stderr)
        return 1
    return 0


def _as_option(said: str, words: Sequence[str]) -> str:
    """A sentence that begins with an option as it was typed: `--horizon 0` for `horizon=0`."""
    key, _, rest = said.partition("=")
    option = f"--{'data' if key == 'data.path' else key}"
    return f"{option} {rest}" if any(word.partition("=")[0] == option for word in words) else said


def _parser(called: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The command and its verbs, with a line each; only the called one is imported and tells its arguments."""
    parser = argparse.ArgumentParser(
        prog="sciml-bench",
        description="Look at what training left. Training itself is `python -m sciml_bench.training <paradigm>`, or "
        "one of the scripts train_*.py of a checkout.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="verb", dest="verb")
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        text = module_docstring(path)
        verb = verbs.add_parser(path.stem, help=first_sentence(text), description=text)
        if path.stem in called:
            import_module(f"{__name__}.{path.stem}").add_arguments(verb)
            verb.add_argument("--trust", action="append", default=[], metavar="PACKAGE", help=_TRUST)
    return parser, dict(verbs.choices)
