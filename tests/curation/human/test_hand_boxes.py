from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.hand_boxes import mesh_hand_boxes
from cointeract_curation.human.mesh import body_mesh
from cointeract_curation.synth.truth_body import true_body

FRAMES = 20


@pytest.fixture(scope="module")
def body(livestream: Path) -> BodyFit:
    return true_body(livestream.with_suffix(".truth.json"), 0, FRAMES)


def test_a_box_holds_the_hand_and_little_more(body: BodyFit) -> None:
    boxes = mesh_hand_boxes(body, body_mesh(body))
    points = body.hands_2d
    size = np.array(body.size)
    inside = ((points > 0) & (points < size)).all(axis=(2, 3))
    assert inside.any()
    low, high = points.min(axis=2)[inside], points.max(axis=2)[inside]
    assert (boxes[inside][:, :2] <= low + 1).all()
    assert (boxes[inside][:, 2:] >= high - 1).all()
    extent = (high - low).max(axis=1, keepdims=True)
    assert (boxes[inside][:, :2] > low - 0.5 * extent).all()
    assert (boxes[inside][:, 2:] < high + 0.5 * extent).all()


def test_no_body_no_box_and_no_warning(body: BodyFit) -> None:
    rotations, root, fitted = body.rotations.copy(), body.root.copy(), body.fitted.copy()
    rotations[5:], root[5:], fitted[5:] = np.nan, np.nan, False
    partly = dataclasses.replace(body, rotations=rotations, root=root, fitted=fitted)
    nobody = dataclasses.replace(body, fitted=np.zeros(FRAMES, bool))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        boxes = mesh_hand_boxes(partly, body_mesh(partly))
        assert np.isnan(mesh_hand_boxes(nobody, body_mesh(nobody))).all()
    assert np.isnan(boxes[5:]).all()
    assert np.isfinite(boxes[:5]).any()


def test_a_hand_beside_the_picture_has_no_box(body: BodyFit) -> None:
    aside = dataclasses.replace(body, root=body.root + np.array([9, 0, 0], np.float32))
    behind = dataclasses.replace(body, root=body.root - np.array([0, 0, 9], np.float32))
    for away in (aside, behind):
        assert np.isnan(mesh_hand_boxes(away, body_mesh(away))).all()
