"""The list is made of what is there: every configuration and every system, each with a sentence."""

import pytest

from sciml_bench import systems
from sciml_bench.command_line import main
from sciml_bench.command_line._docstrings import first_sentence


def listed(kind, capsys):
    assert main(["list", kind]) == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == kind
    return lines


@pytest.mark.parametrize(
    ("kind", "groups"), [("records", ("data", "pde")), ("models", ("model",)), ("trainings", ("training",))]
)
def test_every_choice_stands_there_with_the_sentence_on_which_it_opens(kind, groups, capsys, repository):
    lines = listed(kind, capsys)
    paths = [path for group in groups for path in (repository / "conf").glob(f"*/{group}/*.yaml")]
    expected = {f"{path.parent.name}={path.stem}" for path in paths if path.stem != "base"}
    choices = [next(word for word in line.split() if "=" in word) for line in lines]
    assert set(choices) == expected
    for line, choice in zip(lines, choices, strict=True):
        assert len(line.partition(choice)[2].split()) > 2, f"{choice}: its yaml needs a comment on its first line"


def test_a_record_is_listed_once_for_every_script_and_an_equation_with_its_own(capsys):
    (line,) = [line for line in listed("records", capsys) if "data=logistic_map" in line]
    assert line.partition("  data=")[0].strip() == "every script"
    assert "  The noisy logistic map, whose Koopman operator has rank 21 and a known spectrum" in line
    (line,) = [line for line in listed("records", capsys) if "pde=poisson" in line]
    assert line.partition("  pde=")[0].strip() == "train_nsm.py"


def test_every_system_that_can_be_simulated_is_listed(capsys):
    names = {line.split()[0] for line in listed("systems", capsys)}
    exported = {name: getattr(systems, name) for name in systems.__all__}
    concrete = {
        name
        for name, found in exported.items()
        if issubclass(found, systems.System) and not any(found in other.__bases__ for other in exported.values())
    }
    assert names == concrete
    (line,) = [line for line in listed("systems", capsys) if line.split()[0] == "Lorenz63"]
    assert line.split(maxsplit=1)[1] == "Chaos in three dimensions"


def test_without_a_kind_all_are_listed(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["records", "models", "trainings", "systems"]


def test_a_sentence_ends_at_its_full_stop_and_not_at_an_abbreviation():
    assert first_sentence("Two bodies.\nPervez et al., ICML.") == "Two bodies"
    assert first_sentence("Steps of .01, as in\n  Ko et al. (2023). More.") == "Steps of .01, as in Ko et al. (2023)"
    assert first_sentence("Without a stop") == "Without a stop"
