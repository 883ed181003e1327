"""Every yaml of conf composes, whatever it describes is built, every record goes with every script, and what is wrong
stops with one clear sentence."""

import json
import shutil
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from omegaconf import OmegaConf
from scripts import CONF, RECORDS, SCRIPTS, SMALL, TRAJECTORY_SCRIPTS, command_line, options, settings

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.core.method import DirectMethod
from sciml_bench.node import Evaluation
from sciml_bench.training import script as script_module
from sciml_bench.training.build import build, build_callbacks, build_evaluation, build_schedule
from sciml_bench.training.script import composed, main

PARTS = {"base", "gradient_steps"}
"""Of other trainings: they are no choices."""

OWN_GROUPS = ("pde", "model", "solver", "training", "evaluation", "schedule", "experiment", "debug")
SHARED_GROUPS = ("schedule", "logger", "callbacks", "trainer", "debug")
NEEDS_A_FILE = {"data.path", "data.topology", "data.trajectories"}
OWN_CHOICES = [
    (script, group, option)
    for script in SCRIPTS
    for group in OWN_GROUPS
    for option in options(group, script)
    if option not in PARTS
]
TRAININGS = [name for name in options("training", "koopman") if name not in PARTS]


def test_the_configurations_are_those_of_this_checkout() -> None:
    assert configuration_root() == CONF
    assert {path.name for path in CONF.iterdir()} == {*SCRIPTS, "shared", "baselines", "benchmark"}


# ---- every yaml composes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("script", "group", "option"), OWN_CHOICES)
def test_every_choice_composes_and_every_reference_in_it_is_resolved(
    script: str, group: str, option: str, tmp_path: Path
) -> None:
    of_cycles = ["model=discovery_network", "training=network"] if option == "cosine_cycles" else []
    config = composed(script, [f"{group}={option}", *of_cycles], tmp_path)
    assert OmegaConf.missing_keys(config) <= NEEDS_A_FILE
    OmegaConf.to_container(config, resolve=True)
    assert config.run_folder == str(tmp_path)
    assert config.choices[group] == option


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_shared_choice_composes_with_every_script(script: str, tmp_path: Path) -> None:
    choices = [[f"{group}={option}" for option in options(group, "shared")] for group in SHARED_GROUPS]
    for together in zip_longest(*choices):
        config = settings(script, *(choice for choice in together if choice), folder=tmp_path)
        build_schedule(config)
        build_callbacks(config)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_job_of_an_experiment_composes(script: str, tmp_path: Path) -> None:
    for experiment in options("experiment", script):
        hydra = OmegaConf.load(CONF / script / "experiment" / f"{experiment}.yaml").get("hydra", {})
        for key, choices in hydra.get("sweeper", {}).get("params", {}).items():
            for choice in str(choices).split(","):
                config = composed(script, [f"experiment={experiment}", f"{key}={choice}"], tmp_path)
                assert config.data._target_.startswith("sciml_bench.data.")


# ---- every record goes with every script ----------------------------------------------------------------------------


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_means_the_same_in_every_script_that_learns_from_trajectories(record: str, tmp_path: Path) -> None:
    said = {}
    for script in TRAJECTORY_SCRIPTS:
        config = composed(script, [f"data={record}"], tmp_path)
        assert OmegaConf.missing_keys(config) <= NEEDS_A_FILE
        assert config.choices.data == record
        OmegaConf.to_container(config, resolve=True)
        said[script] = OmegaConf.to_container(config.data)
    assert said["koopman"] == said["mechnn"] == said["node_homotopy"]
    own = yaml.safe_load((CONF / "shared" / "data" / f"{record}.yaml").read_text())
    own.pop("defaults", None)
    assert own.items() <= said["koopman"].items()  # no settings of record change what was observed


@pytest.mark.parametrize(("script", "record"), [("koopman", "prinz_potential"), ("mechnn", "kdv")])
def test_settings_of_an_evaluation_are_not_read_by_another(script: str, record: str, tmp_path: Path) -> None:
    config = composed(script, [f"data={record}", "evaluation=forecast"], tmp_path)
    assert list(config.evaluation) == ["_target_"]


def test_no_script_has_records_of_its_own() -> None:
    assert [script for script in SCRIPTS if (CONF / script / "data").exists()] == []


@pytest.mark.parametrize(
    ("script", "record", "fitting"),
    [
        ("koopman", "ordered_digits", {"model": "cnn", "training": "nested_lora"}),
        ("koopman", "ordered_mnist", {"model": "cnn"}),
        ("koopman", "lorenz63", {"model": "mlp"}),
        ("koopman", "two_body", {"model": "mlp", "training": "nested_lora"}),
        ("mechnn", "lorenz63", {"model": "polynomials", "training": "closed_form", "schedule": "constant"}),
        ("mechnn", "noisy_damped_sine", {"model": "learned_linear_ode", "evaluation": "smoothing"}),
        ("mechnn", "logistic_growth", {"model": "logistic_network", "schedule": "cosine", "evaluation": "parameters"}),
        ("mechnn", "two_body", {"model": "interaction", "training": "sequence", "evaluation": "rollouts"}),
        ("mechnn", "ephemeris", {"model": "sun_centred_interaction", "schedule": "warm_cosine"}),
        ("mechnn", "kdv", {"model": "block_resnet"}),
        ("node_homotopy", "lorenz63", {"model": "blackbox", "training": "homotopy"}),
    ],
)
def test_a_record_alone_picks_what_suits_it(script: str, record: str, fitting: dict[str, str], tmp_path: Path) -> None:
    choices = composed(script, [f"data={record}"], tmp_path).choices
    assert {group: choices[group] for group in fitting} == fitting


@pytest.mark.parametrize(
    ("overrides", "chosen"),
    [
        (["data=two_body", "model=polynomials"], {"model": "polynomials", "training": "sequence"}),
        (["data=two_body", "training=closed_form"], {"training": "closed_form", "evaluation": "equations"}),
        (["data=kdv", "training=closed_form", "schedule=plateau"], {"schedule": "plateau"}),
    ],
)
def test_what_is_chosen_wins_over_what_suits_a_record(
    overrides: list[str], chosen: dict[str, str], tmp_path: Path
) -> None:
    choices = composed("mechnn", overrides, tmp_path).choices
    assert {group: choices[group] for group in chosen} == chosen


# ---- settings of record ---------------------------------------------------------------------------------------------

FITS = {"linear_ridge": "closed_form", "classifier_features": "closed_form"}
"""What `fitting.fit` of train_koopman.py calls its trainings; the others are `gradient_steps`."""


def layers_of(script: str, record: str, model: str, training: str) -> list[tuple[str, str]]:
    """The settings that a combination reads, from the general to the special, with their place in the configuration."""
    if script == "koopman":
        fit = FITS.get(training, "gradient_steps")
        scored = (f"{record}_operator", "evaluation")
        return [(record, ""), (f"{record}_{model}", ""), (f"{record}_{fit}", "training"), scored]
    rollouts = [(f"{record}_rollouts", "evaluation")] if training == "sequence" else []
    special = {
        "mechnn": [(f"{record}_{model}", ""), (f"{record}_{training}", "training"), *rollouts],
        "node_homotopy": [(f"{record}_{model}", ""), (f"{record}_{model}_{training}", "training")],
        "nsm": [(f"{record}_{training}", "training")],
    }
    return [(record, ""), *special[script]]


def leaves(node: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(node, dict):
        return {key: node}
    joined = [leaves(part, f"{key}.{name}" if key else name) for name, part in node.items()]
    return {name: value for part in joined for name, value in part.items()}


def combinations(script: str) -> list[tuple[str, str, str]]:
    models, trainings = options("model", script), sorted(set(options("training", script)) - PARTS)
    records = options("pde", "nsm") if script == "nsm" else RECORDS
    return [(record, model, training) for record in records for model in models for training in trainings]


SETTINGS = [(script, name) for script in SCRIPTS for name in options("settings", script)]


@pytest.mark.parametrize(("script", "name"), SETTINGS)
def test_settings_of_record_are_read_where_their_name_says_and_give_way_to_more_special_ones(
    script: str, name: str, tmp_path: Path
) -> None:
    reading = [combination for combination in combinations(script) if name in dict(layers_of(script, *combination))]
    assert reading, f"no combination reads {name}.yaml"
    record, model, training = reading[0]
    group = "pde" if script == "nsm" else "data"
    config = composed(script, [f"{group}={record}", f"model={model}", f"training={training}"], tmp_path)
    expected: dict[str, Any] = {}
    for layer, place in layers_of(script, *reading[0]):
        path = CONF / script / "settings" / f"{layer}.yaml"
        if path.exists():
            expected |= leaves(yaml.safe_load(path.read_text()), place)
    assert expected
    assert {key: OmegaConf.select(config, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("script", "overrides", "expected"),
    [
        ("koopman", ["data=lorenz63"], {"view.lag": 2, "view.standardize": True, "learning_rate": 5e-3}),
        ("koopman", ["data=lorenz63", "training.view.lag=7", "training.learning_rate=0.5"],
         {"view.lag": 7, "view.standardize": True, "learning_rate": 0.5}),
        ("koopman", ["data=ordered_digits"], {"augmentation._target_": "sciml_bench.networks.RandomAffine"}),
        ("mechnn", ["data=two_body"], {"view.n_inputs": 50, "n_epochs": 16}),
        ("mechnn", ["data=two_body", "training.view.n_inputs=20"], {"view.n_inputs": 20, "n_epochs": 16}),
        ("node_homotopy", [], {"learning_rate": 0.05, "initial_state": "exact", "smoothing": 1e-3}),
        ("node_homotopy", ["data=double_pendulum", "model=second_order", "training=vanilla"],
         {"learning_rate": 0.05, "smoothing": 0.0}),
        ("node_homotopy", ["data=double_pendulum", "training=multiple_shooting"],
         {"learning_rate": 0.02, "continuity_weight": 0.002}),
        ("node_homotopy", ["data=lorenz63_ko2023", "training=vanilla"], {"learning_rate": 0.005, "n_epochs": 4000}),
        ("node_homotopy", ["training.learning_rate=0.3"], {"learning_rate": 0.3}),
        # a record for which no script has settings: those of the training alone
        ("node_homotopy", ["data=van_der_pol"], {"learning_rate": 0.02, "initial_state": "given", "smoothing": "gcv"}),
        ("node_homotopy", ["data=kdv"], {"view.rows_per_piece": 20, "view.n_pieces": 32, "smoothing": 0.0}),
        ("node_homotopy", ["data=logistic_growth"], {"view.rows_per_piece": None, "view.n_pieces": 250}),
        ("node_homotopy", ["data=lorenz63"], {"view.rows_per_piece": None, "view.n_pieces": None}),
        ("nsm", [], {"norm": "hminus1", "learning_rate": 3e-3}),
        ("nsm", ["pde=burgers", "training.norm=l2"], {"norm": "l2"}),
        ("nsm", ["pde=navier_stokes"], {"norm": "l2"}),
        ("koopman", ["data=van_der_pol"], {"view.lag": 1, "view.standardize": False, "learning_rate": 5e-3}),
    ],
)  # fmt: skip
def test_what_is_typed_wins_over_settings_of_record_and_missing_ones_are_skipped(
    script: str, overrides: list[str], expected: dict[str, Any], tmp_path: Path
) -> None:
    training = composed(script, overrides, tmp_path).training
    assert {key: OmegaConf.select(training, key) for key in expected} == expected


def test_settings_of_gradient_steps_are_not_read_by_what_takes_none(tmp_path: Path) -> None:
    assert "learning_rate" not in composed("koopman", ["training=linear_ridge"], tmp_path).training


def test_a_random_record_of_any_length_is_learned_from_and_scored_in_short_pieces(tmp_path: Path) -> None:
    # a spline through every piece, smoothed as far as cross-validation says, takes ten seconds
    config = settings("node_homotopy", "data=linear_gaussian", "training.smoothing=0.0", folder=tmp_path)
    _, method = build(config)
    assert method.view.train.states.shape == (500, 20, 2)
    assert build_evaluation(config) == Evaluation(rows_per_piece=20, n_pieces=500)


# ---- every choice is built ------------------------------------------------------------------------------------------

NOT_AT_HAND = ("trajectories", "ordered_mnist", "double_pendulum_real", "ctf_lorenz")
NOT_AT_HAND += ("molecular", "alanine_dipeptide", "chignolin")
OF_KOOPMAN = [name for name in options("settings", "koopman") if name in RECORDS and name not in NOT_AT_HAND]


@pytest.mark.parametrize("record", OF_KOOPMAN)
def test_a_koopman_model_fits_the_record_that_its_settings_are_made_for(record: str, tmp_path: Path) -> None:
    config = settings("koopman", f"data={record}", *SMALL.get(record, []), folder=tmp_path)
    _, method = build(config)
    if isinstance(method, DirectMethod):  # on features that need no training
        return
    now, later = next(iter(method.view.train_loader()))
    f, g = method.model(now, later)
    assert f.shape == g.shape == (config["training"]["view"]["batch_size"], config["model"]["n_modes"])
    assert np.isfinite(float(method.pair_loss(now, later)))


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("model", options("model", "koopman"))
def test_every_koopman_training_goes_with_every_model(training: str, model: str, tmp_path: Path) -> None:
    sizes = {"cnn": ["channels=[4,8]"], "mlp": ["hidden=[16]"], "schnet": ["n_features=8", "n_interactions=1"]}
    encoder = [f"model.encoder.{size}" for size in sizes[model]]
    record = ["data.image_size=8"]
    if model == "schnet":
        if training in ("classifier_features", "polynomial_regression"):
            pytest.skip("molecules have no labels, and polynomials are of scaled states")
        pytest.importorskip("openmm", reason="needs the extra `molecules`")
        record = ["data=alanine_dipeptide", *SMALL["alanine_dipeptide"], "training.view.batch_size=16"]
        record += ["data.features=positions", "data.atoms='element C'"]
    wanted = [f"training={training}", f"model={model}", *record, *encoder]
    wanted += ["training.degree=1"] if training == "polynomial_regression" else []  # 64 pixels have many products
    if training == "generator":  # of pictures it would take the derivative by every pixel
        with pytest.raises(ConfigurationError, match="training=generator needs vectors"):
            build(settings("koopman", *wanted, folder=tmp_path))
        return
    _, method = build(settings("koopman", *wanted, folder=tmp_path))
    if hasattr(method, "pair_loss"):
        loss = method.loss(next(iter(method.view.train_loader())))
        loss.backward()
        assert np.isfinite(float(loss.detach()))
        assert any(parameter.grad is not None for parameter in method.model.parameters())


OF_THE_PAPER = {"lotka_volterra_ko2023": 2, "lorenz63_ko2023": 3, "double_pendulum": 4}


@pytest.mark.parametrize("record", OF_THE_PAPER)
@pytest.mark.parametrize("model", options("model", "node_homotopy"))
@pytest.mark.parametrize("training", sorted(set(options("training", "node_homotopy")) - PARTS))
def test_every_neural_ode_of_the_paper_is_built(record: str, model: str, training: str, tmp_path: Path) -> None:
    config = settings("node_homotopy", f"data={record}", f"model={model}", f"training={training}", folder=tmp_path)
    dim = OF_THE_PAPER[record]
    if (model == "second_order" and dim % 2) or (model == "lotka_graybox" and dim != 2):
        with pytest.raises(ConfigurationError, match=f"model={model}"):
            build(config)
        return
    built, method = build(config)
    assert built.spec.dim == method.batch.states.shape[-1] == dim
    assert sum(built.splits["train"].lengths) > 30
    assert method.planned_epochs == config["training"].get("n_epochs", method.planned_epochs)


def test_the_command_of_the_issue_has_its_number_of_nodes(tmp_path: Path) -> None:
    wanted = ["data=lotka_volterra_ko2023", "training=homotopy", "model=lotka_graybox", "model.nodes_per_layer=10"]
    _, method = build(settings("node_homotopy", *wanted, folder=tmp_path))
    assert method.model.network.layers.weights[0].shape == (1, 2, 10)


FEW_STEPS = "training.validation_steps=10"
FIELDS = ["data=kdv", *SMALL["kdv"], FEW_STEPS, "model.width=4", "training.view.windows_per_epoch=16"]
SHORT_LORENZ = ["data=lorenz63_pervez2024", *SMALL["lorenz63_pervez2024"]]
POPULATIONS = ["data=logistic_growth", *SMALL["logistic_growth"], "training.view.batch_size=8"]
MECHANISTIC = {
    "polynomials": [*SHORT_LORENZ, "training=closed_form"],
    "polynomials_and_sines": [*SHORT_LORENZ, "training=closed_form"],
    "rational": [*SHORT_LORENZ, "training=closed_form"],
    "library_choice": [*SHORT_LORENZ, "training=held_out_choice"],
    "discovery_network": [*SHORT_LORENZ, "training=network"],
    "learned_linear_ode": ["data=noisy_damped_sine"],
    "logistic_network": POPULATIONS,
    "block_resnet": FIELDS,
    "resnet": FIELDS,
    "interaction": ["data=two_body", *SMALL["two_body"], FEW_STEPS],
    "field_terms": ["data=kuramoto_sivashinsky", "data.n_steps=60", "training=field_law"],
    "sun_centred_interaction": ["data=ephemeris", *SMALL["ephemeris"], FEW_STEPS],
}


@pytest.mark.parametrize("model", options("model", "mechnn"))
def test_every_mechanistic_model_is_built_with_its_training(model: str, tmp_path: Path) -> None:
    config = settings("mechnn", f"model={model}", *MECHANISTIC[model], folder=tmp_path)
    record, method = build(config)
    assert record.splits["train"].n_trajectories >= 1
    assert config["training"]["_target_"].endswith(f".{type(method).__name__}")


def test_every_mechanistic_training_is_among_those_that_are_built(tmp_path: Path) -> None:
    chosen = {composed("mechnn", MECHANISTIC[model], tmp_path).choices.training for model in MECHANISTIC}
    assert chosen | {"logistic_closed_form"} == set(options("training", "mechnn"))
    _, method = build(settings("mechnn", *POPULATIONS[:-1], "training=logistic_closed_form", folder=tmp_path))
    assert type(method).__name__ == "LogisticClosedForm"


@pytest.mark.parametrize(("training", "model"), [("closed_form", "discovery_network"), ("network", "polynomials")])
def test_a_training_says_which_model_it_needs(training: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model="):
        build(settings("mechnn", f"training={training}", f"model={model}", *SHORT_LORENZ, folder=tmp_path))


OPERATORS = [("nsm", group, option) for group in ("pde", "model", "training", "experiment")
             for option in options(group, "nsm")]  # fmt: skip


@pytest.mark.parametrize(("script", "group", "option"), OPERATORS)
def test_every_operator_is_built(script: str, group: str, option: str, tmp_path: Path) -> None:
    learns = ["training=supervised"] if option == "library_fno" else []  # from solutions alone
    config = settings(script, f"{group}={option}", *learns, folder=tmp_path)
    assert config["trainer"]["max_steps"] > 0
    assert built_operator(config).model.equation_basis.n_modes == tuple(config["model"]["modes"])


def built_operator(config: dict[str, Any]) -> Any:
    """As `build` does, but without reference solutions and small."""
    equation = instantiate(config["pde"], role="pde")
    model = instantiate({**config["model"], "_partial_": True, "width": 2}, role="model")(equation)
    return instantiate({**config["training"], "_partial_": True}, role="training")(model, equation.sampling)


def test_the_settings_of_an_equation_give_way_to_what_a_person_asks_for(tmp_path: Path) -> None:
    wanted = ["pde=navier_stokes", "model.modes=[4,5,5]", "trainer.max_steps=7", "training.norm=l2"]
    config = settings("nsm", *wanted, folder=tmp_path)
    assert config["model"]["modes"] == [4, 5, 5]
    assert config["trainer"]["max_steps"] == 7
    assert config["training"]["norm"] == "l2"
    assert built_operator(config).norm.name == "l2"


def test_the_choices_of_the_paper_are_there() -> None:
    assert {"poisson", "reaction_diffusion", "navier_stokes", "burgers"} <= set(options("pde", "nsm"))
    assert {"nsm", "sno", "fno", "cno", "all_fourier"} <= set(options("model", "nsm"))
    assert {"spectral", "grid", "supervised"} <= set(options("training", "nsm"))


def test_a_boundary_is_one_word(tmp_path: Path) -> None:
    method = built_operator(settings("nsm", "pde=poisson", "pde.boundary=dirichlet", folder=tmp_path))
    assert [axis.kind for axis in method.equation.axes] == ["bounded", "bounded"]


@pytest.mark.parametrize(("script", "option"), [(s, o) for s in SCRIPTS for o in options("evaluation", s)])
def test_every_evaluation_is_built(script: str, option: str, tmp_path: Path) -> None:
    assert callable(build_evaluation(settings(script, f"evaluation={option}", folder=tmp_path)))


def test_the_sweep_of_table_5_has_all_its_columns_and_methods() -> None:
    sweep = OmegaConf.load(CONF / "node_homotopy" / "experiment" / "table5.yaml")
    columns = sweep.hydra.sweeper.params["+experiment/table5"].split(",")
    assert columns == [
        "lotka_volterra_blackbox",
        "lotka_volterra_graybox",
        "double_pendulum_blackbox",
        "double_pendulum_second_order",
        "lorenz_blackbox",
    ]
    assert set(columns) == set(options("experiment/table5", "node_homotopy"))
    assert sweep.hydra.sweeper.params.training == "vanilla,multiple_shooting,homotopy"
    assert list(sweep.ensemble) == [10, 20, 30]


# ---- mistakes -------------------------------------------------------------------------------------------------------

QUICK = {
    "koopman": ["data=logistic_map", "model=mlp", "data.n_steps=2000", "trainer.max_epochs=0"],
    "mechnn": [*SHORT_LORENZ],
    "node_homotopy": ["trainer.max_epochs=2"],
    "nsm": ["pde.test_resolutions=[8]", "pde.n_test=1", "pde.n_validation=1", "model.width=2"],
}
MISTAKES = [
    ("koopman", "trainer.max_epoch=3", "'trainer.max_epoch'", "did you mean trainer.max_epochs?"),
    ("koopman", "sead=3", "'sead'", "did you mean seed?"),
    ("koopman", "training.loss.schatten_norm=1", "'training.loss.schatten_norm'"),
    ("koopman", "data=logistic_mapp", "data=logistic_mapp", "did you mean data=logistic_map?", "lorenz63"),
    ("koopman", "modle=mlp", "modle"),
    ("koopman", "training=nested_lra", "did you mean training=nested_lora?"),
    ("koopman", "trainer=cpuu", "did you mean trainer=cpu?"),
    ("koopman", "logger=wandbb", "did you mean logger=wandb?"),
    ("koopman", "debug=fst", "debug=fst"),
    ("koopman", "experiment=logistic", "experiment=logistic", "logistic_map"),
    ("koopman", "data.n_steps=[1", "data.n_steps"),
    ("koopman", "model=polynomials", "model=polynomials belongs to train_mechnn.py, not to train_koopman.py", "mlp"),
    ("mechnn", "training.threshold=0", "training.threshold"),
    ("mechnn", "training.threshold=1000", "training.threshold=1000: give a part of the derivative, less than 1"),
    ("mechnn", "training.taylor_order=0", "training.taylor_order"),
    ("mechnn", "training.refinement=maybe", "training.refinement"),
    ("mechnn", "model.degree=9", "model.degree"),
    ("mechnn", "model.frequencies=-1", "model.frequencies"),
    ("mechnn", "data=trajectories data.path=nowhere.csv", "nowhere.csv"),
    ("mechnn", "training=homotopy", "train_node_homotopy.py"),
    ("mechnn", "model=polynomial", "did you mean model=polynomials"),
    ("node_homotopy", "training.coupling_schedule.decay=0", "training.coupling_schedule.decay"),
    ("node_homotopy", "training.coupling_schedule.n_steps=1", "training.coupling_schedule.n_steps"),
    ("node_homotopy", "training.coupling_strength=-1", "training.coupling_strength"),
    ("node_homotopy", "training=multiple_shooting training.n_segments=0", "training.n_segments"),
    ("node_homotopy", "training=multiple_shooting training.n_segments=61", "training.n_segments"),
    ("node_homotopy", "data=lorenz63_ko2023 model=lotka_graybox", "model=lotka_graybox"),
    ("node_homotopy", "data=double_pendulum_real data.path=nowhere.txt", "nowhere.txt"),
    ("node_homotopy", "model.nodes_per_layer=0", "model.nodes_per_layer"),
    ("node_homotopy", "solver=adaptive solver.method=euler", "solver.method"),
    ("node_homotopy", "solver.max_step=0", "solver.max_step"),
    ("node_homotopy", "training.smoothing=-1", "training.smoothing"),
    ("node_homotopy", "training=vamp", "train_koopman.py"),
    ("node_homotopy", "solver=compield", "did you mean solver=compiled"),
    ("nsm", "model.modes=[16,17]", "model.modes=[16, 17]: an even number of modes along x"),
    ("nsm", "model.modes=[17,2]", "2 modes along y"),
    ("nsm", "model.modes=[17]", "Poisson's equation has the axes (x, y)"),
    ("nsm", "pde=reaction_diffusion pde.viscosity=0", "pde.viscosity=0"),
    ("nsm", "pde=navier_stokes pde.viscosity=-0.01", "pde.viscosity=-0.01"),
    ("nsm", "pde=burgers pde.parameter_modes=3", "pde.parameter_modes=3"),
    ("nsm", "pde.boundary=neumann", "pde.boundary=neumann: choose one of dirichlet, periodic"),
    ("nsm", "pde.length_scale=-0.2", "pde.length_scale=-0.2"),
    ("nsm", "pde.n_points=2", "pde.n_points=2"),
    ("nsm", "pde=navier_stokes pde.solver_step=-1", "pde.solver_step=-1"),
    ("nsm", "pde=navier_stokes pde.forcing=strong", "pde.forcing=strong: give a finite real number"),
    ("nsm", "pde=navier_stokes pde.forcing=null", "pde.forcing=null: give a finite real number"),
    ("nsm", "pde=burgers pde.viscosity=3e-4", "pde.solver_resolution=256: at time"),
    ("nsm", "pde.batch_size=0", "pde.batch_size=0"),
    ("nsm", "training.norm=chebyshev", "training.norm=chebyshev"),
    ("nsm", "training.norm=h1", "training.norm=h1: choose one of"),
    ("nsm", "schedule=linear", "train_nsm.py has no schedule=linear"),
    ("nsm", "training=grid training.differences=upwind", "training.differences=upwind"),
    ("nsm", "training=grid training.resolution=2", "training.resolution=2"),
    ("nsm", "model.activation=step", "model.activation=step"),
    ("nsm", "model.depth=0", "model.depth=0"),
    ("nsm", "model.output_scale=-1", "model.output_scale=-1"),
    ("nsm", "trainer.max_steps=0", "trainer.max_steps=0: give a whole number"),
    ("nsm", "training=adaptive", "train_nsm.py has no training=adaptive"),
    ("nsm", "model=graybox", "train_node_homotopy.py"),
    ("nsm", "pde=heat", "train_nsm.py has no pde=heat; choose one of: burgers"),
    ("nsm", "pde.viscocity=1", "viscocity"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: " ".join(mistake[:2]))
def test_a_mistake_stops_the_script_with_one_clear_sentence_before_training(
    mistake: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script, words, *expected = mistake
    monkeypatch.chdir(tmp_path)
    replaced = {word.partition("=")[0] for word in words.split()}
    quick = [word for word in QUICK[script] if word.partition("=")[0] not in replaced]
    quiet = [] if "logger" in replaced else ["logger=none"]
    if "data" in replaced:
        quick = [word for word in quick if not word.startswith("data.")]
    assert command_line(monkeypatch, script, *quick, *words.split(), *quiet) == 1
    errors = [line for line in capfd.readouterr().err.splitlines() if line]
    assert errors[-1].startswith("error: ")
    assert [line for line in errors if "Traceback" in line] == []
    assert all(part in errors[-1] for part in expected), errors[-1]
    assert not list(tmp_path.rglob("last.ckpt"))


def test_a_mistake_in_a_sweep_stops_it_before_its_first_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, "koopman", "--multirun", "data=logistic_map,lorenz64", "model=mlp") == 1
    assert "did you mean data=lorenz63?" in capfd.readouterr().err
    assert not list(tmp_path.rglob("record.json"))


def test_a_choice_of_a_persons_own_paradigm_is_named_with_its_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(CONF, tmp_path / "conf")
    other = tmp_path / "conf" / "reservoir" / "training" / "echo_state.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("_target_: sciml_bench.node.Homotopy\n")
    monkeypatch.setattr(script_module, "configuration_root", lambda: tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    assert command_line(monkeypatch, "koopman", "training=echo_state") == 1
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line]
    assert "training=echo_state belongs to train_reservoir.py, not to train_koopman.py" in line
    assert "nested_lora" in line


def test_the_traceback_is_there_for_those_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    arguments = ["train_koopman.py", "data=logistic_map", f"hydra.run.dir={tmp_path}", "seed=-1"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(ConfigurationError, match="seed=-1"):
        main("koopman")


def test_the_same_command_always_means_the_same_folder_and_another_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = [word for word in QUICK["koopman"] if not word.startswith("trainer.")]
    stopped = [*small, "training.view.batch_size=3", "logger=none"]  # too small for the modes: before training
    for words in (["seed=1"], ["seed=1", "logger=csv"], ["seed=2"], ["training.view.lag=2"]):
        assert command_line(monkeypatch, "koopman", *stopped, *words) == 1
    folders = sorted(str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("record.json"))
    assert len(folders) == 3
    assert all(folder.startswith("outputs/train_koopman/logistic_map/mlp/nested_lora/") for folder in folders)
    assert [folder.rpartition("/")[2] for folder in folders].count("seed=1") == 1
    assert all(json.loads((tmp_path / folder / "record.json").read_text())["data"] == "logistic_map"
               for folder in folders)  # fmt: skip
