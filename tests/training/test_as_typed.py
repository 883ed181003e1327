"""Refusals in a person's own words."""

import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError, LacksAbilityError
from sciml_bench.training.failures.as_typed import as_typed, origin

COMPOSED = OmegaConf.create(
    {
        "max_step": 2.0,
        "solver": {"max_step": "${max_step}", "rtol": 1e-7},
        "training": {"_target_": "sciml_bench.node.VanillaTraining", "solver": "${solver}"},
        "model": {"_target_": "sciml_bench.node.Blackbox"},
        "choices": {"model": "blackbox", "training": "vanilla"},
    }
)


def said(error: Exception, choices: dict[str, str] | None = None) -> str:
    plain = {**OmegaConf.to_container(COMPOSED, resolve=True)}  # type: ignore[dict-item]
    with pytest.raises(type(error)) as caught, as_typed({**plain, "choices": choices or plain["choices"]}, COMPOSED):
        raise error
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("training.solver.rtol", "solver.rtol"),
        ("training.solver.max_step", "max_step"),
        ("solver.max_step", "max_step"),
        ("solver.rtol", "solver.rtol"),
        ("data.path", "data.path"),
    ],
)
def test_a_copied_value_has_the_key_that_it_was_copied_from(key: str, typed: str) -> None:
    assert origin(key, COMPOSED) == typed
    assert said(ConfigurationError(f"{key}=0: give more")) == f"{typed}=0: give more"


def test_a_class_has_the_name_of_the_choice_that_stands_for_it() -> None:
    assert said(ConfigurationError("model=Blackbox suits no VanillaTraining.")) == (
        "model=blackbox suits no training=vanilla."
    )
    method = {"method": "homotopy_neural_ode", "task": "lorenz63_forecast"}
    assert said(DataError("VanillaTraining trains"), method) == "method=homotopy_neural_ode trains"
    in_a_path = "runs/Blackbox/x.csv, sciml_bench.node.Blackbox and 'Blackbox' are no choices"
    assert said(DataError(in_a_path)) == in_a_path


def test_who_lacks_an_ability_is_told_what_has_it() -> None:
    lacking = LacksAbilityError("FittedPersistence", "finds no equations", "sindy")
    assert said(lacking) == "model=blackbox finds no equations; choose another evaluation"
    assert said(LacksAbilityError("FittedPersistence", "finds no equations", "sindy"), {"method": "mean"}) == (
        "method=mean finds no equations; choose another method, such as method=sindy"
    )
