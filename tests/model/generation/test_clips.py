"""How a video is cut into clips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointeract_model.generation.clips import CLIP_FRAMES, clips_of, new_frames, sound_window, worth_making

LENGTHS = st.integers(1, 10_000)


@given(LENGTHS)
def test_clips_make_exactly_the_frames_of_the_sound(frames: int) -> None:
    made = [new_frames(clip, frames) for clip in range(clips_of(frames))]
    assert sum(made) == frames
    assert all(count == 80 for count in made[:-1])
    assert 1 <= made[-1] <= 80


@pytest.mark.parametrize(("frames", "clips"), [(1, 1), (80, 1), (81, 2), (160, 2), (161, 3)])
def test_a_clip_begins_every_80_frames(frames: int, clips: int) -> None:
    assert clips_of(frames) == clips


@given(st.integers(1, 500))
def test_sound_advances_by_80_frames_a_clip_so_nothing_drifts(clip: int) -> None:
    begin, end = sound_window(clip)
    assert begin == clip * CLIP_FRAMES
    assert end - begin == 81


def test_the_first_clip_hears_a_frame_of_silence_for_the_picture_that_is_not_shown() -> None:
    assert sound_window(0) == (-1, 80)


@given(LENGTHS)
def test_no_clip_is_made_for_one_frame_of_sound_alone(frames: int) -> None:
    made = worth_making(frames)
    assert made in {frames, frames - 1}
    assert made == 1 or made % CLIP_FRAMES != 1
    assert (clips_of(made) < clips_of(frames)) == (made < frames)
