"""Measuring the truth of a rendered frame: visible masks, boxes, contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton
from cointeract_curation.synth.arrays import RunLength, run_length
from cointeract_curation.synth.outline import Outline, Touch
from cointeract_curation.synth.render import Rendered
from cointeract_curation.synth.staging import (
    BODY,
    FACE,
    HAIR,
    LEFT_HAND,
    OTHER_PERSON,
    PRODUCT,
    RIGHT_HAND,
    StagedShot,
    skin_of,
)
from cointeract_curation.synth.truth import (
    CONTACT_DISTANCE,
    MIN_VISIBLE_PIXELS,
    Box,
    CameraPose,
    Contact,
    FrameTruth,
)

Floats32 = NDArray[np.float32]
PERSON_LABELS = (BODY, FACE, LEFT_HAND, RIGHT_HAND, HAIR)
HAND_LABELS = (LEFT_HAND, RIGHT_HAND)
BODY_FLESH, HAND_FLESH = 0.16, 0.025  # metres of the person that may lie before a joint that counts as visible
FAR = 1.0  # metres beyond which a distance to the product isn't looked for


@dataclass(frozen=True)
class MeasuredFrame:
    """The truth of one frame, the codes of its masks by name, and which joints (K,), (2, 21) are visible by name."""

    truth: FrameTruth
    masks: dict[str, RunLength | None]
    visible: dict[str, NDArray[np.bool_]]


def box_of(mask: NDArray[np.bool_]) -> Box | None:
    """The tight box of a mask (H, W), None where hardly anything is visible."""
    if np.count_nonzero(mask) < MIN_VISIBLE_PIXELS:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


class Measurer:
    """Measures the frames of one shot; holds no state between them, so that threads may share the shot."""

    def __init__(self, shot: StagedShot, size: tuple[int, int], joints: dict[str, Floats32]) -> None:
        """`joints` are the shot's, as `arrays.shot_joints` gives them."""
        self._shot, self._joints = shot, joints
        self._body = Outline(skeleton().faces, size)
        soft = shot.item is not None and not shot.item.product.exact
        self._touch = Touch(shot.item.product.mesh.faces) if shot.item is not None and soft else None

    def contact(self, frame: int, vertices: Floats32, label: int) -> Contact | None:
        """Distance of a hand's skin to the product, from all vertices (V, 3) of a frame."""
        item = self._shot.item
        if self._shot.person is None or item is None:
            return None
        hand = vertices[skin_of(label)]
        if self._touch is not None:
            distance = float(self._touch.distances(item.vertices(frame, frame + 1)[0], hand, FAR).min())
        else:
            local = (hand.astype(np.float64) - item.place[frame]) @ item.rotation[frame]
            distance = max(0.0, float(item.product.distance(local).min()))
        return Contact(touching=distance <= CONTACT_DISTANCE, distance=distance)

    def measure(
        self, shot_number: int, first_frame: int, frame: int, vertices: Floats32, bare: Floats32 | None,
        rendered: Rendered, labels: NDArray[np.uint8],
    ) -> MeasuredFrame:  # fmt: skip
        """The truth of frame `frame` of a shot that starts at `first_frame`.

        Args:
            vertices: everything solid (V, 3).
            bare: the first person's body without clothes, None in a shot without people.
            labels: what each triangle of the picture shows.
        """
        shown = np.where(rendered.triangles >= 0, labels[rendered.triangles], 0)
        camera = self._shot.cameras[frame]
        first, second, third = ((float(row[0]), float(row[1]), float(row[2])) for row in camera.rotation)
        x, y, z = (float(value) for value in camera.translation)
        product = shown == PRODUCT
        truth = FrameTruth(
            frame=first_frame + frame,
            shot=shot_number,
            face=box_of(shown == FACE),
            left_hand=box_of(shown == LEFT_HAND),
            right_hand=box_of(shown == RIGHT_HAND),
            object=box_of(product),
            left_contact=self.contact(frame, vertices, LEFT_HAND),
            right_contact=self.contact(frame, vertices, RIGHT_HAND),
            camera=CameraPose(rotation=(first, second, third), translation=(x, y, z)),
        )
        masks = {
            "object": run_length(product),
            "person": run_length(np.isin(shown, PERSON_LABELS)),
            "other": run_length(shown == OTHER_PERSON),
            "body": None if bare is None else run_length(self._body.draw(bare, camera)[0] >= 0),
        }
        return MeasuredFrame(truth, masks, self._visible(frame, shown, rendered.depth))

    def _visible(self, frame: int, shown: NDArray[Any], depth: Floats32) -> dict[str, NDArray[np.bool_]]:
        """Whether the person's own flesh around each joint is what the picture shows there."""
        camera = self._shot.cameras[frame]
        height, width = shown.shape
        out = {}
        for name, labels, flesh in (("keypoints", PERSON_LABELS, BODY_FLESH), ("hands", HAND_LABELS, HAND_FLESH)):
            world = self._joints[f"{name}_3d"][frame].astype(np.float64)
            pixels, depths = camera.project(world)
            inside = np.isfinite(depths) & (pixels >= 0).all(axis=-1)
            inside &= (pixels[..., 0] < width) & (pixels[..., 1] < height)
            column, row = (np.where(inside, pixels[..., axis], 0).astype(int) for axis in (0, 1))
            near = depth[row, column] > depths - flesh
            out[f"{name}_visible"] = inside & near & np.isin(shown[row, column], labels)
        return out
