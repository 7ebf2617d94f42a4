"""A few frames of a staged shot, rendered, with the object's mask and with what curation would know about the person."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import keypoint_labels, skeleton
from cointeract_curation.human.camera import Pinhole
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.human.parts import triangle_parts
from cointeract_curation.learn.doubt import doubted_hands, wobble
from cointeract_curation.learn.overlay import draw_overlay, paint_overlay
from cointeract_curation.synth.arrays import shot_joints
from cointeract_curation.synth.outline import Outline
from cointeract_curation.synth.render import Renderer
from cointeract_curation.synth.staging import BODY, PRODUCT, PersonShot, ProductShot, StagedShot, solid_of

Floats32 = NDArray[np.float32]
Size = tuple[int, int]

PAIRS = 6
"""Looks at a shot, spread over its length. Each is two neighbouring frames, so that motion can be seen."""
ZOOM = (0.8, 1.45)
AIM = 0.1
"""Share of the picture by which the view is moved to a side."""
JPEG_QUALITY = (50, 95)
GLASS, GLASS_SEEN = 0.08, (0.25, 0.7)
"""Share of products that one can see through, and how much of them is seen."""
MESH_OFF = 0.012
"""Of the picture's longer side, by which a fitted body lies beside the true one."""


@dataclass(frozen=True)
class LearningShot:
    """N frames, of which each even one and the next are neighbours in time."""

    pictures: NDArray[np.uint8]
    """(N, H, W, 3)"""
    masks: NDArray[np.bool_]
    """(N, H, W) the product's visible pixels."""
    parts: NDArray[np.uint8]
    """(N, H, W) as `body_parts` gives them for a fitted body."""
    landmarks: Landmarks
    fit: BodyFit


def render_shot(staged: StagedShot, size: Size, rng: np.random.Generator) -> LearningShot:
    """Render `PAIRS` looks at a shot with a person; ``size`` is (width, height)."""
    starts = np.linspace(0, len(staged.cameras) - 2, PAIRS + 1)
    firsts = np.floor(rng.uniform(starts[:-1], starts[1:])).astype(int)
    shot = _at(staged, np.stack([firsts, firsts + 1], axis=1).ravel())
    zoom, aside = float(rng.uniform(*ZOOM)), rng.uniform(-AIM, AIM, 2) * size
    shot = replace(shot, cameras=[_moved(camera, zoom, aside) for camera in shot.cameras])
    solid, labels = solid_of(shot)
    frames = len(shot.cameras)
    renderer = Renderer(solid, shot.vertices(0, 1).shape[1], shot.backdrop, shot.lighting, size)
    pictures = np.empty((frames, size[1], size[0], 3), np.uint8)
    masks = np.empty((frames, size[1], size[0]), bool)
    quality = int(rng.integers(*JPEG_QUALITY))
    joints = shot_joints(shot)
    overlay = draw_overlay(shot.people[0].figure.look.hair, rng)
    glass = float(rng.uniform(*GLASS_SEEN)) if rng.random() < GLASS else 1.0
    for number, vertices in enumerate(shot.vertices(0, frames)):
        rendered = renderer.render(vertices, shot.cameras[number])
        shown = np.where(rendered.triangles >= 0, labels[rendered.triangles], 0)
        masks[number] = shown == PRODUCT
        picture = rendered.rgb.copy()
        paint_overlay(picture, overlay, shown == BODY, joints["keypoints_2d"][number].astype(np.float64))
        if glass < 1 and masks[number].any():
            _see_through(picture, masks[number], glass)
        pictures[number] = _compressed(picture, quality)
    fit = _fit(joints, size, rng)
    hands, fit = doubted_hands(joints["hands_2d"], fit, rng)
    return LearningShot(pictures, masks, _parts(shot, size, rng), _landmarks(hands, size), fit)


def _see_through(picture: NDArray[np.uint8], mask: NDArray[np.bool_], seen: float) -> None:
    """Make the product half transparent: what lies around it shows through."""
    import cv2

    behind = cv2.inpaint(picture, cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)), 3, cv2.INPAINT_TELEA)
    mixed = seen * picture[mask].astype(np.float32) + (1 - seen) * behind[mask]
    picture[mask] = np.round(mixed).astype(np.uint8)


def _at(shot: StagedShot, frames: NDArray[np.int64]) -> StagedShot:
    """The shot with these frames only."""
    people = tuple(
        PersonShot(one.figure, one.dress, one.rotations[frames], one.heads[frames], one.actions[frames])
        for one in shot.people
    )
    item = shot.item
    if item is not None:
        shape = None if item.shape is None else item.shape[frames]
        item = ProductShot(item.product, item.rotation[frames], item.place[frames], shape)
    return replace(shot, people=people, item=item, cameras=[shot.cameras[frame] for frame in frames])


def _moved(camera: Pinhole, zoom: float, aside: NDArray[np.float64]) -> Pinhole:
    x, y = camera.centre[0] + float(aside[0]), camera.centre[1] + float(aside[1])
    return replace(camera, focal=camera.focal * zoom, centre=(x, y))


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    import cv2

    _, code = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def _parts(shot: StagedShot, size: Size, rng: np.random.Generator) -> NDArray[np.uint8]:
    out = np.zeros((len(shot.cameras), size[1], size[0]), np.uint8)
    outline, labels = Outline(skeleton().faces, size), np.append(triangle_parts(), 0).astype(np.uint8)
    off = wobble(rng, len(out), MESH_OFF * max(size))
    for number, vertices in enumerate(shot.people[0].bare_vertices(0, len(out))):
        out[number] = labels[outline.draw(vertices, _moved(shot.cameras[number], 1.0, off[number]))[0]]
    return out


def _fit(joints: dict[str, Floats32], size: Size, rng: np.random.Generator) -> BodyFit:
    """What `object` reads of a fitted body: keypoints and hands in the picture."""
    frames = len(joints["keypoints_2d"])
    off = wobble(rng, frames, MESH_OFF * max(size)).astype(np.float32)
    none = np.zeros((frames, 0, 3), np.float32)
    return BodyFit(
        model="anny",
        size=size,
        focal=1.0,
        centre=(size[0] / 2, size[1] / 2),
        fitted=np.ones(frames, bool),
        shape_names=(),
        shape=np.zeros(0, np.float32),
        rotations=np.zeros((frames, 0, 3, 3), np.float32),
        root=np.zeros((frames, 3), np.float32),
        joint_names=(),
        joints_3d=none,
        joints_2d=none[..., :2],
        keypoint_names=keypoint_labels(),
        keypoints_3d=none,
        keypoints_2d=joints["keypoints_2d"] + off[:, None],
        hands_3d=np.zeros((frames, 2, 21, 3), np.float32),
        hands_2d=joints["hands_2d"],
        hand_observed=np.ones((frames, 2), np.float32),
    )


def _landmarks(hands: Floats32, size: Size) -> Landmarks:
    """What `object` reads of what was seen: points of the hands."""
    frames = len(hands)
    none, unseen = np.zeros((frames, 0), np.float32), np.zeros((frames, 2), np.uint8)
    return Landmarks(
        size=np.array(size, np.int32),
        looked=np.ones(frames, bool),
        face_box=none,
        face_keypoints=none,
        face_source=unseen,
        hand_box=none,
        hand_image=hands,
        hand_world=none,
        hand_source=unseen,
        body_image=none,
        body_world=none,
        body_visibility=none,
        body_source=unseen,
    )
