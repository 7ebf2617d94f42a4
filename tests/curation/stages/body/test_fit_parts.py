from __future__ import annotations

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
