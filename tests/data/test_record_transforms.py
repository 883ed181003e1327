"""What a person asks to be done to a record: the order, what no row may know, and the way back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.description import built, describe
from sciml_bench.data.record import Record
from sciml_bench.data.sources import SimulatedTrajectories, TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import RecordTransforms
from sciml_bench.systems import LotkaVolterra

RNG = np.random.default_rng(0)
POSITIVE = np.exp(0.5 * RNG.normal(size=(60, 2)))
NAMES = ("hare", "lynx")


def record(states: np.ndarray = POSITIVE, times: np.ndarray | None = None, **options) -> Record:
    kept = {name: options.pop(name) for name in ("split", "split_by", "time_step") if name in options}
    made = TrajectoryFiles.from_arrays(times, states, component_names=NAMES[: states.shape[-1]], **kept)
    made.transform(**options).setup()
    return made


def test_the_order_is_observe_logarithm_difference_delays() -> None:
    made = record(observe=["lynx"], logarithm=True, difference=1, delays=1)
    change = np.diff(np.log(POSITIVE[:, 1]))
    np.testing.assert_allclose(made.splits["train"].states[0][:5], np.stack([change[1:6], change[:5]], axis=1))
    assert made.spec.component_names == ("Δlog(lynx)", "Δlog(lynx)[-1]")
    assert made.spec.as_observed.component_names == ("lynx",)
    assert made.spec.as_read is not None
    assert made.spec.as_read.component_names == NAMES
    assert made.reading.endswith("; learned from Δlog(lynx), Δlog(lynx)[-1]: 34 + 12 + 12 rows")


def test_resampling_comes_before_the_logarithm() -> None:
    made = record(times=np.arange(60.0), resample=0.5, logarithm=["hare"])
    middle = made.splits["train"].states[0][1]
    np.testing.assert_allclose(middle, [np.log(POSITIVE[:2, 0].mean()), POSITIVE[:2, 1].mean()])


def test_later_parts_begin_with_the_past_that_they_have_and_nothing_is_lost_between_them() -> None:
    made = record(delays=4, difference=1)
    assert {name: part.lengths for name, part in made.splits.items()} == {
        "train": (31,),
        "validation": (12,),
        "test": (12,),
    }
    times = np.concatenate([part.times_of(0) for part in made.splits.values()])
    np.testing.assert_array_equal(times, np.arange(5, 60))


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(1, 58), max_size=12),
    st.integers(0, 3),
    st.integers(0, 1),
    st.booleans(),
    st.sampled_from([None, 1.0, 0.7, 2.5]),
)
def test_no_row_knows_what_comes_after_its_part(gone, delays, difference, logarithm, resample) -> None:
    times = np.delete(np.arange(60.0), sorted(gone))
    states = POSITIVE[times.astype(int)]
    options = {"delays": delays, "difference": difference, "logarithm": logarithm, "resample": resample}
    options["split"] = {"train": 0.6, "test": 0.4}
    try:
        made = record(states, times, **options)
    except DataError as error:
        assert "left without a row" in str(error) or "rows before it" in str(error)  # noqa: PT017
        return
    changed = states.copy()
    changed[int(0.6 * len(states) + 1e-9) :] += 100
    np.testing.assert_array_equal(
        record(changed, times, **options).splits["train"].states[0], made.splits["train"].states[0]
    )
    for part in made.splits.values():
        assert part.as_observed.lengths == part.lengths
        assert part.is_regular or (np.diff(part.times[0]) > 1.5 * part.time_step).any()


def test_trajectories_are_transformed_one_by_one() -> None:
    states = np.stack([POSITIVE[:20], POSITIVE[20:40], POSITIVE[40:]])
    made = record(states, delays=2, split_by="trajectory", split={"train": 1, "validation": 1, "test": 1})
    for number, part in enumerate(made.splits.values()):
        assert part.lengths == (18,)
        np.testing.assert_array_equal(part.states[0][0], states[number][2::-1].ravel())


@settings(max_examples=24, deadline=None)
@given(st.integers(0, 3), st.integers(0, 1), st.sampled_from([False, True, ["lynx"], [0]]))
def test_what_was_done_is_undone(delays, difference, logarithm) -> None:
    transforms = RecordTransforms(delays=delays, difference=difference, logarithm=logarithm)
    observed = Trajectories((POSITIVE, POSITIVE[:30] ** 2), component_names=NAMES)
    made = transforms.in_coordinates(observed)
    reach = transforms.reach
    assert made.lengths == (60 - reach, 30 - reach)
    before = transforms.before_first_rows(made)
    if difference:
        np.testing.assert_allclose(before, [states[delays] for states in observed.states])
    for number, states in enumerate(observed.states):
        told = transforms.undone(made.states[number], before[number], NAMES)
        np.testing.assert_allclose(told, states[reach:], rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"observe": ["wolf"]}, r"data\.observe=\['wolf'\]: choose among hare, lynx, or their numbers"),
        ({"observe": ["hare", 0]}, r"data\.observe=\['hare', 0\]: .* each once"),
        ({"observe": []}, r"data\.observe=\[\]"),
        ({"logarithm": ["wolf"]}, r"data\.logarithm=\['wolf'\]: choose among hare, lynx"),
        ({"logarithm": "no"}, r"data\.logarithm=\['no'\]: choose among"),
        ({"logarithm": 2.5}, r"data\.logarithm=2\.5: give true or false"),
        ({"difference": 2}, r"data\.difference=2: differences of differences"),
        ({"difference": True}, r"data\.difference=True: give 0 or 1"),
        ({"delays": -1}, r"data\.delays=-1: give a number"),
        ({"delays": 1.5}, r"data\.delays=1\.5"),
        ({"delays": 36}, r"data\.delays=36: every row needs 36 before it, but .* has 36 rows"),
        ({"resample": 0}, r"data\.resample=0: give the time between two rows"),
        ({"resample": "fast"}, r"data\.resample=fast"),
        ({"resample": 25.0}, r"data\.resample=25\.0: the validation split .* is left without a row"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence_that_names_the_key(options, message) -> None:
    with pytest.raises((ConfigurationError, DataError), match=message):
        record(**options)


def test_all_values_without_a_logarithm_are_counted() -> None:
    shifted = POSITIVE.copy()
    shifted[[3, 40, 59], 0] = [0, -1, -2]
    with pytest.raises(DataError, match=r"data\.logarithm: .* \(hare: 3\); use data\.logarithm=\[lynx\]"):
        record(shifted, logarithm=True)
    made = record(shifted, logarithm=["lynx"])
    np.testing.assert_array_equal(made.splits["train"].states[0][:, 0], shifted[:36, 0])


def test_truth_noise_and_law_of_a_simulation_follow() -> None:
    names = ["prey", "predators"]
    simulated = SimulatedTrajectories(LotkaVolterra(), n_steps=60, noise_std=0.01, component_names=names)
    simulated.transform(observe=["prey"], logarithm=True, delays=2).setup()
    part = simulated.splits["train"]
    (clean,), (own,) = part.clean, part.as_observed.clean
    np.testing.assert_allclose(clean[:, 0], np.log(own[:, 0]))
    assert np.abs(part.states[0] - clean).max() > 0
    assert simulated.spec.system is None  # nobody knows the law of logarithms and delays


def test_a_record_without_transforms_is_as_before_and_a_spec_survives_its_description() -> None:
    plain = record()
    assert plain.as_observed is plain
    assert (plain.spec.transforms, plain.spec.observed, plain.spec.as_read) == (None, None, None)
    spec = record(observe=[1], logarithm=True, delays=2).spec
    again = built(describe(spec))
    assert again.transforms == spec.transforms
    assert again.as_observed.component_names == ("lynx",)
    assert again.as_read.component_names == NAMES


def test_units_follow_their_components() -> None:
    made = TrajectoryFiles.from_arrays(None, POSITIVE, component_names=NAMES)
    whole = made.load()
    whole = whole.unchecked(facts={"component_units": ("thousand", "mm")})

    class Known(Record):
        def load(self) -> Trajectories:
            return whole

    for options, units in (
        ({}, ("thousand", "mm")),
        ({"observe": ["lynx"]}, ("mm",)),
        ({"logarithm": ["hare"], "delays": 1}, (None, "mm", None, "mm")),
    ):
        known = Known().transform(**options)
        known.setup()
        assert known.spec.component_units == units
