"""Moving pictures on the disk."""

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageSequence

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.drawing.animation import Animation


def moving_bar(n=6):
    frames = np.zeros((n, 12, 16, 3), dtype=np.uint8)
    for index in range(n):
        frames[index, :, 2 * index : 2 * index + 4] = [200, 40, 10 * index]
    return frames


def read(path):
    with Image.open(path) as picture:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)], picture.info


def test_frames_are_on_the_disk_as_they_were_drawn(tmp_path):
    frames = moving_bar()
    Animation(frames, seconds_per_frame=0.2).save(tmp_path / "figures" / "bar.gif")
    found, information = read(tmp_path / "figures" / "bar.gif")
    assert len(found) == 6
    for expected, frame in zip(frames, found, strict=True):
        assert np.abs(frame.astype(int) - expected).max() <= 8  # a palette of 128 colours
    assert information["duration"] == 200
    assert information["loop"] == 0  # without end
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["bar.gif"]


def test_a_field_that_is_strong_for_a_moment_keeps_its_colours(tmp_path):
    amplitude = np.exp(-np.linspace(0, 5, 33))[:, None, None]
    field = amplitude * np.sin(np.linspace(0, 2 * np.pi, 60)) * np.sin(np.linspace(0, 2 * np.pi, 60))[:, None]
    frames = np.full((33, 200, 300, 3), 255, dtype=np.uint8)
    frames[:, 20:80, 20:80] = 255 * matplotlib.colormaps["RdBu_r"]((field + 1) / 2)[..., :3]
    Animation(frames).save(tmp_path / "field.gif")
    found, _ = read(tmp_path / "field.gif")
    assert np.abs(found[0].astype(int) - frames[0]).max() <= 16


def test_colours_do_not_flicker(tmp_path):
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (4, 20, 20, 3)).astype(np.uint8)
    frames[:, :5] = [10, 120, 230]
    Animation(frames).save(tmp_path / "still.gif")
    found, _ = read(tmp_path / "still.gif")
    assert all((frame[:5] == found[0][0, 0]).all() for frame in found)


def test_one_picture_is_enough(tmp_path):
    Animation(moving_bar(1)).save(tmp_path / "one.gif")
    assert len(read(tmp_path / "one.gif")[0]) == 1


@pytest.mark.parametrize(("n", "seconds"), [(0, 0.1), (3, 0.0), (3, -1.0), (3, float("nan"))])
def test_no_frames_or_no_time_are_refused(n, seconds):
    with pytest.raises(ConfigurationError, match=f"an animation of {n} frames"):
        Animation(moving_bar(n), seconds_per_frame=seconds)
