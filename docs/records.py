"""Which record goes with which script: `python docs/records.py` writes records.md beside this file.

Nothing is loaded or trained: a cell names the model and the training that `data=<record>` alone picks, or holds the
sentence with which the script stops before it loads anything.
"""

from pathlib import Path

import yaml
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import NotApplicableError
from sciml_bench.core.instantiate import exported_class
from sciml_bench.training.build import build_record
from sciml_bench.training.script import composed

PAGE = Path(__file__).with_name("records.md")
SCRIPTS = ("koopman", "node_homotopy", "mechnn")
OPENING = """# Every record, every script

`python train_<script>.py data=<record>` with nothing else picks a model and a training that suit the record. A cell of
this table names them, as `model` / `training`, or says why the script stops before it loads the data; every cell is run
by `pytest -m slow tests/test_records.py`. Records that need a file of yours are marked with ◇ (`data.path=...`), those
that are downloaded once with ↓; of `odebench`, which holds many systems, a script learns one (`data.system=2`), and
`benchmark.py task=odebench` all. This page is written by `python docs/records.py`.
"""


def records() -> list[str]:
    """The names of all records."""
    return sorted(path.stem for path in (configuration_root() / "shared" / "data").glob("*.yaml"))


def cell(script: str, record: str) -> str:
    """What `data=<record>` alone means for a script, or why it stops.

    Args:
        script: such as `koopman`.
        record: one of `records()`.
    """
    yours = [f"data.{key}=yours.npy" for key in files_of(record)]
    config = composed(script, [f"data={record}", *yours], "unused")
    plain = OmegaConf.to_container(config, resolve=True)
    method = exported_class(plain["training"]["_target_"].removeprefix("sciml_bench."))  # type: ignore[index]
    shape = build_record(plain).state_shape  # type: ignore[arg-type]
    try:
        if shape is not None:
            method.require_states(shape)  # type: ignore[union-attr]
    except NotApplicableError as sentence:
        return str(sentence)
    return f"`{config.choices.model}` / `{config.choices.training}`"


def page() -> str:
    """The page, as it should stand in records.md."""
    head = ["record", *(f"`train_{script}.py`" for script in SCRIPTS)]
    rows = [[_marked(name), *(cell(script, name) for script in SCRIPTS)] for name in records()]
    lines = [head, ["---"] * len(head), *rows]
    return OPENING + "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def files_of(record: str) -> list[str]:
    """The keys below `data` under which a person has to name files of theirs.

    Args:
        record: one of `records()`.
    """
    node = yaml.safe_load(_text(record))
    missing = [key for key, value in node.items() if value == "???"]
    return ["path"] if "trajectories" in node.get("defaults", ()) else missing


def _marked(record: str) -> str:
    return f"`{record}`" + (" ◇" if files_of(record) else " ↓" if "downloads" in _text(record) else "")


def _text(record: str) -> str:
    return (configuration_root() / "shared" / "data" / f"{record}.yaml").read_text()


if __name__ == "__main__":
    PAGE.write_text(page())
