"""What speaks for and against a pixel showing the handled object, before its own colours are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.human.parts import Part
from cointeract_curation.stages.object.arms import forearm_map
from cointeract_curation.stages.object.colours import colour_bins, density
from cointeract_curation.stages.object.hands import Hands, find_hands, hand_maps
from cointeract_curation.stages.object.motion import camera_motion, chain, dense_flow, fit_motion, residual
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.plate import clean_plate
from cointeract_curation.stages.object.view import View
from cointeract_curation.stages.object.zones import body_zones

Floats32 = NDArray[np.float32]
AWAY = 1.2
"""Palm lengths from a hand beyond which colours are taken to be the person's own or the background's."""
CLOSE = 0.5
AROUND_FACE = 0.35
"""Of the square root of the face's area."""
FREE = 1.5
"""Palm lengths from a hand beyond which a place is taken to be free of what the hand holds."""
SKIN_LIKE = 3.0
"""Density from which a colour is taken to be skin's."""
PERSON = 0.7
BACKGROUND = 0.2
MOTION_SPAN = 4.0
"""Squared pixels of difference between two motions that tell with certainty which one a pixel follows."""
LOG_SCALE = 4.0
"""Natural logarithms of a density in one unit of a channel."""
PLATE_LEVELS = 30.0
"""Levels of Lab by which a pixel surely differs from the plate."""


@dataclass(frozen=True)
class Evidence:
    """Maps (T, h, w) of float32 by name in `channels`; what they rest on beside them."""

    channels: dict[str, Floats32]
    bins: NDArray[np.uint16]
    parts: NDArray[np.uint8]
    hands: Hands
    shapes: NDArray[np.uint8]
    apart: Floats32
    onward: Floats32
    back: Floats32


def gather(
    view: View, landmarks: Landmarks, fit: BodyFit, parts: NDArray[np.uint8], masker: PersonMasker
) -> Evidence:
    """Everything that a clip says without knowing the object. ``parts`` (T, h, w) is what `body_parts` gives."""
    hands = find_hands(landmarks, fit, view.scale, view.shape)
    shapes, apart = hand_maps(hands, view.shape)
    near = apart.min(axis=1)
    person = masker.masks(view.rgb)
    bins = colour_bins(view.lab)
    onward, back = dense_flow(view.rgb)
    moves = camera_motion(onward, (person < BACKGROUND) & (near > CLOSE))
    to_middle = chain(moves)
    channels = {
        "person": person,
        "face": (parts == Part.FACE).astype(np.float32),
        "hand": (shapes > 0).astype(np.float32),
        "arm": forearm_map(fit, hands, view),
        "head": grown_face(parts == Part.FACE),
    }
    channels |= _appearance(view, parts, shapes, near, person, bins, fit, to_middle)
    channels["with_hand"] = _co_motion(onward, moves, shapes, apart)
    return Evidence(channels, bins, parts, hands, shapes, apart, onward, back)


def _appearance(
    view: View, parts: NDArray[np.uint8], shapes: NDArray[np.uint8], near: Floats32, person: Floats32,
    bins: NDArray[np.uint16], fit: BodyFit, to_middle: NDArray[np.float64],
) -> dict[str, Floats32]:  # fmt: skip
    """What colours say, and how each pixel differs from what its place shows without a hand."""
    channels = _colours(view, parts, shapes, near, person, bins, fit)
    plates, known = clean_plate(view.lab, near > FREE, to_middle)
    levels = np.abs(view.lab.astype(np.int16) - plates).astype(np.float32)
    change = np.sqrt((levels * levels) @ np.array([0.5, 1.0, 1.0], np.float32)) / PLATE_LEVELS
    channels["change"] = np.where(known, np.minimum(change, 1), 0.5).astype(np.float32)
    channels["known"] = known.astype(np.float32)
    return channels


def grown_face(face: NDArray[np.bool_]) -> Floats32:
    """(T, h, w) the face with ears, hairline and neck around it, where skin ends that a mesh's face leaves out."""
    import cv2

    out = np.zeros(face.shape, np.float32)
    for number, picture in enumerate(face):
        radius = round(AROUND_FACE * float(np.sqrt(np.count_nonzero(picture))))
        if radius:
            # A tenth of the time of a dilation by so large a disc.
            out[number] = cv2.distanceTransform((~picture).astype(np.uint8), cv2.DIST_L2, 5) <= radius
    return out


def skin_hue(lab: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels whose hue any skin may have in ordinary light: from red to yellow, neither grey nor very dark."""
    a, b = lab[..., 1].astype(np.int16) - 128, lab[..., 2].astype(np.int16) - 128
    return np.asarray((a > 2) & (b > 0) & (a * a + b * b > 49) & (b < 4 * a) & (lab[..., 0] > 40))  # noqa: PLR2004


def _colours(
    view: View, parts: NDArray[np.uint8], shapes: NDArray[np.uint8], near: Floats32, person: Floats32,
    bins: NDArray[np.uint16], fit: BodyFit,
) -> dict[str, Floats32]:  # fmt: skip
    """Logarithms of how well the colours of skin, hair, clothes and background explain each pixel."""
    zones = body_zones(fit, view)
    away, face = near > AWAY, parts == Part.FACE
    hue = skin_hue(view.lab)
    face_skin = density(bins, face & hue & (near > CLOSE))
    of_face = face_skin[bins]
    hand_skin = density(bins, np.where((shapes > 0) & hue, np.minimum(1, of_face / 3), 0).astype(np.float32))
    skin = (face_skin + hand_skin) / 2
    is_person, own = person > PERSON, parts > 0
    hair = density(bins, (is_person & ~face & away & (skin[bins] < SKIN_LIKE)) * zones.head)
    upper = density(bins, (is_person & away & own & ~face) * zones.upper)
    lower = density(bins, (is_person & away) * zones.lower)
    outside = density(bins, (person < BACKGROUND) & (near > CLOSE))
    tables = {
        "skin": skin,
        "hair": hair,
        "upper": upper,
        "lower": lower,
        "outside": outside,
    }
    logs = {name: np.log(table).astype(np.float32)[bins] for name, table in tables.items()}
    logs["hair"] += np.log(zones.hair + 1e-3)
    logs["upper"] += np.log(zones.upper + 1e-3)
    logs["lower"] += np.log(zones.lower + 1e-3)
    return {name: np.clip(value / LOG_SCALE, -2, 2) for name, value in logs.items()}


def _co_motion(onward: Floats32, moves: NDArray[np.float64], shapes: NDArray[np.uint8], apart: Floats32) -> Floats32:
    """(T, h, w) from -1 to 1: how much more a pixel moves like the nearer hand than like the camera."""
    with_hand = np.zeros(shapes.shape, np.float32)
    for number, (flow, move) in enumerate(zip(onward, moves, strict=True)):
        still = residual(flow, move)
        ways = [residual(flow, fit_motion(flow, (shapes[number] & (1 << side)) > 0)) for side in (0, 1)]
        hand = np.where(apart[number, 0] < apart[number, 1], ways[0], ways[1])
        with_hand[number] = np.clip((still * still - hand * hand) / MOTION_SPAN, -1, 1)
    if len(onward):
        with_hand[-1] = with_hand[-2]
    return with_hand
