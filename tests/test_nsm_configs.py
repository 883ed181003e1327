"""Every choice of train_nsm.py composes, can be built, and stops with one clear sentence."""

import sys
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from sciml_bench.core.instantiate import instantiate
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
    equation = instantiate(config["pde"])
    assert isinstance(equation, Equation)
    model = instantiate({**config["model"], "_partial_": True, "width": 2})(equation)
    return instantiate({**config["training"], "_partial_": True})(model, equation)


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


def test_what_is_recommended_for_an_equation_gives_way_to_what_a_person_asks_for(tmp_path: Path) -> None:
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
        (["pde.boundary=neumann"], "boundary"),
        (["pde.batch_size=0"], "pde.batch_size=0"),
        (["training.norm=chebyshev"], "training.norm=chebyshev"),
        (["training.norm=h1"], "training.norm=h1: choose one of"),
        (["training.learning_rate_schedule=linear"], "training.learning_rate_schedule=linear"),
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
