"""Fixtures shared by all tests."""

import ast
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from jaxtyping._import_hook import JaxtypingTransformer

checked = JaxtypingTransformer.visit_FunctionDef


def outer_functions_alone(self: JaxtypingTransformer, node: ast.FunctionDef) -> ast.FunctionDef:
    """The checks of a function within a function would be compiled at every call of the outer one."""
    within = any(isinstance(parent, ast.FunctionDef) for parent in self._parents)
    return node if within else checked(self, node)


JaxtypingTransformer.visit_FunctionDef = outer_functions_alone  # before the suite is imported


@pytest.fixture(autouse=True)
def _own_warnings_are_errors() -> Iterator[None]:
    """A warning of ours that a test does not ask for is a defect (here, since pytest would import it too early)."""
    from sciml_bench.core.errors import SciMLBenchWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", SciMLBenchWarning)
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Small networks are faster so, and results do not depend on the machine's cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="module")
def _garbage_of_the_module_alone() -> None:
    """Every run collects garbage first, which else it would look for among all that earlier modules have made."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _quick_compositions() -> Iterator[None]:
    """Hundreds of tests compose configurations from the same files."""
    from quick_compositions import remember

    with pytest.MonkeyPatch.context() as patch:
        remember(patch)
        yield


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Trained instruments are shared by the tests of one session, and a person's own cache is left alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _metrics_of_runs_are_defined(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of the suite's own methods writes no number whose meaning the catalogue does not tell."""
    from sciml_bench.core.stored.run_folder import RunFolder
    from sciml_bench.scores.catalogue import find_score

    write = RunFolder.write_metrics

    def checked(folder: RunFolder, metrics: dict[str, float]) -> None:
        training = (folder.configuration or {}).get("training", {})
        if str(training.get("_target_", "")).startswith("sciml_bench."):
            for name in metrics:
                assert find_score(name) is not None, f"{name} is not defined in scores/catalogue.yaml"
        write(folder, metrics)

    monkeypatch.setattr(RunFolder, "write_metrics", checked)


@pytest.fixture(autouse=True, scope="session")
def _unpainted() -> Iterator[None]:
    """Figures of runs are put together and not painted, which takes longer than all else in a small run.

    tests/drawing paints every picture; a test whose run is to be painted, too, asks for `painted`.
    """
    from io import BytesIO

    from PIL import Image

    from sciml_bench.core.stored.files import write_atomically

    empty = BytesIO()
    Image.new("RGB", (1, 1)).save(empty, "PNG")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sciml_bench.training.scoring.save_figure",
            lambda figure, path: write_atomically(path, lambda file: file.write(empty.getvalue())),
        )
        yield


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs write the figures that a person sees."""
    from sciml_bench.drawing.style import save_figure

    monkeypatch.setattr("sciml_bench.training.scoring.save_figure", save_figure)


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Runs draw no figures: they take longer than everything else in a small one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
        yield


@pytest.fixture
def repository() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[1]
