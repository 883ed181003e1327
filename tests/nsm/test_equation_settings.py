"""Every setting of every parametric equation: a key that can be set, that is used, and that names itself when wrong."""

import inspect
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import scripts
from hydra.core.override_parser.overrides_parser import OverridesParser

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.data.views import FreshParameters
from sciml_bench.nsm.equations import Equation

PDES = [name for name in scripts.options("pde", "nsm") if name != "forced_navier_stokes"]
"""One of each class."""

BAD_VALUES = ("strong", "null", "true", "nan", "inf", "-1", "0")
ALLOWED = {"forcing": {"-1", "0"}, "test_seed": {"0"}, "fresh": {"true"}}
NOT_ONE_VALUE = {"_target_", "cache", "test_resolutions"}
"""A folder and a list, which have tests of their own."""


@cache
def settings(pde: str) -> dict[str, Any]:
    return scripts.settings("nsm", f"pde={pde}", folder=Path("unused"))["pde"]


@pytest.mark.parametrize(
    ("pde", "key"), [(pde, key) for pde in PDES for key in settings(pde) if key not in NOT_ONE_VALUE]
)
def test_every_setting_of_every_equation_names_itself_when_it_makes_no_sense(pde: str, key: str) -> None:
    for typed in BAD_VALUES:
        if typed in ALLOWED.get(key, ()):
            continue
        value = OverridesParser.create().parse_override(f"pde.{key}={typed}").value()
        with pytest.raises(ConfigurationError) as caught:
            instantiate(settings(pde) | {key: value}, role="pde")
        assert f"pde.{key}={value}: " in str(caught.value)


@pytest.mark.parametrize(("pde", "key"), [(pde, key) for pde in PDES for key in ALLOWED if key in settings(pde)])
def test_what_looks_unusual_may_make_sense(pde: str, key: str) -> None:
    for typed in ALLOWED[key]:
        value = OverridesParser.create().parse_override(f"pde.{key}={typed}").value()
        assert isinstance(instantiate(settings(pde) | {key: value}, role="pde"), Equation)


@pytest.mark.parametrize("pde", PDES)
def test_every_setting_of_an_equation_is_a_key_that_can_be_set(pde: str) -> None:
    equation = instantiate(settings(pde), role="pde")
    possible = {field.name for field in fields(equation.system)} | {
        name
        for kind in (type(equation), FreshParameters)
        for name, setting in inspect.signature(kind.__init__).parameters.items()
        if name not in ("self", "problem") and setting.kind is not setting.VAR_KEYWORD
    }
    if not equation.is_initial_value_problem:
        possible.remove("test_time_points")
    assert set(settings(pde)) - {"_target_"} == possible


@pytest.mark.parametrize("pde", PDES)
def test_reference_solutions_are_kept_in_the_folder_that_was_asked_for(pde: str, tmp_path: Path) -> None:
    asked = [f"pde={pde}", f"pde.cache={tmp_path / 'mine'}", "pde.n_test=1", "pde.n_validation=1"]
    config = scripts.settings("nsm", *asked, "pde.test_resolutions=[8]", folder=tmp_path)
    equation = instantiate(config["pde"], role="pde")
    equation.setup()
    assert len(list((tmp_path / "mine" / "reference_solutions").rglob("*.npz"))) == 2


@pytest.mark.parametrize("pde", PDES)
def test_room_for_rougher_fields_is_made_by_the_key_that_messages_name(pde: str) -> None:
    equation = instantiate(settings(pde), role="pde")
    key = equation.parameter_modes_setting.removeprefix("pde.")
    larger = instantiate(settings(pde) | {key: settings(pde)[key] + 4}, role="pde")
    assert larger.parameter_modes == tuple(n + 4 for n in equation.parameter_modes)


@pytest.mark.parametrize("pde", ["burgers", "reaction_diffusion", "navier_stokes"])
def test_the_reference_solver_has_the_points_and_the_steps_that_were_asked_for(pde: str) -> None:
    asked = {"solver_resolution": 96, "solver_step": 0.01, "length_scale": 1.5}
    system = instantiate(settings(pde) | asked, role="pde").system
    assert (system.solver_resolution, system.solver_step, system.length_scale) == tuple(asked.values())


def test_references_of_the_defaults_are_found_under_the_names_under_which_they_were_kept() -> None:
    identities = {pde: instantiate(settings(pde), role="pde").identity for pde in scripts.options("pde", "nsm")}
    assert identities == {
        "burgers": "Burgers(viscosity=0.01, duration=1.0, length_scale=1.0, n_points=64, solver_resolution=256, "
        "solver_step=0.00390625)",
        "forced_navier_stokes": "NavierStokesVorticity(viscosity=0.002, duration=50.0, forcing=0.1, length_scale=0.8, "
        "n_points=64, solver_resolution=64, solver_step=0.05)",
        "helmholtz": "Helmholtz(wave_number=4.0, length_scale=0.2, n_points=16)",
        "navier_stokes": "NavierStokesVorticity(viscosity=0.01, duration=3.0, forcing=0.0, length_scale=0.8, "
        "n_points=64, solver_resolution=64, solver_step=0.05)",
        "poisson": "Poisson(boundary='periodic', length_scale=0.2, n_points=16)",
        "reaction_diffusion": "ReactionDiffusion(viscosity=0.01, growth=5.0, length_scale=0.2, n_points=64, "
        "duration=1.0, solver_resolution=256, solver_step=0.00390625)",
    }


@pytest.mark.parametrize(
    ("pde", "rough", "remedy"),
    [
        ("poisson", {"length_scale": 0.01}, "more points with pde.n_points"),
        ("poisson", {"length_scale": 0.01, "boundary": "dirichlet"}, "more points with pde.n_points"),
        ("helmholtz", {"length_scale": 0.01}, "more points with pde.n_points"),
        ("burgers", {"length_scale": 0.01}, "give a larger one"),
        ("reaction_diffusion", {"length_scale": 1e-9}, "give a larger one"),
        ("navier_stokes", {"length_scale": 0.01}, "give a larger one"),
    ],
)
def test_fields_that_would_be_noise_on_their_points_are_refused(pde: str, rough: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"pde\.length_scale={rough['length_scale']}: \d+% of a") as caught:
        instantiate(settings(pde) | rough, role="pde")
    assert remedy in str(caught.value)


@pytest.mark.parametrize(("pde", "n_points"), [("poisson", 128), ("helmholtz", 128)])
def test_points_enough_make_any_length_scale_possible(pde: str, n_points: int) -> None:
    equation = instantiate(settings(pde) | {"length_scale": 0.02, "n_points": n_points}, role="pde")
    assert equation.draw_parameters(1, 0).shape == (1, n_points, n_points)
