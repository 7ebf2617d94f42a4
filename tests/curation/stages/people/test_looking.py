from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from cointeract_curation.stages.people.config import PeopleConfig
from cointeract_curation.stages.people.observe import Observer
from cointeract_curation.stages.people.records import Detections, Hand, Side
from cointeract_curation.stages.people.sharpness import sharpness
from cointeract_curation.stages.people.stage import frames_to_look_at
from cointeract_curation.stages.people.wrist_crops import hand_position, hand_square, pixels_per_metre
from tests.curation.stages.people.people_made_up import HEIGHT, PIXELS_PER_METRE, WIDTH, make_body, make_hand

LEFT, RIGHT = np.array([520.0, 640.0]), np.array([200.0, 640.0])


def textured(seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(40, 200, (60, 60, 3)).astype(np.uint8)
    return cv2.resize(noise, (480, 480), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def test_the_bodys_scale_and_the_hands_place_come_from_its_landmarks() -> None:
    body = make_body(LEFT, RIGHT)
    assert pixels_per_metre(body) == pytest.approx(PIXELS_PER_METRE)
    np.testing.assert_allclose(hand_position(body, Side.LEFT), LEFT)
    np.testing.assert_allclose(hand_position(body, Side.RIGHT), RIGHT)


def test_the_crop_is_a_square_around_the_hand_and_maps_back_to_the_frame() -> None:
    square = hand_square(make_body(LEFT, RIGHT), Side.LEFT, 0.5, smallest=96, width=WIDTH, height=HEIGHT)
    assert square is not None
    assert square.side == 0.5 * PIXELS_PER_METRE
    np.testing.assert_allclose(square.place(np.array([[128.0, 128.0]]), 256), [LEFT], atol=1.0)


def test_a_hand_outside_of_the_frame_is_not_looked_for() -> None:
    body = make_body(np.array([900.0, 640.0]), RIGHT)
    assert hand_square(body, Side.LEFT, 0.5, smallest=96, width=WIDTH, height=HEIGHT) is None


def test_blur_lowers_sharpness_and_contrast_does_not_change_it() -> None:
    picture = textured()
    box = np.array([60.0, 60.0, 400.0, 400.0])
    sharp = sharpness(picture, box)
    assert sharp is not None
    blurred = [
        sharpness(cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8), box) or 0.0 for sigma in (3.0, 6.0, 12.0)
    ]
    assert sharp > blurred[0] > blurred[1] > blurred[2]
    dim = (picture.astype(np.float64) * 0.4 + 20.0).astype(np.uint8)
    assert sharpness(dim, box) == pytest.approx(sharp, rel=0.05)


def test_sharpness_is_of_the_part_inside_and_none_without_one() -> None:
    picture = textured()
    assert sharpness(picture, np.array([-50.0, -50.0, 100.0, 100.0])) == sharpness(
        picture, np.array([0.0, 0.0, 100.0, 100.0])
    )
    assert sharpness(picture, np.array([476.0, 10.0, 600.0, 200.0])) is None


def test_a_flat_patch_has_no_sharpness() -> None:
    assert sharpness(np.full((200, 200, 3), 90, np.uint8), np.array([0.0, 0.0, 200.0, 200.0])) == 0.0


@pytest.mark.parametrize(
    ("count", "stride", "expected"), [(81, 1, list(range(81))), (5, 2, [0, 2, 4]), (6, 4, [0, 4, 5]), (1, 3, [0])]
)
def test_the_first_and_the_last_frame_are_always_looked_at(count: int, stride: int, expected: list[int]) -> None:
    assert frames_to_look_at(count, stride) == expected


def test_a_gap_limit_below_the_stride_and_an_even_window_are_refused() -> None:
    with pytest.raises(ValidationError, match="max_gap 8 doesn't bridge"):
        PeopleConfig(stride=12)
    with pytest.raises(ValidationError, match="smooth_window 6 is even"):
        PeopleConfig(smooth_window=6)


def test_a_hand_taken_for_a_left_and_a_right_one_is_one_hand() -> None:
    class Finds:
        """A detector that finds these hands in any picture."""

        def __init__(self, hands: tuple[Hand, ...]) -> None:
            self._hands = hands

        def detect(self, image: NDArray[np.uint8]) -> Detections:
            del image  # whatever it shows
            return Detections(faces=(), hands=self._hands, body=None)

        def detect_hands(self, image: NDArray[np.uint8]) -> tuple[Hand, ...]:
            del image
            return self._hands

        def close(self) -> None: ...

    hand = make_hand(RIGHT, Side.RIGHT)
    mirrored = hand.moved(lambda points: 2 * hand.image.mean(axis=0) - points)
    beside = make_hand(RIGHT + np.array([70.0, 0.0]), Side.LEFT)
    detector = Finds((hand, mirrored, beside))
    looker = Observer(detector, PeopleConfig(detect_short_side=WIDTH))
    found = looker.look(0, np.zeros((HEIGHT, WIDTH, 3), np.uint8)).hands
    assert len(found) == 2
