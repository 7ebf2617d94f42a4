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
from cointeract_curation.stages.body.targets import FACE
from cointeract_curation.synth.truth_body import true_body
from tests.curation.stages.body.body_made_up import landmarks_of

FRAMES = 25


@pytest.fixture(scope="module")
def truth(livestream: Path) -> BodyFit:
    return true_body(livestream.with_suffix(".truth.json"), 0, FRAMES)


def test_a_body_is_found_from_its_landmarks(truth: BodyFit) -> None:
    landmarks = landmarks_of(truth)
    recoverer = AnnyRecoverer(BodyConfig())
    fit = recoverer.recover(None, landmarks).fit  # type: ignore[arg-type]  # the pictures aren't looked at
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
    again = recoverer.recover(None, landmarks).fit  # type: ignore[arg-type]
    assert again.rotations.tobytes() == fit.rotations.tobytes()


def test_nobody_ends_in_a_fit_without_frames(truth: BodyFit, tmp_path: Path) -> None:
    seen = landmarks_of(truth)
    nobody = Landmarks(**{**seen.__dict__, "body_source": np.zeros(FRAMES, np.uint8)})
    fit = AnnyRecoverer(BodyConfig()).recover(None, nobody).fit  # type: ignore[arg-type]
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
