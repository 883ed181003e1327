import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import LinearOscillators
from sciml_bench.systems import DrivenOscillator


def test_every_oscillator_is_one_exact_trajectory():
    data = LinearOscillators({"slow": DrivenOscillator(0.5), "fast": DrivenOscillator(3.0)}, n_steps=40, time_step=0.1)
    data.setup()
    times = 0.1 * np.arange(41)
    for row, frequency in enumerate((0.5, 3.0)):
        np.testing.assert_allclose(
            data.observations.states[row, :, 0], np.sin(frequency * times) / frequency, atol=1e-12
        )
        np.testing.assert_allclose(data.observations.states[row, :, 1], np.cos(frequency * times), atol=1e-12)
    assert data.spec.n_learned_rows == 41


def test_no_oscillator_is_refused():
    with pytest.raises(ConfigurationError, match=r"data\.systems is empty"):
        LinearOscillators({})
