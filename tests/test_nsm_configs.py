"""Every choice of train_nsm.py composes, can be built, and stops with one clear sentence."""

import inspect
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.data.views import FreshParameters
from sciml_bench.nsm.equations import Equation
from sciml_bench.training.script import composed, main

ROOT = Path(__file__).resolve().parents[1] / "conf" / "nsm"
QUICK = ["logger=none", "pde.test_resolutions=[8]", "pde.n_test=1", "pde.n_validation=1", "model.width=2"]


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / group).glob("*.yaml"))


def plain(config: Any) -> dict[str, Any]:
    assert not OmegaConf.missing_keys(config)
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def command_line(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The script in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["train_nsm.py", *arguments])
    try:
        main("nsm")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def built(config: dict[str, Any]) -> Any:
    equation = instantiate(config["pde"], role="pde")
    assert isinstance(equation, Equation)
    model = instantiate({**config["model"], "_partial_": True, "width": 2}, role="model")(equation)
    return instantiate({**config["training"], "_partial_": True}, role="training")(model, equation.sampling)


@pytest.mark.parametrize(
    ("group", "option"),
    [(group, option) for group in ("pde", "model", "training", "experiment") for option in options(group)],
)
def test_every_option_composes_and_what_it_names_can_be_built(group: str, option: str, tmp_path: Path) -> None:
    config = plain(composed("nsm", [f"{group}={option}"], tmp_path))
    assert config["trainer"]["max_steps"] > 0
    method = built(config)
    assert method.model.equation_basis.n_modes == tuple(config["model"]["modes"])


def test_the_issues_choices_are_there() -> None:
    assert {"poisson", "reaction_diffusion", "navier_stokes", "burgers"} <= set(options("pde"))
    assert {"nsm", "sno", "fno", "cno", "all_fourier"} <= set(options("model"))
    assert {"spectral", "grid", "supervised"} <= set(options("training"))


def test_the_settings_of_an_equation_give_way_to_what_a_person_asks_for(tmp_path: Path) -> None:
    wanted = ["pde=navier_stokes", "model.modes=[4,5,5]", "trainer.max_steps=7", "training.norm=l2"]
    config = plain(composed("nsm", wanted, tmp_path))
    assert config["model"]["modes"] == [4, 5, 5]
    assert config["trainer"]["max_steps"] == 7
    assert config["training"]["norm"] == "l2"
    assert built(config).norm.name == "l2"


def test_a_boundary_is_one_word(tmp_path: Path) -> None:
    config = plain(composed("nsm", ["pde=poisson", "pde.boundary=dirichlet"], tmp_path))
    method = built(config)
    assert [axis.kind for axis in method.equation.axes] == ["bounded", "bounded"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["model.modes=[16,17]"], "model.modes=[16, 17]: an even number of modes along x"),
        (["model.modes=[17,2]"], "2 modes along y"),
        (["model.modes=[17]"], "Poisson's equation has the axes (x, y)"),
        (["pde=reaction_diffusion", "pde.viscosity=0"], "pde.viscosity=0"),
        (["pde=navier_stokes", "pde.viscosity=-0.01"], "pde.viscosity=-0.01"),
        (["pde=burgers", "pde.parameter_modes=3"], "pde.parameter_modes=3"),
        (["pde.boundary=neumann"], "pde.boundary=neumann: choose one of dirichlet, periodic"),
        (["pde.length_scale=-0.2"], "pde.length_scale=-0.2"),
        (["pde.n_points=2"], "pde.n_points=2"),
        (["pde=navier_stokes", "pde.solver_step=-1"], "pde.solver_step=-1"),
        (["pde=navier_stokes", "pde.forcing=strong"], "pde.forcing=strong: give a finite real number"),
        (["pde=navier_stokes", "pde.forcing=null"], "pde.forcing=None: give a finite real number"),
        (["pde=burgers", "pde.viscosity=3e-4"], "pde.solver_resolution=256: at time"),
        (["pde.batch_size=0"], "pde.batch_size=0"),
        (["training.norm=chebyshev"], "training.norm=chebyshev"),
        (["training.norm=h1"], "training.norm=h1: choose one of"),
        (["schedule=linear"], "train_nsm.py has no schedule=linear"),
        (["training=grid", "training.differences=upwind"], "training.differences=upwind"),
        (["training=grid", "training.resolution=2"], "training.resolution=2"),
        (["model.activation=step"], "model.activation=step"),
        (["model.depth=0"], "model.depth=0"),
        (["model.output_scale=-1"], "model.output_scale=-1"),
        (["trainer.max_steps=0"], "trainer.max_steps=0: give a whole number"),
        (["training=adaptive"], "train_nsm.py has no training=adaptive"),
        (["model=graybox"], "train_node_homotopy.py"),
        (["pde=heat"], "train_nsm.py has no pde=heat; choose one of: burgers"),
        (["pde.viscocity=1"], "viscocity"),
    ],
)
def test_bad_input_stops_with_one_sentence(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, *arguments, *QUICK) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("error: ")
    assert says in said


PDES = options("pde")
BAD_VALUES = ("strong", "null", "true", "nan", "inf", "-1", "0")
ALLOWED = {"forcing": {"-1", "0"}, "test_seed": {"0"}}
NOT_ONE_VALUE = {"_target_", "cache", "test_resolutions"}
"""A folder and a list, which have tests of their own."""


@cache
def settings(pde: str) -> dict[str, Any]:
    return plain(composed("nsm", [f"pde={pde}"], Path("unused")))["pde"]


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
        assert isinstance(instantiate(settings(pde) | {key: int(typed)}, role="pde"), Equation)


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
    equation = instantiate(plain(composed("nsm", [*asked, "pde.test_resolutions=[8]"], tmp_path))["pde"], role="pde")
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
    identities = {pde: instantiate(settings(pde), role="pde").identity for pde in PDES}
    assert identities == {
        "burgers": "Burgers(viscosity=0.01, duration=1.0, length_scale=1.0, n_points=64, solver_resolution=256, "
        "solver_step=0.00390625)",
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
