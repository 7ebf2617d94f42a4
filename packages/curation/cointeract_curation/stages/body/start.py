"""A first pose straight from the landmarks: directions of limbs and palms, bone by bone, then the place that explains the pixels.

All in camera axes: x right, y down, z away. BlazePose's and the hands' world points lie in axes parallel to these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody
from cointeract_curation.human.geometry import columns, unit
from cointeract_curation.human.hands import SIDES, palm_frame, rest_hand, suffix
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.stages.body.joints import Joint, elbow_axis, place

Floats = NDArray[np.float64]

# BlazePose's numbers, left then right
SHOULDERS, ELBOWS, WRISTS, HIPS = (11, 12), (13, 14), (15, 16), (23, 24)
PALM_POINTS = (5, 17, 9, 0)  # of a hand: index, little and middle finger's knuckle, wrist
UPRIGHT_FACING = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Camera axes from the rest body's: the person stands upright and faces the camera."""
STRAIGHT = np.deg2rad(15)  # below this bend the plane of an arm isn't told by its bones


@dataclass(frozen=True)
class Camera:
    """A pinhole at the origin of camera space: pixel = focal * (x, y) / z + centre. In pixels."""

    focal: float
    centre: tuple[float, float]

    def project(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pixels (..., 2) of points (..., 3)."""
        return np.asarray(points[..., :2] / points[..., 2:] * self.focal + np.array(self.centre), dtype=np.float32)


@dataclass(frozen=True)
class Start:
    """root_rotation (T, 3, 3) and joints (T, P, 3), rotation vectors."""

    root_rotation: Floats
    joints: Floats


def filled(values: Floats) -> Floats:
    """Values (T, ...) with missing frames (NaN anywhere in them) interpolated, or held at the ends. All NaN stays."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    known = np.isfinite(flat).all(axis=1)
    if not known.any():
        return np.asarray(values, dtype=np.float64)
    frames = np.arange(len(flat))
    columns_ = [np.interp(frames, frames[known], column[known]) for column in flat.T]
    return np.stack(columns_, axis=1).reshape(values.shape)


def start(landmarks: Landmarks, rest: RestBody, joints: list[Joint]) -> Start:
    """The first pose. Where nothing was seen a joint starts at its prior's mean."""
    from scipy.spatial.transform import Rotation

    frames = landmarks.frames
    index = {joint.name: number for number, joint in enumerate(joints)}
    vectors = np.broadcast_to(np.array([joint.mean * joint.axis for joint in joints]), (frames, len(joints), 3)).copy()
    body = filled(landmarks.body_world.astype(np.float64))
    if not np.isfinite(body).all():
        return Start(np.broadcast_to(UPRIGHT_FACING, (frames, 3, 3)).copy(), vectors)
    root = _torso(body)
    for hand, side in enumerate(SIDES):
        end = suffix(side)
        arm = root @ _arm_turn(body, rest, hand, end, root, vectors, index)
        shoulder = Rotation.from_matrix(np.swapaxes(root, 1, 2) @ arm)
        vectors[:, index[f"shoulder.{end}"]] = shoulder.as_rotvec()
        bend = vectors[:, index[f"elbow.{end}"]]
        fore = arm @ Rotation.from_rotvec(bend).as_matrix()
        world = filled(landmarks.hand_world[:, hand].astype(np.float64))
        if np.isfinite(world).all():
            palm = _palm(world, side) @ palm_frame(rest_hand(rest, side)).T
            turn = Rotation.from_matrix(np.swapaxes(fore, 1, 2) @ palm).as_rotvec()
            axis = joints[index[f"forearm.{end}"]].axis
            twist = np.clip(turn @ axis, -1.6, 1.6)[:, None] * axis
            vectors[:, index[f"forearm.{end}"]] = twist
            after = Rotation.from_rotvec(twist).inv() * Rotation.from_rotvec(turn)
            vectors[:, index[f"wrist.{end}"]] = np.clip(after.as_rotvec(), -1.0, 1.0)
    return Start(root, vectors)


def _torso(body: Floats) -> Floats:
    """Rotations (T, 3, 3) of the trunk, from hips and shoulders. At rest its axes point left, back and up, as the body's own."""
    across = unit(
        body[:, SHOULDERS[0]] - body[:, SHOULDERS[1]] + body[:, HIPS[0]] - body[:, HIPS[1]]
    )  # to the person's left
    up = body[:, SHOULDERS].mean(axis=1) - body[:, HIPS].mean(axis=1)
    up = unit(up - across * (up * across).sum(-1, keepdims=True))
    return columns(across, np.cross(up, across), up)


def _arm_turn(
    body: Floats, rest: RestBody, hand: int, end: str, root: Floats, vectors: Floats, index: dict[str, int]
) -> Floats:
    """The upper arm's rotations (T, 3, 3) relative to the trunk; the elbow's angle goes into ``vectors``."""
    inverse = np.swapaxes(root, 1, 2)
    upper = unit(np.einsum("tab,tb->ta", inverse, body[:, ELBOWS[hand]] - body[:, SHOULDERS[hand]]))
    fore = unit(np.einsum("tab,tb->ta", inverse, body[:, WRISTS[hand]] - body[:, ELBOWS[hand]]))
    angle = np.arccos(np.clip((upper * fore).sum(-1), -1, 1))
    normal = np.cross(upper, fore)
    normal[angle < STRAIGHT] = np.nan
    normal = filled(normal)
    hinge = elbow_axis(rest, end)
    if not np.isfinite(normal).all():
        normal = np.broadcast_to(hinge, upper.shape).copy()
    normal = unit(normal - upper * (normal * upper).sum(-1, keepdims=True))
    down = unit(place(rest, f"lowerarm01.{end}") - place(rest, f"upperarm01.{end}"))
    fore_rest = unit(place(rest, f"wrist.{end}") - place(rest, f"lowerarm01.{end}"))
    bent_at_rest = np.arcsin(np.clip(np.cross(down, fore_rest) @ hinge, -1, 1))
    vectors[:, index[f"elbow.{end}"]] = np.clip(angle - bent_at_rest, 0.0, 2.5)[:, None] * hinge
    posed = columns(upper, normal, np.cross(upper, normal))
    at_rest = columns(down, hinge, np.cross(down, hinge))
    return posed @ at_rest.T


def _palm(world: Floats, side: str) -> Floats:
    """The palm's frame (T, 3, 3): across, forward, normal, as `human.hands.palm_frame`."""
    first, last, middle, wrist = (world[:, point] for point in PALM_POINTS)
    forward = unit(middle - wrist)
    across = first - last
    across = unit(across - forward * (across * forward).sum(-1, keepdims=True))
    normal = np.cross(forward, across) if side == "left" else np.cross(across, forward)
    return columns(across, forward, normal)


def root_places(points: Floats, pixels: Floats, weights: Floats, camera: Camera) -> Floats:
    """Where the root must stand in each frame for points to meet pixels: linear least squares, then filled over missing frames.

    Args:
        points: (T, N, 3) camera axes, relative to the root.
        pixels: (T, N, 2); weights: (T, N), 0 where a point isn't seen.
        camera: the clip's.

    Returns:
        (T, 3) metres; all NaN where no frame has points enough.
    """
    # u (Z + z) = f (X + x) for each point: two equations in the place (x, y, z)
    away = (pixels - np.array(camera.centre)) / camera.focal
    rows = np.zeros((*weights.shape, 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = 1
    rows[..., 0, 2], rows[..., 1, 2] = -away[..., 0], -away[..., 1]
    right = away * points[..., 2:] - points[..., :2]
    seen = weights > 0
    rows, right = np.where(seen[..., None, None], rows, 0.0), np.where(seen[..., None], right, 0.0)
    scaled = rows * weights[..., None, None]
    normal = np.einsum("tnia,tnib->tab", scaled, rows)
    target = np.einsum("tnia,tni->ta", scaled, right)
    places = np.full((len(points), 3), np.nan)
    enough = seen.sum(axis=1) >= len(normal[0])
    if enough.any():
        places[enough] = np.linalg.solve(normal[enough] + 1e-9 * np.eye(3), target[enough][..., None])[..., 0]
    return filled(places)
