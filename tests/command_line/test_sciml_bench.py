"""The command as a whole: it answers at once, and says in one sentence what is wrong."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sciml_bench import __version__, command_line
from sciml_bench.command_line import main
from sciml_bench.core.errors import DataError, SolverError, TrainingError
from sciml_bench.core.interruption import SIGNALS, TOLD

VERBS = sorted(path.stem for path in Path(command_line.__file__).parent.glob("[!_]*.py"))
HEAVY = {"torch", "lightning", "sklearn", "hydra", "matplotlib", "sciml_bench.training", "sciml_bench.koopman"}


def in_a_fresh_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command; the heavy modules that it has imported stand on the last line of stderr."""
    program = (
        "import sys\nfrom sciml_bench.command_line import main\n"
        "try: code = main(sys.argv[1:])\nexcept SystemExit as stop: code = stop.code\n"
        f"print('heavy:', *sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\nsys.exit(code)"
    )
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list"], *([verb, "--help"] for verb in VERBS)])
def test_help_and_lists_are_there_without_torch(arguments):
    finished = in_a_fresh_process(*arguments)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
    assert finished.stderr.splitlines()[-1] == "heavy:"


def test_runs_are_shown_and_compared_without_torch(tmp_path):
    from report_material import labelled_metrics, write_run

    run = write_run(tmp_path / "seed=0", labelled_metrics())
    for arguments in (["show", str(run)], ["compare", str(tmp_path)]):
        finished = in_a_fresh_process(*arguments)
        assert finished.returncode == 0, finished.stderr
        assert "0.9" in finished.stdout
        assert finished.stderr.splitlines()[-1] == "heavy:"


def test_the_help_names_every_verb_with_what_it_does(capsys):
    assert {"compare", "evaluate", "forecast", "list", "show", "solve", "table5"} <= set(VERBS)
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for verb in VERBS:
        module = import_module(f"sciml_bench.command_line.{verb}")
        assert f"{verb} {module.__doc__.split('.')[0]}" in text


def test_only_the_called_verb_is_imported():
    program = (
        "import sys\nfrom sciml_bench.command_line import main\nmain(['list', 'systems'])\n"
        "sys.exit('sciml_bench.command_line.compare' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_the_module_is_the_command():
    command = [sys.executable, "-m", "sciml_bench", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"sciml-bench {__version__}\n"


def test_the_installed_command_is_this_one(repository):
    assert 'sciml-bench = "sciml_bench.command_line:main"' in (repository / "pyproject.toml").read_text()


def test_an_unknown_verb_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["shwo"])
    assert stop.value.code == 2
    assert "'show'" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m sciml_bench list | head -n 1; exit ${{PIPESTATUS[0]}}"
    finished = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert finished.returncode == 0
    assert finished.stdout == "records\n"
    assert not finished.stderr


@pytest.mark.parametrize("error", [SolverError, TrainingError, DataError, PermissionError])
def test_what_a_verb_cannot_do_is_one_sentence_and_exit_code_1(error, monkeypatch, capsys):
    def broken(asked):
        raise error("too stiff; take smaller steps")

    monkeypatch.setattr(import_module("sciml_bench.command_line.show"), "answer", broken)
    assert main(["show", "anything"]) == 1
    assert capsys.readouterr().err == "error: too stiff; take smaller steps\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_verb_in_one_sentence(number, code, monkeypatch, capsys):
    earlier = {each: signal.getsignal(each) for each in SIGNALS}
    monkeypatch.setattr(sys, "argv", ["sciml-bench", "list"])

    def interrupted(_):
        assert signal.getsignal(number) != earlier[number]  # or the signal would end this process
        os.kill(os.getpid(), number)

    monkeypatch.setattr(import_module("sciml_bench.command_line.list"), "answer", interrupted)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        for each, handler in earlier.items():
            signal.signal(each, handler)
    assert ended.value.code == code
    assert capsys.readouterr().err == f"{TOLD}\n"
