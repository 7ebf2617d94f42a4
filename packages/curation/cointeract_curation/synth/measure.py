"""Measuring the truth of a rendered frame: visible masks, boxes, contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.arrays import RunLength, run_length
from cointeract_curation.synth.render import Rendered
from cointeract_curation.synth.staging import (
    BODY,
    FACE,
    HAIR,
    LEFT_HAND,
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


@dataclass(frozen=True)
class MeasuredFrame:
    """The truth of one frame and the codes of its masks."""

    truth: FrameTruth
    person: RunLength | None
    object: RunLength | None


def box_of(mask: NDArray[np.bool_]) -> Box | None:
    """The tight box of a mask (H, W), None where hardly anything is visible."""
    if np.count_nonzero(mask) < MIN_VISIBLE_PIXELS:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def contact_of(shot: StagedShot, frame: int, vertices: Floats32, label: int) -> Contact | None:
    """Distance of a hand's skin to the product in a frame of a shot."""
    if shot.person is None:
        return None
    local = (vertices[skin_of(label)].astype(np.float64) - shot.product_place[frame]) @ shot.product_rotation[frame]
    distance = max(0.0, float(shot.product.distance(local).min()))
    return Contact(touching=distance <= CONTACT_DISTANCE, distance=distance)


def measure_frame(
    shot: StagedShot, shot_number: int, first_frame: int, frame: int, vertices: Floats32,
    rendered: Rendered, labels: NDArray[np.uint8],
) -> MeasuredFrame:  # fmt: skip
    """The truth of frame `frame` of a shot that starts at `first_frame`; `labels` says what each triangle shows."""
    shown = np.where(rendered.triangles >= 0, labels[rendered.triangles], 0)
    camera = shot.cameras[frame]
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
        left_contact=contact_of(shot, frame, vertices, LEFT_HAND),
        right_contact=contact_of(shot, frame, vertices, RIGHT_HAND),
        camera=CameraPose(rotation=(first, second, third), translation=(x, y, z)),
    )
    return MeasuredFrame(truth, run_length(np.isin(shown, PERSON_LABELS)), run_length(product))
