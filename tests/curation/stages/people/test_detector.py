from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from cointeract_curation.stages.people.detect import MediaPipeDetector
from cointeract_curation.stages.people.observe import arm_distances
from cointeract_curation.stages.people.records import Detections, Side
from tests.curation.stages.people.conftest import Rendered

FRAMES = (10, 50, 90)


def make_detector() -> MediaPipeDetector:
    return MediaPipeDetector(
        max_hands=4, face_confidence=0.5, hand_confidence=0.5, crop_confidence=0.3, pose_confidence=0.5
    )


@pytest.fixture(scope="module")
def detector() -> Iterator[MediaPipeDetector]:
    detector = make_detector()
    yield detector
    detector.close()


def labelled(found: Detections) -> dict[Side, float]:
    """Column of each hand by its own label."""
    return {Side.LEFT if hand.leftness > 0.5 else Side.RIGHT: float(hand.centre[0]) for hand in found.hands}


def test_face_and_hands_of_a_rendered_person_are_found_on_the_persons_own_sides(
    detector: MediaPipeDetector, rendered: Rendered
) -> None:
    for index in FRAMES:
        (image,) = rendered.frames(index, 1)
        truth = rendered.truth.frames[index]
        found = detector.detect(image)
        assert len(found.faces) == 1
        assert found.body is not None
        columns = labelled(found)
        for hand in found.hands:
            own = Side.LEFT if hand.leftness > 0.5 else Side.RIGHT
            assert int(arm_distances(found.body, hand).argmin()) == own
        for side, box in ((Side.LEFT, truth.left_hand), (Side.RIGHT, truth.right_hand)):
            assert box is not None
            assert box[0] <= columns[side] <= box[2]


def test_a_mirrored_picture_swaps_left_and_right(detector: MediaPipeDetector, rendered: Rendered) -> None:
    (image,) = rendered.frames(FRAMES[0], 1)
    straight, mirrored = (
        labelled(detector.detect(image)),
        labelled(detector.detect(np.ascontiguousarray(image[:, ::-1]))),
    )
    for side in Side:
        assert mirrored[side] == pytest.approx(image.shape[1] - straight[Side(1 - side)], abs=12)


def test_the_answer_is_the_same_to_the_bit_in_any_order_and_in_a_new_detector(
    detector: MediaPipeDetector, rendered: Rendered
) -> None:
    images = [rendered.frames(index, 1)[0] for index in FRAMES]
    forward = [detector.detect(image) for image in images]
    other = make_detector()
    backward = [other.detect(image) for image in reversed(images)][::-1]
    other.close()
    for one, two in zip(forward, backward, strict=True):
        assert one.body is not None
        assert two.body is not None
        assert np.array_equal(one.body.image, two.body.image)
        assert [face.box.tolist() for face in one.faces] == [face.box.tolist() for face in two.faces]
        assert [hand.image.tolist() for hand in one.hands] == [hand.image.tolist() for hand in two.hands]
        assert [hand.leftness for hand in one.hands] == [hand.leftness for hand in two.hands]


def test_a_picture_of_nothing_holds_nobody(detector: MediaPipeDetector) -> None:
    found = detector.detect(np.full((640, 360, 3), 128, np.uint8))
    assert (found.faces, found.hands, found.body) == ((), (), None)
    assert detector.detect_hands(np.zeros((256, 256, 3), np.uint8)) == ()
