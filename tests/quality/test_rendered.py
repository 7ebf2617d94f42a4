"""The benchmark's own measures: truth held against itself is perfect, and a known mistake shows in its figure alone."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.media.masks import make_masks
from cointeract_curation.synth.truth_body import true_body
from cointeract_shards.records import Tracks
from tests.quality.clip_truth import ClipTruth, clip_truth
from tests.quality.found import Found
from tests.quality.rendered import measure_clip
from tests.quality.report import Target, shown
from tests.quality.worst import APART, worst_frames

FIRST, FRAMES = 10, 12


@pytest.fixture(scope="module")
def truth(livestream: Path) -> ClipTruth:
    return clip_truth(livestream.with_suffix(".truth.json"), FIRST, FRAMES)


@pytest.fixture(scope="module")
def perfect(livestream: Path, truth: ClipTruth) -> Found:
    """What curation would have found if it made no mistake."""
    size = truth.size
    blank = {"face": (), "left_hand": (), "right_hand": (), "object": (), "contact": ()}
    return Found(
        tracks=Tracks.model_construct(width=size[0], height=size[1], frames=FRAMES, **blank),
        fit=true_body(livestream.with_suffix(".truth.json"), FIRST, FRAMES),
        objects=make_masks([truth.mask("object", frame) for frame in range(FRAMES)], size),
        silhouettes=make_masks([truth.mask("body", frame) for frame in range(FRAMES)], size),
        face=truth.face,
        hands=truth.hands,
        contact=truth.contact,
    )


def test_truth_against_itself_is_perfect(perfect: Found, truth: ClipTruth) -> None:
    measured = measure_clip(perfect, truth)
    assert measured.value("object_iou") == 1
    assert measured.value("body_iou") == 1
    assert measured.value("joint_error") < 1e-5
    assert measured.value("jitter") < 1e-5
    assert measured.value("face_iou") == 1
    assert measured.value("swaps") == 0
    assert measured.contact.f1 == 1


def test_hands_that_change_sides_are_swaps(perfect: Found, truth: ClipTruth) -> None:
    both = np.isfinite(truth.hands).all(axis=(1, 2))
    assert both.any(), "both hands must be seen for this to say anything"
    measured = measure_clip(dataclasses.replace(perfect, hands=perfect.hands[:, ::-1]), truth)
    assert measured.value("swaps") > 0.9
    assert measured.value("object_iou") == 1


def test_a_missing_object_counts_as_nothing_found(perfect: Found, truth: ClipTruth) -> None:
    nothing = make_masks([np.zeros(truth.size[::-1], bool)] * FRAMES, truth.size)
    assert measure_clip(dataclasses.replace(perfect, objects=nothing), truth).value("object_iou") == 0


def test_a_shift_of_a_tenth_of_the_torso_is_a_joint_error_of_a_tenth(perfect: Found, truth: ClipTruth) -> None:
    shoulders, hips = ((truth.keypoint(f"left_{name}") + truth.keypoint(f"right_{name}")) / 2 for name in ("shoulder", "hip"))
    shift = float(np.median(np.linalg.norm(shoulders - hips, axis=1))) / 10
    moved = dataclasses.replace(perfect.fit, keypoints_2d=perfect.fit.keypoints_2d + np.float32([shift, 0]))
    assert measure_clip(dataclasses.replace(perfect, fit=moved), truth).value("joint_error") == pytest.approx(0.1, rel=0.01)


def test_frames_over_a_cut_are_refused(livestream: Path) -> None:
    with pytest.raises(ValueError, match="reach over a cut"):
        clip_truth(livestream.with_suffix(".truth.json"), 160, 81)


def test_the_worst_frames_come_first_and_stand_apart() -> None:
    values = [np.linspace(1, 0, 50), np.full(50, 0.5), np.full(50, np.nan)]
    cases = worst_frames(values, 4)
    assert cases[0] == (0, 49, 0.0)
    assert [value for _, _, value in cases] == sorted(value for _, _, value in cases)
    of_one = [frame for clip, frame, _ in cases if clip == 0]
    assert all(abs(one - other) >= APART for one in of_one for other in of_one if one != other)


def test_what_could_not_be_measured_reaches_nothing() -> None:
    assert not Target("x", 0.5).reached(math.nan)
    assert not Target("x", 0.5, at_least=False).reached(math.nan)
    assert Target("x", 0.5, at_least=False).reached(0.5)
    assert shown(math.nan) == "-"
