import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import AdaptiveSchedule, ConstantSchedule, PowerLawSchedule


def test_the_power_law_of_record():
    schedule = PowerLawSchedule(n_steps=6, epochs_per_step=100, decay=0.6)
    assert [round(schedule(100 * step), 5) for step in range(6)] == [1, 0.56627, 0.30604, 0.14990, 0.05621, 0]
    assert (schedule(99), schedule(100)) == (1, schedule(199))
    assert schedule(599) == schedule(600) == schedule(10_000) == 0
    assert schedule.n_epochs == 600


@given(n_steps=st.integers(2, 40), decay=st.floats(0.05, 3), epochs_per_step=st.integers(1, 7))
def test_decrements_shrink_by_the_decay_and_lead_from_one_to_zero(n_steps, decay, epochs_per_step):
    schedule = PowerLawSchedule(n_steps, epochs_per_step, decay)
    values = np.array([schedule(step * epochs_per_step) for step in range(n_steps)])
    powers = decay ** np.arange(n_steps - 1.0)
    np.testing.assert_allclose(-np.diff(values), powers / powers.sum(), atol=1e-12)
    assert values[0] == 1
    assert values[-1] == 0
    assert (values >= 0).all()


def test_a_decay_of_one_makes_equal_steps():
    np.testing.assert_allclose([PowerLawSchedule(5, 1, 1)(epoch) for epoch in range(5)], [1, 0.75, 0.5, 0.25, 0])


def test_a_constant_schedule_never_changes():
    schedule = ConstantSchedule(0.3, 50)
    assert {schedule(epoch) for epoch in (0, 49, 500)} == {0.3}
    assert schedule.n_epochs == 50


def descent(schedule, errors):
    """λ in every epoch of given coupled errors."""
    values = []
    for epoch, error in enumerate(errors):
        values.append(schedule(epoch))
        schedule.observe(epoch, error)
    return np.array(values)


def test_the_adaptive_schedule_leaves_a_value_when_the_error_has_settled():
    schedule = AdaptiveSchedule(4, 100, patience=5, improvement=0.9)
    falling = 0.5 ** np.arange(20.0)
    settled = np.full(6, falling[-1])
    values = descent(schedule, [*falling, *settled])
    assert (values[:25] == 1).all()  # the best of the last five epochs was better than before until the error settled
    assert values[25] == PowerLawSchedule(4, 1)(1)


def test_the_adaptive_schedule_stays_as_long_as_the_error_falls_but_no_longer_than_allowed():
    values = descent(AdaptiveSchedule(3, 30, patience=5), 0.5 ** np.arange(100.0))
    assert [np.sum(values == value) for value in PowerLawSchedule(3, 1).values] == [30, 30, 40]


def test_the_adaptive_schedule_never_moves_before_its_patience_is_spent_and_ends_at_zero():
    values = descent(AdaptiveSchedule(5, 50, patience=7), np.ones(60))
    fixed = PowerLawSchedule(5, 1).values
    assert (np.diff(values) <= 0).all()
    # seven epochs to look at, and one before them
    assert [np.sum(values == value) for value in fixed[:-1]] == [8, 8, 8, 8]
    assert (values[32:] == 0).all()


def test_jumps_between_better_and_better_errors_are_no_sign_of_having_settled():
    errors = np.where(np.arange(30) % 2, 5.0, 0.5 ** np.arange(30.0))
    assert (descent(AdaptiveSchedule(3, 50, patience=4), errors) == 1).all()


def test_an_error_that_rises_has_settled_too():
    assert descent(AdaptiveSchedule(3, 50, patience=3), 2.0 ** np.arange(10.0))[4] < 1


def test_a_resumed_adaptive_schedule_goes_on_where_it_was():
    errors = np.random.default_rng(0).uniform(0.5, 1.5, 80) * 0.97 ** np.arange(80)
    whole = descent(AdaptiveSchedule(5, 40, patience=6), errors)
    assert len(set(whole)) > 2
    for cut in (0, 11, 33):
        first, second = (AdaptiveSchedule(5, 40, patience=6) for _ in range(2))
        before = descent(first, errors[:cut])
        state = first.state_dict()
        descent(first, errors[cut:])  # what is saved does not follow what comes after
        second.load_state_dict(state)
        np.testing.assert_array_equal([*before, *descent(second, errors[cut:])], whole)


def test_fixed_schedules_have_nothing_to_resume():
    assert PowerLawSchedule().state_dict() == ConstantSchedule().state_dict() == {}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: PowerLawSchedule(n_steps=1),
            "training.coupling_schedule.n_steps=1: give a whole number",
        ),
        (lambda: PowerLawSchedule(epochs_per_step=0), "training.coupling_schedule.epochs_per_step=0"),
        (lambda: PowerLawSchedule(decay=0), "training.coupling_schedule.decay=0: give a number greater than 0"),
        (lambda: PowerLawSchedule(decay=-0.5), "training.coupling_schedule.decay=-0.5"),
        (lambda: PowerLawSchedule(decay=np.nan), "training.coupling_schedule.decay=nan"),
        (lambda: ConstantSchedule(-1), "training.coupling_schedule.value=-1: give a number of at least 0"),
        (lambda: ConstantSchedule(1, 0), "training.coupling_schedule.n_epochs=0"),
        (lambda: AdaptiveSchedule(max_epochs_per_step=0), "training.coupling_schedule.max_epochs_per_step=0"),
        (lambda: AdaptiveSchedule(patience=0), "training.coupling_schedule.patience=0"),
        (lambda: AdaptiveSchedule(improvement=0), "training.coupling_schedule.improvement=0"),
        (lambda: AdaptiveSchedule(improvement=1.5), "training.coupling_schedule.improvement=1.5"),
    ],
)
def test_schedules_out_of_range_are_refused(build, message):
    with pytest.raises(ConfigurationError, match=message):
        build()
