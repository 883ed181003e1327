"""Length, mass and exponent of the force that circular orbits tell, against the orbits' own."""

import numpy as np
import pytest

from sciml_bench.data.spec import WindowsSpec
from sciml_bench.mechnn.sequence_models.pair_strength import orders_of_magnitude

TIME_STEP = 0.01


def orbits(radii, attraction, power):
    """Statistics of bodies that circle one at rest, drawn by a force attraction · r^−power, and of that one."""
    speeds = np.sqrt(attraction * radii ** (1 - power))
    deviation = np.append(0.0, radii) / np.sqrt(2)
    increment = np.append(0.0, speeds) * TIME_STEP / np.sqrt(2)
    shape = (len(deviation), 2)
    per_axis = [np.broadcast_to(values[:, None], shape) for values in (deviation, increment)]
    return spec_of(np.zeros(shape), *per_axis)


def spec_of(mean, deviation, increment):
    return WindowsSpec(
        mean.shape,
        TIME_STEP,
        "time",
        ("x", "y"),
        mean,
        deviation,
        (100,),
        n_inputs=2,
        n_outputs=1,
        increment_deviation=increment,
    )


@pytest.mark.parametrize("power", [2.0, 3.0, 1.0])
def test_the_exponent_and_the_mass_follow_from_orbits_of_different_sizes(power):
    radii = np.array([0.5, 1.0, 2.0, 3.0])
    found = orders_of_magnitude(orbits(radii, 4.0, power), 0, None)
    length = np.exp(np.log(radii).mean())
    assert found.length == pytest.approx(length)
    # v²/d² = m ℓ⁻³ (d/ℓ)^−p with v² = attraction · d^(1 − power)
    assert found.exponent == pytest.approx(power + 1)
    assert found.mass == pytest.approx(4.0 * length ** (2 - power))


def test_a_given_exponent_is_kept_and_orbits_of_one_size_show_none():
    spec = orbits(np.array([1.0, 1.01]), 4.0, 2.0)
    assert orders_of_magnitude(spec, 0, None).exponent == 2.0
    assert orders_of_magnitude(spec, 0, 3).exponent == 3.0


def test_two_free_bodies_are_as_far_apart_as_their_means_and_deviations_say():
    mean = np.array([[0.0, 0.0], [3.0, 4.0]])
    deviation = np.full((2, 2), 1.0)
    increment = np.full((2, 2), 0.02)
    found = orders_of_magnitude(spec_of(mean, deviation, increment), None, 2)
    assert found.length == pytest.approx(np.sqrt(25 + 4))
    speed = np.sqrt(4 * 0.02**2) / TIME_STEP
    assert found.mass == pytest.approx(found.length * speed**2)
