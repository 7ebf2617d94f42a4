"""Brightness, sharpness and motion of rendered frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.stages.quality.config import MotionConfig
from cointeract_curation.stages.quality.luminance import measure_luminance
from cointeract_curation.stages.quality.motion import measure_motion
from cointeract_curation.stages.quality.pictures import scaled
from cointeract_curation.stages.quality.sharpness import measure_sharpness
from tests.curation.stages.quality.scenes import panning, texture

TILE = 60


def luma(frames: list[NDArray[np.uint8]], short_side: int) -> NDArray[np.uint8]:
    return np.stack([scaled(np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)), short_side) for frame in frames])


def test_luminance_of_a_picture_that_is_half_dark_and_half_bright() -> None:
    picture = np.full((1, 40, 40), 20, dtype=np.uint8)
    picture[:, 20:] = 220
    measured = measure_luminance(np.repeat(picture, 3, axis=0))
    assert (measured.mean, measured.p05, measured.p95, measured.contrast) == (120.0, 20.0, 220.0, 100.0)
    assert measured.by_frame.tolist() == [120.0] * 3


def test_percentiles_ignore_the_brightest_twentieth() -> None:
    picture = np.full((1, 10, 10), 50, dtype=np.uint8)
    picture[0, 0, :5] = 255
    assert measure_luminance(picture).p95 == 50.0


def sharpness_of(frame: NDArray[np.uint8]) -> tuple[float, float]:
    measured = measure_sharpness({0: luma([frame], 480)[0]}, TILE)
    return measured.median, measured.detail


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_blur_lowers_sharpness(sigma: float) -> None:
    sharp = texture(1280, 720, cell=4)
    whole, detail = sharpness_of(sharp)
    blurred_whole, blurred_detail = sharpness_of(cv2.GaussianBlur(sharp, (0, 0), sigma))
    assert blurred_whole < 0.8 * whole
    assert blurred_detail < 0.8 * detail


def test_sharpness_does_not_depend_on_the_resolution_that_a_scene_was_stored_at() -> None:
    large = texture(1920, 1080, cell=9)
    small = np.asarray(cv2.resize(large, (720, 1280), interpolation=cv2.INTER_AREA))
    assert sharpness_of(small)[0] == pytest.approx(sharpness_of(large)[0], rel=0.1)


def test_a_plain_background_lowers_sharpness_and_not_its_detail() -> None:
    full = texture(854, 480, cell=6)
    person = np.full_like(full, 128)
    person[400:, 120:360] = full[400:, 120:360]
    assert sharpness_of(person)[0] < 0.5 * sharpness_of(full)[0]
    assert sharpness_of(person)[1] == pytest.approx(sharpness_of(full)[1], rel=0.15)


def test_the_least_sharp_frame_is_reported() -> None:
    sharp = luma([texture(854, 480, cell=6)], 480)[0]
    plain = np.full_like(sharp, 90)
    measured = measure_sharpness({0: sharp, 5: plain, 10: sharp}, TILE)
    assert measured.lowest == 0.0
    assert measured.by_frame == {0: measured.median, 5: 0.0, 10: measured.median}


@pytest.mark.parametrize(("height", "width", "step"), [(640, 360, 4), (1280, 720, 8)])
def test_a_pan_has_its_speed_in_diagonals_per_second_at_any_resolution(height: int, width: int, step: int) -> None:
    frames = panning(21, step, height=height, width=width)
    expected = step * 25 / float(np.hypot(height, width))
    measured = measure_motion(luma(frames, 180), 25, MotionConfig())
    assert measured.mean == pytest.approx(expected, rel=0.15)
    assert measured.camera == pytest.approx(expected, rel=0.1)
    assert measured.p95 == pytest.approx(expected, rel=0.2)
    assert measured.shake < 0.1 * expected


def test_a_still_picture_does_not_move() -> None:
    measured = measure_motion(luma([texture(640, 360)] * 9, 180), 25, MotionConfig())
    assert (measured.mean, measured.local, measured.camera, measured.shake) == (0.0, 0.0, 0.0, 0.0)


def test_a_small_thing_that_moves_is_local_motion_and_no_camera_motion() -> None:
    background, patch = texture(640, 360), texture(150, 150, seed=8, cell=10)
    frames = []
    for index in range(21):
        frame = background.copy()
        frame[240:390, 90 + 3 * index : 240 + 3 * index] = patch
        frames.append(frame)
    measured = measure_motion(luma(frames, 180), 25, MotionConfig())
    assert measured.camera == 0.0
    assert measured.local > 3 * measured.mean > 0


def test_a_trembling_camera_shakes_more_than_a_panning_one() -> None:
    wide = texture(680, 400)
    offsets = np.random.default_rng(5).integers(0, 12, (21, 2))
    trembling = [np.ascontiguousarray(wide[y : y + 640, x : x + 360]) for y, x in offsets]
    pan = measure_motion(luma(panning(21, 3), 180), 25, MotionConfig())
    shake = measure_motion(luma(trembling, 180), 25, MotionConfig())
    assert shake.shake > 10 * pan.shake


def test_two_frames_are_enough_for_motion() -> None:
    assert measure_motion(luma(panning(2, 4), 180), 25, MotionConfig()).mean > 0
