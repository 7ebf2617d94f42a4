"""The exact truth of one curated clip of rendered footage, as arrays over its own T frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.arrays import RunLength, decode_mask, read_masks
from cointeract_curation.synth.truth import Box, Contact, Truth

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BODY_KEYPOINTS = 17
"""COCO's body keypoints come first; the feet after them are no joints of the paper's body."""


@dataclass(frozen=True)
class ClipTruth:
    """T frames; hands in the order left, right (the person's own). NaN: nothing there."""

    kind: str
    """What the shot stands for, such as "two hands"."""
    product: str | None
    face: Floats
    """(T, 4)"""
    hands: Floats
    """(T, 2, 4)"""
    object_box: Floats
    """(T, 4)"""
    contact: Bools
    """(T, 2)"""
    contact_known: Bools
    """(T, 2)"""
    keypoints: Floats
    """(T, 17, 2) pixels."""
    keypoints_visible: Bools
    """(T, 17)"""
    keypoint_names: tuple[str, ...]
    hand_points: Floats
    """(T, 2, 21, 2) pixels."""
    hand_points_visible: Bools
    """(T, 2, 21)"""
    _masks: dict[str, list[RunLength | None]]
    size: tuple[int, int]
    """Width, height."""

    @property
    def frames(self) -> int:
        """T."""
        return len(self.face)

    def mask(self, name: str, frame: int) -> Bools:
        """The true mask (H, W) of `object`, `person`, `other` or `body` (whole, without clothes, as if nothing stood before it)."""
        code = self._masks[name][frame]
        return np.zeros(self.size[::-1], bool) if code is None else decode_mask(code)

    def keypoint(self, name: str) -> Floats:
        """(T, 2) one keypoint's pixels."""
        return np.asarray(self.keypoints[:, self.keypoint_names.index(name)])


def clip_truth(path: Path, first: int, frames: int) -> ClipTruth:
    """The truth of the frames ``first`` to ``first + frames - 1`` of a `NAME.truth.json`, all of one shot.

    Raises:
        ValueError: they reach over a cut.
    """
    truth, masks, joints = _load(path)
    span = truth.frames[first : first + frames]
    numbers = {frame.shot for frame in span}
    if len(numbers) != 1:
        raise ValueError(f"{path.name}: frames {first} to {first + frames - 1} reach over a cut: shots {sorted(numbers)}")
    shot = truth.shots[numbers.pop()]
    rows = slice(first, first + frames)
    contacts = [(frame.left_contact, frame.right_contact) for frame in span]
    labels = tuple(str(label) for label in joints["keypoint_labels"][:BODY_KEYPOINTS])
    return ClipTruth(
        kind=shot.kind,
        product=shot.product,
        face=_boxes([frame.face for frame in span]),
        hands=np.stack([_boxes([frame.left_hand for frame in span]), _boxes([frame.right_hand for frame in span])], axis=1),
        object_box=_boxes([frame.object for frame in span]),
        contact=np.array([[_touching(side) for side in both] for both in contacts]),
        contact_known=np.array([[side is not None for side in both] for both in contacts]),
        keypoints=joints["keypoints_2d"][rows, :BODY_KEYPOINTS].astype(float),
        keypoints_visible=joints["keypoints_visible"][rows, :BODY_KEYPOINTS],
        keypoint_names=labels,
        hand_points=joints["hands_2d"][rows].astype(float),
        hand_points_visible=joints["hands_visible"][rows],
        _masks={name: codes[rows] for name, codes in masks.items()},
        size=(truth.width, truth.height),
    )


@lru_cache(maxsize=2)
def _load(path: Path) -> tuple[Truth, dict[str, list[RunLength | None]], dict[str, NDArray[np.float32]]]:
    truth = Truth.load(path)
    folder = path.parent / truth.arrays
    masks = {name: read_masks(folder / f"{name}_masks.json") for name in ("object", "person", "other", "body")}
    with np.load(folder / "joints.npz") as stored:
        return truth, masks, dict(stored)


def _touching(contact: Contact | None) -> bool:
    return contact is not None and contact.touching


def _boxes(boxes: list[Box | None]) -> Floats:
    return np.array([[np.nan] * 4 if box is None else box for box in boxes], float)
