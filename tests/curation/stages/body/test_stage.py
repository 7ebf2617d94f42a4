"""The whole stage, on landmarks that are the exact projections of a rendered person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body import BodyConfig, BodyStage
from cointeract_curation.stages.body.anny import AnnyRecoverer
from cointeract_curation.stages.body.targets import BODY, FACE
from cointeract_curation.synth.truth_body import true_body

FRAMES = 25


def landmarks_of(body: BodyFit) -> Landmarks:
    """What perfect detectors would see of a body; the torso is BlazePose's, so its points lie where the fit expects them."""
    frames, names = body.frames, list(body.keypoint_names)
    image, world = np.zeros((frames, 33, 2), np.float32), np.zeros((frames, 33, 3), np.float32)
    visibility = np.zeros((frames, 33), np.float32)
    for name, number in BODY.items():
        image[:, number], world[:, number] = (
            body.keypoints_2d[:, names.index(name)],
            body.keypoints_3d[:, names.index(name)],
        )
        visibility[:, number] = 1
    face = np.zeros((frames, 6, 2), np.float32)
    for name, number in FACE.items():
        face[:, number] = body.keypoints_2d[:, names.index(name)]
    ones = np.ones(frames, np.uint8)
    return Landmarks(
        size=np.array(body.size, np.int32),
        looked=np.ones(frames, bool),
        face_box=np.zeros((frames, 4), np.float32),
        face_keypoints=face,
        face_source=ones,
        hand_box=np.zeros((frames, 2, 4), np.float32),
        hand_image=body.hands_2d,
        hand_world=body.hands_3d,
        hand_source=np.ones((frames, 2), np.uint8),
        body_image=image,
        body_world=world,
        body_visibility=visibility,
        body_source=ones,
    )


@pytest.fixture(scope="module")
def truth(livestream: Path) -> BodyFit:
    return true_body(livestream.with_suffix(".truth.json"), 0, FRAMES)


def test_a_body_is_found_from_its_landmarks(truth: BodyFit) -> None:
    landmarks = landmarks_of(truth)
    recoverer = AnnyRecoverer(BodyConfig())
    fit = recoverer.recover(None, landmarks)  # type: ignore[arg-type]  # the pictures aren't looked at
    assert fit.fitted.all()
    names = list(truth.keypoint_names)
    torso = np.linalg.norm(
        truth.keypoints_2d[:, names.index("left_shoulder")] - truth.keypoints_2d[:, names.index("left_hip")]
    )
    apart = np.linalg.norm(fit.hands_2d - truth.hands_2d, axis=-1)
    assert np.median(apart) < 0.03 * torso / np.sqrt(FRAMES)
    face = [names.index(name) for name in FACE]
    assert np.median(
        np.linalg.norm((fit.keypoints_2d - truth.keypoints_2d)[:, face], axis=-1)
    ) < 0.03 * torso / np.sqrt(FRAMES)
    again = recoverer.recover(None, landmarks)  # type: ignore[arg-type]
    assert again.rotations.tobytes() == fit.rotations.tobytes()


def test_nobody_ends_in_a_fit_without_frames(truth: BodyFit, tmp_path: Path) -> None:
    seen = landmarks_of(truth)
    nobody = Landmarks(**{**seen.__dict__, "body_source": np.zeros(FRAMES, np.uint8)})
    fit = AnnyRecoverer(BodyConfig()).recover(None, nobody)  # type: ignore[arg-type]
    assert not fit.fitted.any()
    fit.save(tmp_path / "body.npz")
    assert np.isnan(BodyFit.load(tmp_path / "body.npz").rotations).all()


def test_landmarks_of_another_kind_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "landmarks.npz", size=np.array([4, 4]))
    with pytest.raises(UnusableInputError, match="it lacks looked"):
        Landmarks.load(tmp_path / "landmarks.npz")


def test_running_before_setting_up_is_told() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        BodyStage(BodyConfig()).run(None)  # type: ignore[arg-type]
