"""The table of bad input: what somebody types, the exit code, and the words that the one sentence must hold."""

from dataclasses import dataclass, replace
from itertools import count, cycle, islice

from scripts import SMALL

COUNT = ("nan", "-1", "0", "1.5", "abc", "[1]", "true", "null", "inf")
"""What is no whole number of at least 1."""
POSITIVE = ("nan", "inf", "-1", "0", "abc", "[1]", "true", "null")
"""What is no number greater than 0."""
NOT_NEGATIVE = ("nan", "inf", "-0.5", "abc", "[1]", "true", "null")
"""What is no number of at least 0."""
WORD = ("wrong", "1.5", "[a]", "''", "true", "null")
"""What is none of a few words."""
SWITCH = ("maybe", "no", "1", "null", "[true]")
"""What is neither true nor false."""

PROCESS = ("data=ornstein_uhlenbeck", "data.n_steps=600", "model.n_modes=3", "training.view.batch_size=64")
DIGITS = ("data=ordered_digits", "data.image_size=8", "model.encoder.channels=[4,8]")
FIELD = ("training=vanilla",)
LORENZ = ("data=lorenz63_pervez2024", *SMALL["lorenz63_pervez2024"])
BODIES = ("data=two_body", *SMALL["two_body"])
GROWTH = ("data=logistic_growth", *SMALL["logistic_growth"])
POISSON = ("pde.batch_size=2", "pde.steps_per_epoch=2", "pde.n_validation=2", "pde.n_test=2")
POISSON += ("pde.test_resolutions=[16]", "model.modes=[5,5]", "model.width=4")
FILES = ("data=trajectories", "training.view.batch_size=16")


@dataclass(frozen=True)
class Row:
    """One command.

    Args:
        script: koopman, mechnn, node_homotopy, nsm or benchmark; or `verb`, for `sciml-bench`.
        words: what is typed.
        parts: what the sentence must hold.
        code: the exit code.
        slow: whether another value of the same key is tried in its place where time is short.
    """

    script: str
    words: tuple[str, ...]
    parts: tuple[str, ...]
    code: int = 1
    slow: bool = False

    def __str__(self) -> str:
        return f"{self.script} {' '.join(self.words[-2:])}"


def row(script: str, *words: str, says: str | tuple[str, ...] = (), code: int = 1) -> Row:
    return Row(script, words, (says,) if isinstance(says, str) else says, code)


# ---- numbers, words and switches ------------------------------------------------------------------------------------

KINDS = {
    ("koopman", PROCESS): {
        COUNT: (
            "data.n_steps data.n_trajectories model.n_modes training.view.lag training.view.batch_size "
            "evaluation.forecast_steps evaluation.leading_eigenvalues evaluation.n_bootstrap"
        ),
        POSITIVE: "data.system.relaxation_rate data.system.noise_strength training.learning_rate schedule.rise",
        NOT_NEGATIVE: "training.weight_decay training.loss.regularization training.operator.tikhonov_regularization",
        WORD: "model.lagged model.normalization training.loss.nesting training.operator.method data.split_by",
        SWITCH: "model.center model.sinusoidal training.view.standardize force continue_schedule",
    },
    ("koopman", DIGITS): {
        COUNT: "data.n_digits data.image_size",
        NOT_NEGATIVE: "training.augmentation.rotation model.encoder.dropout",
        WORD: "model.encoder.activation",
        SWITCH: "model.encoder.batch_norm",
    },
    ("node_homotopy", FIELD): {
        COUNT: "training.n_epochs model.hidden_layers model.nodes_per_layer trainer.max_epochs trainer.threads",
        POSITIVE: "training.learning_rate data.time_step data.system.prey_growth trainer.gradient_clip_val max_step",
        NOT_NEGATIVE: "training.weight_decay trainer.early_stopping.min_delta trainer.seconds_between_checkpoints",
        WORD: "training.initial_state training.forecast_start training.smoothing model.activation model.dtype",
        SWITCH: "trainer.detect_anomaly data.noise_on_first_row",
    },
    ("node_homotopy", ()): {
        COUNT: "training.coupling_schedule.n_steps training.coupling_schedule.epochs_per_step",
        POSITIVE: "training.coupling_schedule.decay training.coupling_strength",
    },
    ("node_homotopy", (*FIELD, "solver=adaptive")): {
        POSITIVE: "solver.rtol solver.atol",
        WORD: "solver.method solver.gradient",
    },
    ("mechnn", LORENZ): {
        COUNT: "training.taylor_order training.window",
        POSITIVE: "training.threshold training.significance training.one_step_tolerance",
        WORD: "training.smoothing training.refinement",
    },
    ("mechnn", BODIES): {
        COUNT: "data.n_states training.view.n_inputs training.view.n_outputs training.view.batch_size model.n_solves",
        POSITIVE: "data.system.gravity model.initial_mass_ratio model.step_size",
        WORD: "model.network model.coefficients model.steps model.solver training.loss training.view.dtype",
    },
    ("mechnn", GROWTH): {
        COUNT: "data.n_times model.channels training.n_epochs",
        POSITIVE: "data.end_time training.learning_rate",
    },
    ("nsm", POISSON): {
        COUNT: "pde.batch_size pde.n_test pde.steps_per_epoch model.width model.depth",
        POSITIVE: "pde.length_scale training.learning_rate model.output_scale",
        WORD: "pde.boundary training.norm model.kernel model.coordinates model.basis",
        SWITCH: "pde.fresh",
    },
}
"""What is asked for under a key of a command."""

ALLOWED = {
    ("trainer.max_epochs", "null"),
    ("trainer.threads", "null"),
    ("trainer.gradient_clip_val", "null"),
    ("max_step", "null"),
    ("training.coupling_strength", "[1]"),  # one number for all
}
"""What means something there."""


def of_kinds(per_key: int = 2) -> list[Row]:
    """Some wrong values for every key, others from key to key; the quick tests try one value of two keys in five."""
    places = count()
    rows, turns = [], {kind: cycle(kind) for kind in (COUNT, POSITIVE, NOT_NEGATIVE, WORD, SWITCH)}
    for (script, words), kinds in KINDS.items():
        for kind, keys in kinds.items():
            for key in keys.split():
                left_out = next(places) % 5 < 3
                for number, value in enumerate(islice(turns[kind], per_key)):
                    if (key, value) not in ALLOWED:
                        made = row(script, *words, f"{key}={value}", says=key)
                        rows.append(replace(made, slow=left_out or number > 0))
    return rows


# ---- what a run needs, and what nothing reads -----------------------------------------------------------------------


def of_runs() -> list[Row]:
    rows = [row("node_homotopy", *FIELD, word, says=word.split("=")[0].lstrip("+~")) for word in ONE_WORD]
    return rows + [row("node_homotopy", *FIELD, *words.split(), says=says) for words, says in SAID.items()]


ONE_WORD = (
    *("seed=-1", "seed=1.5", "seed=many", "seed=null", "ensemble=0", "ensemble=-1", "ensemble=1.5", "ensemble=[]"),
    *("ensemble=[1,1]", "ensemble=[a]", "ensemble=few", "objective=wrong", "objective=3", "trusted_packages=mine"),
    *("trusted_packages=[1]", "extend=nowhere", "extend=3", "hydra.run.dir=''", "model=null", "training=null"),
    *("trainer.max_epochs=-5", "trainer.max_epochs=many", "trainer.max_steps=0", "trainer.max_steps=-2"),
    *("trainer.gradient_clip_val=-1", "trainer.gradient_clip_val=0", "trainer.check_val_every_n_epoch=-1"),
    *("trainer.check_val_every_n_epoch=0", "trainer.check_val_every_n_epoch=null", "trainer.log_every_n_steps=-1"),
    *("trainer.early_stopping.patience=-1", "trainer.early_stopping.patience=0", "trainer.early_stopping=3"),
    *("trainer.early_stopping.patience=1.5", "trainer.early_stopping.min_delta=nan", "trainer.limit_val_batches=-1"),
    *("trainer.early_stopping.min_delta=-1", "trainer.limit_train_batches=0", "trainer.limit_train_batches=2.5"),
    *("trainer.precision=31", "trainer.profiler=wrong", "trainer.devices=0", "trainer.devices=-2"),
    *("+trainer.logger=false", "data.times=[0,1,nan]", "data.times=[0,2,1]", "data.times=[0,1,1]"),
    *("data.initial_states=[1]", "data.initial_states=x", "data.initial_states=[[1,2],[1]]"),
    *("data.component_names=[x]", "data.component_names=[x,x]", "data.component_names=xy"),
    *("data.split_by=row", "data.split_by=trajectory", "data.split.train=-1", "data.split.train=abc"),
    *("evaluation.rows_per_piece=-1", "evaluation.n_pieces=-1", "training.view.rows_per_piece=3"),
    *("data.noise_std=0.1", "data.end_time=0", "training.view.n_pieces=0"),
)
"""Words of which the key must be in the sentence."""

SAID: dict[str, str | tuple[str, ...]] = {
    "+foo=1": ("+foo=1", "no configuration key"),
    "++foo.bar=1": ("foo.bar", "no configuration key"),
    "foo=1": ("foo", "no configuration key"),
    "trainig.n_epochs=1": ("trainig", "no configuration key", "did you mean training.n_epochs?"),
    "logger.offline=2": ("logger.offline", "offline is a key of logger=wandb", "logger has no keys as it is chosen"),
    "logger.foo=2": ("no configuration key 'logger.foo'; logger has no keys",),
    "solver.rtol=1e-3": ("solver.rtol", "rtol is a key of solver=adaptive"),
    "solver=adaptive training.solver.rtol=1e-3": ("training.solver.rtol", "did you mean solver.rtol?"),
    "early_stoping.patience=3": ("did you mean trainer.early_stopping.patience?",),
    "+model.foo=1": ("model.foo=1", "has no foo"),
    "+training.view.foo=1": ("training.view.foo=1", "has no foo"),
    "+evaluation.foo=1": ("evaluation.foo=1", "has no foo"),
    "+schedule.foo=1": ("schedule.foo=1", "has no foo"),
    "+data.system.foo=1": ("data.system.foo=1", "has no foo"),
    "+data.foo=1": "foo",
    "+training.foo=1": "foo",
    "+training.solver.foo=1": ("training.solver=", "_target_"),
    "+trainer.foo=1": ("trainer.foo=1", "has no foo"),
    "+trainer.early_stopping.foo=1": ("trainer.early_stopping.foo", "patience and min_delta"),
    "+logger.foo=1": ("logger", "_target_"),
    "+callbacks.foo=1": ("callback", "_target_"),
    "+hydra.foo=1": ("hydra.foo", "Hydra has no such key"),
    "fitting.model=blackbox": ("choose with model=",),
    "~trainer": "trainer.",
    "~seed": "seed",
    "~training": "training",
    "model=mlp": ("model=mlp belongs to train_koopman.py", "blackbox"),
    "model=balckbox": ("did you mean model=blackbox?",),
    "data=nothing": ("has no data=nothing",),
    "solver=rk4": ("has no solver=rk4", "fixed_step"),
    "logger=wrong": ("has no logger=wrong",),
    "solver=[a]": ("has no solver=a; choose one of: adaptive, compiled, fixed_step",),
    "trainer=5": (
        "trainer=5 cannot be read",
        "as in trainer=<choice>; choose one of: auto, cpu",
    ),
    "evaluation=3": ("as in evaluation=<choice>; choose one of: forecast",),
    "evaluation=null": ("evaluation=null cannot be read", "choose one of: forecast"),
    "schedule=[1,2]": ("schedule=[1,2] cannot be read", "choose one of: constant"),
    "data=[1,2]": ("data=[1,2] cannot be read", "as in data=<choice>"),
    "training=vanilla,b": ("'training=vanilla,b'", "--multirun"),
    "training.view=5": ("training.view=5: give what it is built from, with `_target_`",),
    "--multirun data=glob(xyz*)": ("data=glob(xyz*) stands for nothing", "choose among", "lotka_volterra"),
    "--multirun model=glob(back_*)": ("model=glob(back_*) stands for nothing", "did you mean blackbox?"),
    "--multirun seed=range(0)": ("seed=range(0) stands for nothing", "no job"),
    "trainer=tpu": ("has no trainer=tpu",),
    "schedule=wrong": ("has no schedule=wrong", "cosine"),
    "evaluation=wrong": ("has no evaluation=wrong",),
    "experiment=wrong": ("has no experiment=wrong",),
    "evaluation.initial_state=trained": ("evaluation.initial_state=trained", "no initial states"),
    "data.split={train:61,tset:60}": ("data.split", "tset"),
    "data.split={train:2,test:1000}": ("data.split",),
    "data.split={train:0}": ("data.split.train",),
    "+data.transforms=[1]": ("data.transforms",),
    "model._target_=os.getcwd": ("model._target_", "no class"),
    "training.initial_state=guess": ("training.initial_state=guess", "smoothed"),
    "solver=adaptive solver.rtol=1e-30": ("solver.rtol=1e-30: float64", "give at least 1.1e-16"),
    "solver=adaptive solver.atol=1e-30 training.units=standardized": (
        "solver.atol=1e-30: float64",
        "give at least 1.1e-16",
    ),
    "solver=adaptive solver.rtol=1e-9 model.dtype=float32": ("solver.rtol=1e-09: float32", "6e-08", "float64"),
    "training.learning_rate=1e400": ("training.learning_rate=inf",),
    "training.learning_rate=null": ("training.learning_rate=null: give",),
    "=3": ("cannot be read",),
}

KOOPMAN: dict[str, str | tuple[str, ...]] = {
    "training.operator.rank=0": ("training.operator.rank=0", "1 to 3"),
    "training.operator.rank=4": ("training.operator.rank=4", "1 to 3"),
    "training.operator.method=ridge training.operator.rank=2": ("training.operator.rank=2", "ridge"),
    "training=linear_ridge training.operator.method=wrong": ("training.operator.method='wrong'", "cca"),
    "training.view.batch_size=2": ("training.view.batch_size=2", "model.n_modes=3"),
    "training.view.batch_size=100000": ("training.view.batch_size=100000", "smaller batch"),
    "training.view.lag=5000": ("training.view.lag=5000",),
    "model=cnn": ("model=mlp",),
    "training=classifier_features": ("labelled images",),
    "evaluation.timescale_lags=[]": ("evaluation.timescale_lags",),
    "evaluation.timescale_lags=[0]": ("evaluation.timescale_lags",),
    "evaluation.timescale_lags=[1.5]": ("evaluation.timescale_lags", "a list of whole numbers"),
    "model.encoder.hidden=[0]": ("model.encoder.hidden",),
    "model.encoder.hidden=[a]": ("model.encoder.hidden", "a list of whole numbers"),
    "data.system=3": ("data.system=3", "_target_"),
    "n_modes=3": ("'n_modes'", "did you mean model.n_modes? keys"),
    "+n_modes=3": ("+n_modes=3", "did you mean model.n_modes? remove"),
    "training.batch_size=3": ("did you mean training.view.batch_size?",),
    "data.system.relaxation_rate=-7": ("data.system.relaxation_rate=-7: give a number",),
    "data.observe=1.5": ("data.observe=1.5: give a list",),
    "model.n_modes=0": ("error: model.n_modes=0",),
    "model.encoder.activation=relus": ("model.encoder.activation='relus'", "relu"),
    "training.loss.estimator=other": ("training.loss.estimator=other", "unbiased"),
    "data.split=[0.6,0.2,0.2]": ("data.split=[0.6,0.2,0.2]: give {train: …, validation: …, test: …}",),
    "data.system=[1]": ("data.system=[1]: give {relaxation_rate: …",),
    "data.split=3": ("data.split=3: give {train: …",),
    "data.split.train=1.5": ("data.split.train=1.5", "neither a fraction", "nor a whole number"),
    "data.split.validation=400.0": ("data.split.validation=400.0", "without a point"),
    "data.split.test=2.5": ("data.split.test=2.5", "neither a fraction", "nor a whole number"),
    "data.split.train=400": ("{train: 400", "whole numbers beside fractions"),
    "trainer.early_stopping.patience=3 trainer.limit_val_batches=0": ("patience=3", "loss_validation"),
    "trainer.early_stopping.patience=3 data.split.validation=0": ("patience=3", "data.split.validation"),
    "evaluation.forecast_steps=many": ("evaluation.forecast_steps=many", "a whole number"),
}

# ---- files ----------------------------------------------------------------------------------------------------------

PATHS: dict[str, str | tuple[str, ...]] = {
    "''": ("data.path=", "give a"),
    "null": ("data.path=null", "give a file"),
    "3": ("data.path=3",),
    "[]": ("data.path",),
    "['']": ("data.path",),
    "[1]": ("data.path",),
    "{a:1}": ("data.path",),
    "true": ("data.path=true",),
    "nowhere.csv": ("data.path", "nowhere.csv"),
    "empty": ("data.path", "empty"),
    "empty.csv": ("data.path", "empty.csv"),
    "empty.npy": ("data.path", "empty.npy"),
    "empty.npz": ("data.path", "empty.npz"),
    "header.csv": ("data.path", "header.csv"),
    "table.unknown": ("data.path", "table.unknown"),
    "'*.none'": ("data.path", "*.none"),
    "bytes.csv": ("data.path", "bytes.csv", "not a text file"),
    "complex.npy": ("complex.npy",),
    "words.npy": ("words.npy",),
    "huge.npy": ("huge.npy", "rescale"),
    "one_row.csv": ("one_row.csv",),
    "nan_times.csv": ("nan_times.csv", "the time is nan at row 2"),
    "infinite_times.csv": ("infinite_times.csv", "the time is inf at row 2"),
    "one_back.csv": ("one_back.csv", "the time is 1 at row 2"),
    "falling_times.csv": ("falling_times.csv", "the clock t", "decrease"),
    "repeated_times.csv": ("repeated_times.csv", "the clock t", "repeat"),
    "falling_times.csv data.time_column=t": ("the time is 98 at row 1", "increase"),
    "repeated_times.csv data.time_column=t": ("the time is 0 at row 1", "increase"),
    "clocked.npz data.key=states data.times_key=t": ("clocked.npz", "the time is 0 at row 50"),
    "good.csv data.key=nothing": ("data.key=nothing",),
    "good.csv data.times_key=t": ("data.times_key=t", "data.time_column"),
    "good.csv data.time_column=nope": ("data.time_column=nope", "among t."),
    "good.csv data.time_column=-1": ("data.time_column=-1",),
    "good.csv data.time_step=0": ("data.time_step=0",),
    "good.csv data.first_row=200": ("data.first_row=200", "100 rows"),
    "good.csv data.n_rows=0": ("data.n_rows=0",),
    "good.csv data.component_names=[x]": ("component_names",),
    "good.csv data.component_names=[x,x]": ("component_names",),
    "good.csv data.split=0.8": ("data.split=0.8: give {train: …, validation: …, test: …}",),
    "good.csv data.component_names=[a]": ("data.component_names=[a]: 2 name(s)",),
    "good.csv data.observe=[z]": ("data.observe=[z]: choose among x, v",),
    "good.csv data.inputs=[x,v]": ("data.inputs=[x, v]: no state is left",),
    "good.csv data.missing=[a]": ("data.missing=[a]: choose one of interpolate, mask",),
    "good.csv data.layout=[a]": ("data.layout=[a]: choose one of auto",),
    "infinite.csv": ("holds inf at row 5, time 5, component x;",),
    "text.csv": ("line 9, column 3 (v): 'hot' is not a number", "data.key=[x]"),
    "headless.csv": ("headless.csv has no names, and its first columns look like the numbers of 2 trajectories and",),
    "no_id.csv": ("no_id.csv, line 7: the column id, which tells trajectories apart, is empty; write the one",),
    "shuffled.csv": ("error: data.path: shuffled.csv, id 0 has the clock t, whose times are in disorder; sort",),
    "words.csv": ("column 2 (site): 'a' is not a number", "call it id where it tells", "data.key=[x,v]"),
    "two_clocks.csv": ("column 2 (date) holds dates", "data.time_column=date makes", "data.key=[x,v]"),
    "no_value.csv": ("x: 1; the first at row 3, time 3 day)",),
    "holes.npy data.in_memory_gigabytes=0": (
        "no value at row 3, time 3, component x2, 1 missing in all, in 1 of 100 rows",
        "data.missing=split",
    ),
    "holes.npy data.in_memory_gigabytes=0 data.missing=mask": ("data.missing=mask: rows are marked in memory alone",),
    "good.csv data.missing=drop": ("data.missing=drop", "refuse"),
    "good.csv data.clocks=others": ("data.clocks=others", "alike"),
    "good.csv data.layout=both": ("data.layout=both",),
    "good.csv data.in_memory_gigabytes=-1": ("data.in_memory_gigabytes=-1",),
    "good.csv data.split.train=1.5": ("data.split.train=1.5", "neither a fraction", "nor a whole number"),
    "good.csv data.split.test=2.5": ("data.split.test=2.5", "neither a fraction", "nor a whole number"),
    "good.csv training.view.lag=90": ("training.view.lag=90",),
    "good.csv training.view.batch_size=1000": ("training.view.batch_size=1000",),
}


def of_files() -> list[Row]:
    rows = [row("koopman", *FILES, *f"data.path={path}".split(), says=says) for path, says in PATHS.items()]
    for script in ("mechnn", "node_homotopy"):
        for path in ("''", "nowhere.csv", "empty.csv", "nan_times.csv", "falling_times.csv"):
            rows.append(row(script, "data=trajectories", f"data.path={path}", says=PATHS[path]))
    return rows


# ---- what does not go together --------------------------------------------------------------------------------------

MECHNN: dict[tuple[str, ...], str | tuple[str, ...]] = {
    (*LORENZ, "evaluation=rollouts"): ("evaluation=rollouts", "training=closed_form", "evaluation=forecast"),
    (*LORENZ, "evaluation=parameters"): ("evaluation=parameters", "training=closed_form", "evaluation=forecast"),
    (*BODIES, "evaluation=equations"): ("evaluation=equations", "training=sequence", "evaluation=forecast"),
    (*LORENZ, "model=resnet"): ("model=resnet", "training=closed_form", "choose training=sequence"),
    (*LORENZ, "training=sequence"): ("model=polynomials", "training=sequence", "choose training=closed_form, "),
    (*LORENZ, "ensemble=3"): ("training=closed_form", "--multirun seed=0,1,2"),
    ("data=driven_duffing", *SMALL["driven_duffing"], "training=network", "model=discovery_network"): (
        "data.inputs=[u]",
        "training=network",
    ),
    (*BODIES, "data.split.test=0"): ("data.split",),
    (*BODIES, "data.split.train=1.5"): ("data.split.train=1.5", "give whole numbers"),
    (*BODIES, "evaluation.rollout_steps=[]"): ("evaluation.rollout_steps",),
    (*BODIES, "evaluation.thresholds=[]"): ("evaluation.thresholds",),
    (*BODIES, "evaluation.thresholds=[-1]"): ("evaluation.thresholds",),
    (*BODIES, "model.taylor_order=1"): ("model.taylor_order=1",),
    (*GROWTH, "training=sequence"): ("model=logistic_network", "training=sequence"),
    ("data=kdv", *SMALL["kdv"], "training=logistic_closed_form"): ("model=block_resnet", "choose training=sequence"),
    (*BODIES, "training.view.n_inputs=1000"): ("n_inputs",),
    ("data=noisy_damped_sine", "evaluation=forecast"): ("does not forecast",),
}

BURGERS = ("pde=burgers", "pde.n_validation=2", "pde.n_test=2", "pde.test_resolutions=[16]")
SIZES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("node_homotopy", *FIELD, "ensemble=100000"): ("ensemble=100000", "hours", "ask for fewer"),
    ("node_homotopy", *FIELD, "ensemble=1000000000000"): ("ensemble=1000000000000", "hours"),
    ("node_homotopy", *FIELD, "max_step=1e-9"): ("error: max_step=1e-09", "steps", "GiB"),
    ("node_homotopy", *FIELD, "data.time_step=1e-12"): ("data.time_step=1e-12", "rows", "GiB"),
    ("koopman", *PROCESS, "data.n_steps=1000000000000"): ("data.n_steps=1000000000000", "1e+12", "GiB"),
    ("nsm", *POISSON, "pde.test_resolutions=[16,10000000]"): ("pde.test_resolutions=10000000", "GiB"),
    ("nsm", *POISSON, "training=grid", "training.resolution=10000000"): ("training.resolution=10000000", "GiB"),
    ("koopman", *PROCESS, "model.encoder.hiden=[10]"): ("did you mean model.encoder.hidden?",),
    ("koopman", *PROCESS, "training.loss.schatten_norm=1"): ("is a key of training=vamp;",),
    ("nsm", *POISSON, "model.width=1000000"): ("model: ", "GiB", "narrower"),
    ("nsm", *POISSON, "model.width=100000"): ("model: ", "GiB", "narrower"),
    ("mechnn", *LORENZ, "model=discovery_network", "model.hidden_width=1000000"): ("model: ", "GiB", "narrower"),
    ("node_homotopy", *FIELD, "model.nodes_per_layer=10000000000"): ("model: ", "GiB", "narrower"),
    ("koopman", *PROCESS, "model.encoder.hidden=[200000,200000]"): ("model: ", "GiB", "narrower"),
    ("nsm", *POISSON, "training=supervised", "training.n_training=1000000000"): ("1000000000 solutions", "GiB"),
    ("nsm", *BURGERS, "pde.solver_step=1e-9"): ("pde.solver_step", "hours", "longer steps"),
    ("koopman", *FILES, "data.path=endless.zarr"): ("data.path=endless.zarr", "1e+12 rows", "data.n_rows"),
}
"""What fits into no machine, or into no night."""

EQUATIONS: dict[str, tuple[str, ...]] = {
    "test.resolutions=[64]": ("'test.resolutions'", "did you mean pde.test_resolutions?"),
    "test_resolutions=[64]": ("'test_resolutions'", "did you mean pde.test_resolutions?"),
    "pde.resolutions=[64]": ("'pde.resolutions'", "did you mean pde.test_resolutions?"),
}

TASK = ("task=lorenz63_forecast",)
BENCHMARK: dict[tuple[str, ...], str | tuple[str, ...]] = {
    ("method=external", "data.predictions=good.csv"): (
        "error: data.predictions=good.csv needs the columns trajectory, time, x, y, z",
    ),
    ("method=persistence", "cpu_seconds=-1"): ("error: cpu_seconds=-1: give the CPU seconds",),
    ("--multirun", "method=glob(xyz*)"): ("method=glob(xyz*) stands for nothing", "persistence"),
    ("method=[a]",): ("has no method=a; choose one of: ", "persistence"),
}

VERBS: dict[tuple[str, ...], tuple[str | tuple[str, ...], int]] = {
    ("show", "nowhere"): ("no run in nowhere", 1),
    ("show", "empty"): ("record.json", 1),
    ("show", "good.csv"): ("good.csv", 1),
    ("evaluate", "nowhere"): ("nowhere does not exist", 1),
    ("evaluate", "RUN", "evaluation.forecast_stepz=3"): ("forecast_stepz", 1),
    ("evaluate", "RUN", "evaluation.foo=1"): ("no configuration key 'evaluation.foo'; keys there: forecast_steps", 1),
    ("evaluate", "RUN", "evaluation.forecast_steps=0"): ("evaluation.forecast_steps=0", 1),
    ("evaluate", "RUN", "model.n_modes=3"): ("evaluation.<key>", 1),
    ("evaluate", "RUN", "evaluation=wrong"): ("has no evaluation=wrong", 1),
    ("evaluate", "RUN", "--data", "nowhere.csv"): ("error: --data nowhere.csv", 1),
    ("evaluate", "RUN", "--data", "nan_times.csv"): ("error: --data ", 1),
    ("evaluate", "RUN", "--checkpoint", "nothing.ckpt"): ("error: --checkpoint nothing.ckpt: there is no file", 1),
    ("evaluate", "evaluation.forecast_steps=3"): ("name the runs", 1),
    ("forecast", "nowhere", "--horizon", "3", "--output", "x.npz"): ("nowhere does not exist", 1),
    ("forecast", "RUN", "--horizon", "0", "--output", "x.npz"): ("error: --horizon 0: ask", 1),
    ("forecast", "RUN", "--horizon", "1000000000000", "--output", "x.npz"): (("error: --horizon 1", "GiB"), 1),
    ("forecast", "RUN", "--horizon", "3", "--output", "x.txt"): ("error: --output x.txt", 1),
    ("forecast", "RUN", "--horizon", "3", "--output", "good.csv/x.npz"): ("good.csv", 1),
    ("forecast", "RUN", "--horizon", "3", "--output", "x.npz", "--past", "nowhere.csv"): ("nowhere.csv", 1),
    ("forecast", "RUN", "--horizon", "3", "--output", "x.npz", "--past", "words.npy"): ("words.npy", 1),
    ("forecast", "RUN", "--horizon", "few", "--output", "x.npz"): ("horizon", 2),
    ("forecast", "RUN", "--horizon", "2.5", "--output", "x.npz"): ("2.5: give a whole number of at least 1", 2),
    ("solve", "RUN", "good.csv", "--resolution", "x"): ("x: give a whole number", 2),
    ("starts", "lorenz63_forcast", "--output", "x.npz"): ("did you mean lorenz63_forecast? choose", 1),
    ("predict", ".", "--method", "equation_discover"): ("error: --method equation_discover: there is none; did you", 1),
    ("try", "good.csv", "--inputs", "u"): ("error: --inputs u: ", 1),
    ("try", "good.csv", "--columns", "x,q"): ("error: --columns x,q: choose among x, v", 1),
    ("try", "good.csv", "--time-column", "zz"): (("error: --time-column zz: ", "choose among t."), 1),
    ("try", "good.csv", "--cpu-seconds", "-4"): ("error: --cpu-seconds -4: give seconds above 0", 1),
    ("try", "good.csv", "--seeds", "a,b"): ("error: --seeds a,b: give whole numbers, such as 0,1", 1),
    ("forecast", "RUN", "--output", "x.npz"): ("horizon", 2),
    ("solve", "RUN", "good.csv"): ("nothing that solves an equation", 1),
    ("solve", "RUN", "good.csv", "--output", "x.txt"): ("x.txt", 1),
    ("solve", "RUN"): ("PARAMETERS", 2),
    ("compare", "nowhere"): ("nowhere", 1),
    ("compare", "empty"): ("no finished run", 1),
    ("compare", "RUN", "--metrics", "nothing"): ("nothing", 1),
    ("table5", "nowhere"): ("nowhere", 1),
    ("list", "nothing"): ("nothing", 2),
    ("unknown",): ("unknown", 2),
    (): ("verb", 2),
}


def table() -> list[Row]:
    """All rows."""
    rows = of_kinds() + of_runs() + of_files()
    rows += [row("koopman", *PROCESS, *words.split(), says=says) for words, says in KOOPMAN.items()]
    rows += [row("mechnn", *words, says=says) for words, says in MECHNN.items()]
    rows += [row("nsm", *POISSON, words, says=says) for words, says in EQUATIONS.items()]
    rows += [row(*words, says=says) for words, says in SIZES.items()]
    asked = [row("benchmark", *TASK, *words, says=says) for words, says in BENCHMARK.items()]
    rows += [replace(each, slow="method=external" in each.words) for each in asked]  # its task is simulated first
    rows += [row("verb", *words, says=says, code=code) for words, (says, code) in VERBS.items()]
    return rows
