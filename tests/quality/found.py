"""What curation found in one clip, as arrays over its T frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.media.masks import decode_mask, read_masks
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.records import HandContact, Track, Tracks
from tests.quality.curated import CuratedClip

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """T frames; hands in the order left, right. NaN: nothing found."""

    tracks: Tracks
    fit: BodyFit
    objects: ObjectMasks
    silhouettes: ObjectMasks
    face: Floats
    """(T, 4)"""
    hands: Floats
    """(T, 2, 4)"""
    contact: Bools
    """(T, 2)"""

    def object_mask(self, frame: int) -> Bools:
        """(H, W)"""
        return mask_at(self.objects, frame)

    def silhouette(self, frame: int) -> Bools:
        """(H, W) what the fitted body covers."""
        return mask_at(self.silhouettes, frame)


def read_found(clip: CuratedClip) -> Found:
    """Read a clip's artifacts.

    Raises:
        FileNotFoundError: a stage didn't make one of them.
    """
    tracks = Tracks.from_bytes(clip.need("object", "tracks.json").read_bytes(), where="tracks.json")
    hands = np.stack([_boxes(tracks.left_hand), _boxes(tracks.right_hand)], axis=1)
    contact = [(None, None) if both is None else (both.left_hand, both.right_hand) for both in tracks.contact]
    return Found(
        tracks=tracks,
        fit=BodyFit.load(clip.need("body", "body.npz")),
        objects=read_masks(clip.need("object", "object_masks.json")),
        silhouettes=read_masks(clip.need("structure", "silhouette.json")),
        face=_boxes(tracks.face),
        hands=hands,
        contact=np.array([[_touching(side) for side in both] for both in contact]),
    )


def mask_at(masks: ObjectMasks, frame: int) -> Bools:
    """(H, W) the mask of one frame; all false where there is none."""
    code = masks.masks[frame]
    return np.zeros((masks.height, masks.width), bool) if code is None else decode_mask(code)


def _touching(contact: HandContact | None) -> bool:
    return contact is not None and contact.touching


def _boxes(track: Track) -> Floats:
    return np.array([[np.nan] * 4 if point is None or point.box is None else point.box for point in track], float)
