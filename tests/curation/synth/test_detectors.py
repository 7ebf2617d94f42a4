"""Real detectors on the rendered footage: what makes it useful for testing the stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.curation.synth.conftest import Footage

from cointeract_curation.synth.speech import SAMPLE_RATE, room_tone, speak

STRIDE = 2


@pytest.fixture(scope="module")
def face_detector() -> Iterator[Any]:
    import mediapipe as mp

    with mp.solutions.face_detection.FaceDetection(model_selection=1) as detector:
        yield detector


@pytest.fixture(scope="module")
def hand_detector() -> Iterator[Any]:
    import mediapipe as mp

    with mp.solutions.hands.Hands(static_image_mode=True, max_num_hands=2, model_complexity=1) as detector:
        yield detector


def frames_of(footage: Footage, person: bool) -> list[int]:
    spans = [range(shot.start_frame, shot.end_frame, STRIDE) for shot in footage.truth.shots if shot.person == person]
    return [frame for span in spans for frame in span]


def test_the_face_is_found_where_it_is(footage: Footage, face_detector: Any) -> None:
    for index in frames_of(footage, person=True):
        found = face_detector.process(footage.frames[index]).detections
        box = footage.truth.frames[index].face
        assert found
        assert box is not None
        place = found[0].location_data.relative_bounding_box
        middle = (
            (place.xmin + place.width / 2) * footage.config.width,
            (place.ymin + place.height / 2) * footage.config.height,
        )
        assert box[0] < middle[0] < box[2]
        assert box[1] < middle[1] < box[3]


def test_a_hand_is_found_in_most_frames(footage: Footage, hand_detector: Any) -> None:
    frames = frames_of(footage, person=True)
    found = [bool(hand_detector.process(footage.frames[index]).multi_hand_landmarks) for index in frames]
    assert np.mean(found) >= 0.9


def test_nobody_is_found_where_nobody_is(footage: Footage, face_detector: Any, hand_detector: Any) -> None:
    for index in frames_of(footage, person=False):
        assert not face_detector.process(footage.frames[index]).detections
        assert not hand_detector.process(footage.frames[index]).multi_hand_landmarks


@pytest.mark.parametrize("female", [True, False])
def test_a_voice_detector_hears_speech_in_the_voice_and_none_in_the_room(female: bool) -> None:
    import torch
    from scipy.signal import resample_poly
    from silero_vad import get_speech_timestamps, load_silero_vad

    model = load_silero_vad()

    def share(samples: np.ndarray[Any, Any]) -> float:
        slow = torch.from_numpy(resample_poly(samples, 1, 3).astype(np.float32))
        spans = get_speech_timestamps(slow, model, sampling_rate=16_000)
        return sum(span["end"] - span["start"] for span in spans) / len(slow)

    length = 3 * SAMPLE_RATE
    assert share(speak(np.random.default_rng(1), length, female).samples) > 0.8
    assert share(room_tone(np.random.default_rng(1), length)) == 0
