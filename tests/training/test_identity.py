import pytest

from sciml_bench.training.identity import (
    LONGEST_NAME,
    changed_evaluation,
    differing_keys,
    name_of_overrides,
    variants,
)


def test_the_order_of_a_commands_words_does_not_matter() -> None:
    words = ["data=lorenz63", "training.learning_rate=0.1", "data.lag=2", "seed=3"]
    assert name_of_overrides(words) == name_of_overrides(words[::-1]) == "data.lag=2,training.learning_rate=0.1"


@pytest.mark.parametrize(
    "word",
    [
        "seed=3",
        "force=true",
        "logger=wandb",
        "logger.offline=true",
        "data=lorenz63",
        "objective=loss",
        "trusted_packages=[mine]",
        "evaluation.n_bootstrap=7",
        "hydra.verbose=1",
    ],
)
def test_what_does_not_change_the_result_or_is_in_the_path_does_not_change_the_name(word: str) -> None:
    assert name_of_overrides([word]) == "defaults"
    assert name_of_overrides(["data.lag=2", word]) == "data.lag=2"


def test_every_other_word_changes_the_name() -> None:
    words = ["data.lag=2", "data.lag=3", "+data.lag=2", "trainer=cpu", "debug=fast", "seeds=3", "training.seed=1"]
    assert len({name_of_overrides([word]) for word in words} | {"defaults"}) == len(words) + 1


def test_names_are_safe_and_short_and_still_different() -> None:
    names = [
        name_of_overrides([f"data.path={path}"])
        for path in ("/a/b c", "/a/b_c", "/a/b/c", "a" * 300, "a" * 299 + "b", "../../etc", "*", "?")
    ]
    assert len(set(names)) == len(names)
    for name in names:
        assert len(name) <= LONGEST_NAME + 7
        assert not set(name) & set("/\\ *?<>|\"':")


def test_differences_are_shown_with_both_values_and_irrelevant_ones_are_passed_over() -> None:
    earlier = {"seed": 0, "data": {"lag": 1, "split": {"train": 0.6}}, "logger": {"name": "csv"}, "force": False}
    now = {
        "seed": 0,
        "data": {"lag": 2, "split": {"train": 0.6, "test": 0.4}},
        "logger": {"name": "none"},
        "force": True,
    }
    assert differing_keys(earlier, now) == ["data.lag was 1, now 2", "data.split.test was None, now 0.4"]
    assert differing_keys(earlier, earlier) == []


def test_another_ensemble_is_another_run() -> None:
    assert differing_keys({"ensemble": [1, 2]}, {"ensemble": [1, 3]}) == ["ensemble was [1, 2], now [1, 3]"]
    assert differing_keys({"seed": 0}, {"seed": 0, "ensemble": None, "evaluation": 5}) == []
    assert name_of_overrides(["ensemble=3"]) == "ensemble=3"
    assert name_of_overrides(["ensemble=[1,2]"]) != name_of_overrides(["ensemble=[1,3]"])


def test_a_value_that_became_a_group_differs() -> None:
    assert differing_keys({"augmentation": None}, {"augmentation": {"rotation": 1}})


def test_a_key_that_an_earlier_version_lacked_has_its_default() -> None:
    chosen = {"choices": {"data": "trajectories", "logger": "csv"}, "given": ["data=trajectories", "data.path=a.csv"]}
    earlier = {**chosen, "data": {"path": "a.csv"}, "evaluation": {"n": 1}}
    now = {
        **chosen,
        "data": {"path": "a.csv", "clocks": "alike"},
        "evaluation": {"n": 1, "band": 0.9},
        "scored_on": "x",
    }
    now["choices"] = {"data": "trajectories", "logger": "none", "callbacks": "new_group"}
    assert differing_keys(earlier, now) == []
    assert not changed_evaluation(earlier, now)
    assert changed_evaluation(earlier, now | {"evaluation": {"n": 2}})
    for typed in ("data.clocks=own", "++data.clocks=own"):
        asked = now | {"data": {"path": "a.csv", "clocks": "own"}, "given": [*now["given"], typed]}
        assert differing_keys(earlier, asked) == ["data.clocks was None, now 'own'"]
    assert changed_evaluation(earlier, now | {"given": [*now["given"], "evaluation.band=0.9"]})
    assert differing_keys(now, earlier) == ["data.clocks was 'alike', now None", "scored_on was 'x', now None"]
    other = now | {"choices": {"data": "trajectories_of_mine"}}
    assert "data.clocks was None, now 'alike'" in differing_keys(earlier, other)
    python = {key: value for key, value in now.items() if key != "given"}  # where nobody knows what was typed
    assert "data.clocks was None, now 'alike'" in differing_keys(earlier, python)


def test_what_a_command_changes_of_the_question_is_told_apart_from_what_it_changes_of_the_method() -> None:
    words = [
        "task=odebench",
        "+data.noise_std=0.1",
        "evaluation.horizon=5",
        "training.lag=2",
        "cpu_seconds=3",
        "seed=1",
    ]
    told = {
        "question_variant": "data.noise_std=0.1, evaluation.horizon=5",
        "method_variant": "cpu_seconds=3,training.lag=2",
    }
    assert variants(words) == told
    assert variants(["data.predictions=a.npz"], ["data.predictions"]) == {"method_variant": "data.predictions=a.npz"}
    assert variants(["seed=1", "force=true"]) == {}
