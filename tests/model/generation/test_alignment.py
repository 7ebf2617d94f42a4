"""Sound and picture stay together over clips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model.generation.clips import CLIP_FRAMES
from cointeract_model.generation.encode import clip_audio
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.sound import Sound
from tests.model.generation.conftest import parts_of, voice

FRAMES = 5 * CLIP_FRAMES


def click(frame: int) -> Sound:
    """Silence but for the 40 ms of one frame."""
    samples = np.zeros(640 * FRAMES, np.float32)
    samples[640 * frame + 200 : 640 * frame + 440] = 0.5
    return Sound(samples, np.zeros((1, 3 * len(samples)), np.float32))


def loudest(clip: int, frame: int, parts: Parts) -> int | None:
    """The frame of the video at which a clip hears the click; None where it doesn't."""
    energy = clip_audio(clip, click(frame), parts)[0].sum((0, 1))
    column = int(energy.argmax())
    return clip * CLIP_FRAMES + column if energy[column] > energy.median() else None


@pytest.fixture(scope="module")
def aligned() -> Parts:
    return parts_of()


@settings(max_examples=25, deadline=None)
@given(frame=st.integers(0, FRAMES - 1))
def test_every_frame_hears_its_own_sound_in_every_clip(aligned: Parts, frame: int) -> None:
    assert loudest(frame // CLIP_FRAMES, frame, aligned) == frame


@pytest.mark.parametrize("clip", range(5))
def test_a_clip_hears_80_frames_and_the_next_one_those_that_follow(aligned: Parts, clip: int) -> None:
    features = clip_audio(clip, click(0), aligned)
    assert tuple(features.shape) == (1, 4, 32, CLIP_FRAMES)
    assert loudest(clip, (clip + 1) * CLIP_FRAMES - 1, aligned) == (clip + 1) * CLIP_FRAMES - 1
    assert loudest(clip, clip * CLIP_FRAMES, aligned) == clip * CLIP_FRAMES


def test_a_model_of_the_released_phase_hears_the_first_clip_a_frame_earlier() -> None:
    """It learned so: without motion, sound 4k .. 4k + 3 belongs to frames 4k + 1 .. 4k + 4. With motion they agree."""
    released = parts_of(preset="release")
    assert released.settings.phase == "release"
    assert loudest(0, 30, released) == 31
    assert loudest(1, 130, released) == 130


def test_what_comes_after_the_sound_is_silence(aligned: Parts) -> None:
    short = Sound(voice(90 / 25).astype(np.float32), np.zeros((1, 90 * 1920), np.float32))
    last = clip_audio(1, short, aligned)[0]
    silence = last[..., -1:]
    assert bool((last[..., 12:] == silence).all())
    assert bool((last[..., :8] > silence + 1).any((0, 1)).all())
