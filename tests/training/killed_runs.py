"""Runs of the scripts that are killed at chosen moments, with SIGKILL or another signal; executed by test_resume.py.

The packages are imported once; every run is a child of its own (fork), in which the file system is watched. A plan is
one line on stdin, a JSON list of `{"arguments": [...], "kill": null | {"when", "file", "count"} | {"after_seconds"}}`,
with `script` where it is not train_koopman.py and `signal` in `kill` where it is not SIGKILL; the answer is one line on
stdout, the list of how the children ended: an exit code, or minus the signal. Figures, which take longer than
everything else here, are written without being drawn.
"""

import importlib
import io
import json
import os
import signal
import sys
import tempfile
import time


def watch(when, file, count, number):
    """Kill this process in the `count`-th writing of `file`: half written, or just before or after its renaming."""
    import torch

    def kill_now():
        os.kill(os.getpid(), number)

    seen, being_written = 0, ""
    replace, save, mkstemp = os.replace, torch.save, tempfile.mkstemp

    def watched_mkstemp(*args, **options):
        nonlocal being_written
        being_written = options.get("prefix", "")
        return mkstemp(*args, **options)

    def watched_replace(source, target, **options):
        nonlocal seen
        concerned = when != "half_written" and os.path.basename(target) == file
        seen += concerned
        if concerned and seen == count and when == "before_renaming":
            kill_now()
        replace(source, target, **options)
        if concerned and seen == count and when == "after_renaming":
            kill_now()

    def watched_save(content, opened, **options):
        nonlocal seen
        buffer = io.BytesIO()
        save(content, buffer, **options)
        concerned = when == "half_written" and being_written == f"{file}."
        seen += concerned
        if concerned and seen == count:
            half = len(buffer.getvalue()) // 2
            opened.write(buffer.getvalue()[:half])
            opened.flush()
            os.fsync(opened.fileno())
            kill_now()  # a signal that can wait does so
            opened.write(buffer.getvalue()[half:])
            return
        opened.write(buffer.getvalue())

    os.replace, torch.save, tempfile.mkstemp = watched_replace, watched_save, watched_mkstemp


def child(arguments, kill, script, number):
    from sciml_bench.core.interruption import interruptible
    from sciml_bench.training.script import main

    sys.argv = [f"train_{script}.py", *arguments]
    os.dup2(2, 1)  # stdout carries the answer
    code = 0
    try:
        with interruptible():
            if "when" in kill:
                watch(**kill, number=number)
            main(script)
    except SystemExit as stop:
        code = stop.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 70
    sys.stderr.flush()
    os._exit(code)


def run(arguments, kill, script="koopman"):
    kill = dict(kill or {})
    number = kill.pop("signal", signal.SIGKILL)
    process = os.fork()
    if process == 0:
        child(arguments, kill, script, number)
    if "after_seconds" in kill:
        time.sleep(kill["after_seconds"])
        os.kill(process, number)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    import pytest
    import torch

    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from quick_compositions import remember

    from sciml_bench.training import composed

    for room in ("koopman", "mechnn", "node", "nsm"):
        importlib.import_module(f"sciml_bench.{room}")
    from sciml_bench.core.stored.files import write_atomically

    scoring = importlib.import_module("sciml_bench.training.scoring")
    scoring.save_figure = lambda figure, path: write_atomically(path, lambda file: file.write(b"a figure"))
    torch.set_num_threads(1)
    remember(pytest.MonkeyPatch())
    composed("koopman", ["data=logistic_map"])  # what is read here is known to every child
    for line in sys.stdin:
        print(json.dumps([run(**job) for job in json.loads(line)]), flush=True)
