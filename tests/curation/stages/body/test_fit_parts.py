from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cointeract_curation.human.body import pose_bones, skeleton
from cointeract_curation.stages.body.kinematics import Kinematics, exponential
from cointeract_curation.stages.body.rest_points import average
from cointeract_curation.stages.body.splines import spline_basis
from cointeract_curation.stages.body.start import Camera, filled, root_places
from cointeract_curation.stages.body.trust import arm_trust, head_scale, trunk_trust
from cointeract_curation.synth.truth_body import true_body
from tests.curation.stages.body.body_made_up import landmarks_of


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_rotation_matrices_are_those_of_scipy(vector: list[float]) -> None:
    ours = exponential(torch.tensor([vector], dtype=torch.float64)).numpy()[0]
    assert ours == pytest.approx(Rotation.from_rotvec(vector).as_matrix(), abs=1e-5)


def test_forward_kinematics_are_those_of_the_body_model() -> None:
    rest, _ = average()
    vectors = np.random.default_rng(0).normal(0, 0.3, (2, len(skeleton().bones), 3))
    local = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(2, -1, 3, 3)
    local[:, 0] = np.eye(3)
    root = np.array([[0.1, 0.2, 2.0], [0.0, 0.0, 3.0]])
    rotations, heads = Kinematics().forward(
        torch.tensor(local),
        torch.eye(3, dtype=torch.float64).expand(2, 3, 3),
        torch.tensor(root),
        torch.tensor(rest.heads),
    )
    true = pose_bones(rest, {name: local[:, index] for index, name in enumerate(skeleton().bones)}, {}, root)
    assert rotations.numpy() == pytest.approx(true[0], abs=1e-9)
    assert heads.numpy() == pytest.approx(true[1], abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 12))
def test_splines_cover_every_frame_and_add_up_to_one(frames: int, spacing: int) -> None:
    basis = spline_basis(frames, spacing)
    assert basis.shape[0] == frames
    assert basis.sum(axis=1) == pytest.approx(np.ones(frames))
    assert (basis >= 0).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.8, 5))
def test_a_root_is_put_where_its_points_meet_their_pixels(x: float, y: float, z: float) -> None:
    points = np.random.default_rng(1).normal(0, 0.2, (3, 6, 3))
    camera = Camera(900.0, (240.0, 416.0))
    pixels = camera.project(points + np.array([x, y, z])).astype(float)
    weights = np.ones((3, 6))
    weights[1] = 0  # a frame without points takes its neighbours' place
    assert root_places(points, pixels, weights, camera) == pytest.approx(np.broadcast_to([x, y, z], (3, 3)), abs=1e-3)


def test_missing_frames_are_filled_between_and_held_at_the_ends() -> None:
    values = np.array([[np.nan], [1.0], [np.nan], [3.0], [np.nan]])
    assert filled(values)[:, 0].tolist() == [1, 1, 2, 3, 3]
    assert np.isnan(filled(np.full((2, 1), np.nan))).all()


def test_an_arm_that_ends_on_the_other_hand_is_not_believed(livestream: Path) -> None:
    seen = landmarks_of(true_body(livestream.with_suffix(".truth.json"), 0, 3))
    left_wrist, right_wrist = 15, 16
    image, source = seen.body_image.copy(), seen.hand_source.copy()
    visibility = np.full_like(seen.body_visibility, 0.8)
    image[:, left_wrist] = image[:, right_wrist]
    wrist = image[:, right_wrist]
    box = np.stack([np.full((3, 4), np.nan), np.concatenate([wrist - 20, wrist + 20], axis=1)], axis=1)
    source[1, 0] = 0
    odd = dataclasses.replace(
        seen, body_image=image, hand_source=source, body_visibility=visibility, hand_box=box.astype(np.float32)
    )
    trust = arm_trust(odd)
    assert trust[1, left_wrist] == 0
    assert trust[[0, 2], left_wrist].tolist() == [1, 1]  # its own hand is seen
    assert (trust[:, right_wrist] == 1).all()
    elsewhere = dataclasses.replace(odd, body_image=seen.body_image)
    apart = np.linalg.norm(seen.body_image[1, left_wrist] - seen.body_image[1, right_wrist])
    assert apart > 40
    assert arm_trust(elsewhere)[1, left_wrist] == pytest.approx(0.64, abs=1e-3)


def test_nothing_is_doubted_of_people_who_stand_in_the_open(livestream: Path) -> None:
    seen = landmarks_of(true_body(livestream.with_suffix(".truth.json"), 0, 9))
    scale, frontal = head_scale(seen)
    assert (trunk_trust(seen, scale) > 0.8).all()
    assert frontal.max() > 0.5
    faceless = dataclasses.replace(seen, face_source=np.zeros(9, np.uint8))
    nothing, _ = head_scale(faceless)
    assert np.isnan(nothing).all()
    assert (trunk_trust(faceless, nothing) == 1).all()
