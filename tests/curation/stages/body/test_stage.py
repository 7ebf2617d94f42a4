"""The whole stage, on landmarks that are the exact projections of a rendered person."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body import BodyConfig, BodyStage
from cointeract_curation.stages.body.anny import AnnyRecoverer
from cointeract_curation.stages.body.protocol import Recovered
from cointeract_curation.stages.body.scores import body_scores
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


def test_a_trunk_that_shrinks_behind_the_product_is_told_by_the_face(truth: BodyFit) -> None:
    seen = landmarks_of(truth)
    hidden = slice(8, 20)
    shrunk = seen.body_image.copy()
    ears = shrunk[hidden][:, [7, 8]].mean(axis=1, keepdims=True)
    shrunk[hidden, 11:] = ears + 0.6 * (shrunk[hidden, 11:] - ears)
    lying = dataclasses.replace(seen, body_image=shrunk)
    fit = recover(lying)
    names = list(truth.keypoint_names)
    columns = [names.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
    apart = np.linalg.norm((fit.keypoints_2d - truth.keypoints_2d)[hidden][:, columns], axis=-1)
    lied = np.linalg.norm((shrunk[:, [11, 12, 23, 24]] - truth.keypoints_2d[:, columns])[hidden], axis=-1)
    assert apart.mean() < 0.4 * lied.mean()
    scores = body_scores(Recovered(fit, None), lying)
    assert float(scores["reprojection"] or 1) < 0.1  # of what is believed
    assert float(scores["guessed_share"] or 0) > 0.2
    depth = truth.root[hidden, 2].mean()
    assert fit.root[hidden, 2].mean() == pytest.approx(depth, rel=0.15)


def recover(landmarks: Landmarks, **config: int) -> BodyFit:
    return AnnyRecoverer(BodyConfig(**config)).recover(None, landmarks).fit  # type: ignore[arg-type]


def without(landmarks: Landmarks, what: str, frames: slice) -> Landmarks:
    """Landmarks as `people` writes them where a face, a body or hands aren't seen."""
    changed = {}
    for name, array in landmarks.__dict__.items():
        if name.startswith(f"{what}_"):
            changed[name] = array.copy()
            changed[name][frames] = 0 if name.endswith("source") else np.nan
    return dataclasses.replace(landmarks, **changed)


@pytest.mark.parametrize(
    ("gone", "frames", "fitted"),
    [
        (("hand",), slice(None), FRAMES),
        (("face",), slice(None), FRAMES),
        (("face",), slice(5, None), FRAMES),  # turned away
        (("body", "face", "hand"), slice(12, None), 12),  # left the picture
        (("body",), slice(1, None), 1),
        (("body",), slice(None), 0),  # a face or hands alone
        (("body", "face", "hand"), slice(None), 0),
    ],
)
def test_what_is_missing_ends_in_scores(truth: BodyFit, gone: tuple[str, ...], frames: slice, fitted: int) -> None:
    seen = landmarks_of(truth)
    for what in gone:
        seen = without(seen, what, frames)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = AnnyRecoverer(BodyConfig(steps=4, steps_with_shape=4)).recover(None, seen)  # type: ignore[arg-type]
        scores = body_scores(found, seen)
    assert found.fit.fitted.sum() == fitted
    assert np.isfinite(found.fit.keypoints_2d[found.fit.fitted]).all()
    assert np.isnan(found.fit.keypoints_2d[~found.fit.fitted]).all()
    json.dumps(dict(scores), allow_nan=False)
    assert scores["body_share"] == round(fitted / FRAMES, 5)
