"""The whole stage, on a rendered clip with its true body."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.stages.pose import PoseConfig, PoseStage
from tests.curation.stages.true_clip import TrueClip, true_clip

FRAMES = 9


@pytest.fixture(scope="module")
def clip(livestream: Path) -> TrueClip:
    return true_clip(livestream, 30, FRAMES)


def test_the_skeleton_lies_on_the_person(clip: TrueClip, tmp_path: Path) -> None:
    scores, folder = clip.run(PoseStage(PoseConfig()), tmp_path)
    assert scores == {"body_share": 1.0, "left_hand_share": 1.0, "right_hand_share": 1.0, "face_share": 1.0}
    pictures = list(DecodedVideo(folder / "pose.mp4"))
    assert len(pictures) == FRAMES
    names = list(clip.body.keypoint_names)
    for picture, keypoints, hands in zip(pictures, clip.body.keypoints_2d, clip.body.hands_2d, strict=True):
        for name in ("left_elbow", "right_shoulder", "left_hip", "nose"):
            x, y = keypoints[names.index(name)]
            if 2 <= x < picture.shape[1] - 2 and 2 <= y < picture.shape[0] - 2:
                assert picture[int(y), int(x)].max() > 100, name
        x, y = hands[0, 8]
        assert picture[int(y), int(x), 2] > 60
        assert np.mean(picture.max(axis=-1) > 40) < 0.2


def test_the_same_bytes_and_no_hand_that_was_not_seen(clip: TrueClip, tmp_path: Path) -> None:
    _, one = clip.run(PoseStage(PoseConfig()), tmp_path / "one")
    _, two = clip.run(PoseStage(PoseConfig()), tmp_path / "two")
    assert (one / "pose.mp4").read_bytes() == (two / "pose.mp4").read_bytes()
    observed = clip.body.hand_observed.copy()
    observed[:, 0] = 0
    scores, _ = replace(clip, body=replace(clip.body, hand_observed=observed)).run(
        PoseStage(PoseConfig()), tmp_path / "three"
    )
    assert (scores["left_hand_share"], scores["right_hand_share"]) == (0.0, 1.0)


def test_nobody_is_black(clip: TrueClip, tmp_path: Path) -> None:
    gone = replace(
        clip,
        body=replace(
            clip.body, fitted=np.zeros(FRAMES, bool), keypoints_2d=np.full_like(clip.body.keypoints_2d, np.nan)
        ),
        landmarks=replace(clip.landmarks, face_source=np.zeros(FRAMES, np.uint8)),
    )
    scores, folder = gone.run(PoseStage(PoseConfig()), tmp_path)
    assert scores == {"body_share": 0.0, "left_hand_share": 0.0, "right_hand_share": 0.0, "face_share": 0.0}
    assert all(picture.max() <= 1 for picture in DecodedVideo(folder / "pose.mp4"))


def test_a_body_of_another_clip_is_refused(clip: TrueClip, tmp_path: Path) -> None:
    short = replace(clip, body=replace(clip.body, fitted=clip.body.fitted[:3]))
    with pytest.raises(UnusableInputError, match=r"body\.npz is about 3 frames"):
        short.run(PoseStage(PoseConfig()), tmp_path)


def test_running_before_setting_up_is_told() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        PoseStage(PoseConfig()).run(None)  # type: ignore[arg-type]
