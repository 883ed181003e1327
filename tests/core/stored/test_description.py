import functools
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.description import built, class_of, describe, described, kind_of
from sciml_bench.networks import MultilayerPerceptron
from sciml_bench.systems import Lorenz63


@described
class Scaled(nn.Module):
    def __init__(self, factor: float, *, network: nn.Module | None = None, **options: object) -> None:
        super().__init__()
        self.factor, self.network, self.options = factor, network, options


@dataclass(frozen=True)
class Point:
    x: float
    y: np.ndarray


def test_an_object_comes_back_with_the_arguments_it_was_made_with() -> None:
    made = built(describe(Scaled(2.0, network=Scaled(3.0), colour="red")), ("test_description",))
    assert made.factor == 2.0
    assert made.network.factor == 3.0
    assert made.options == {"colour": "red"}


def test_systems_and_factories_of_networks_come_back() -> None:
    system = Lorenz63(rayleigh_number=30.0)
    assert built(describe(system)) == system
    factory = built(describe(functools.partial(MultilayerPerceptron, hidden=[4])))
    assert factory((2,), 1)(torch.ones(3, 2)).shape == (3, 1)


def test_arrays_dtypes_and_containers_come_back() -> None:
    value = {"a": np.arange(3.0), "b": [1, "two", None, True], "c": torch.float64}
    found = built(describe(value))
    np.testing.assert_array_equal(found["a"], value["a"])
    assert found["b"] == value["b"]
    assert found["c"] is torch.float64
    point = built(describe(Point(1.0, np.ones(2))), ("test_description",))
    assert point.x == 1.0


def test_a_kind_is_the_name_under_which_a_room_exports_the_class() -> None:
    assert kind_of(Lorenz63) == "systems.Lorenz63"
    assert class_of("systems.Lorenz63") is Lorenz63


@pytest.mark.parametrize(
    "kind",
    [
        "os.getcwd",
        "core.stored.files.remove_incomplete",
        "core.stored.files.Path",
        "training.run",
        "",
        3,
        "systems",
        "a b.C",
    ],
)
def test_what_no_room_exports_is_not_built(kind: object) -> None:
    with pytest.raises(ConfigurationError, match="no class that the suite exports"):
        class_of(kind)


def test_a_class_of_a_person_needs_her_trust() -> None:
    description = describe(Scaled(2.0))
    with pytest.raises(ConfigurationError, match="--trust"):
        built(description)
    assert built(description, ("test_description",)).factor == 2.0


def test_what_does_not_tell_how_it_was_made_is_refused() -> None:
    with pytest.raises(DataError, match="described"):
        describe(nn.Linear(2, 2))
    with pytest.raises(DataError, match="positional"):
        describe(functools.partial(MultilayerPerceptron, (2,)))


def test_arguments_that_a_class_does_not_take_are_one_sentence() -> None:
    with pytest.raises(DataError, match="cannot be built"):
        built({"_kind_": "systems.Lorenz63", "colour": "red"})
