"""A clip as the checks see it: frames, what people landmarks say, the object's masks, and the fitted body."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.masks import decode_mask, read_masks
from cointeract_curation.stages.quality.record import QUALITY_FILE, QualityRecord
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.records import Box

if TYPE_CHECKING:
    from cointeract_curation.core.stage import Workspace
    from cointeract_curation.triplet.object_views import View
    from cointeract_curation.triplet.skin import SkinModel

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

MIN_OBJECT_PIXELS = 64
"""A mask with fewer pixels shows nothing that could be compared."""


@dataclass
class HandledClip:
    """T frames (H, W, 3) uint8 RGB and what is known about them. Pixels with the picture's corner at (0, 0)."""

    frames: Sequence[Picture]
    landmarks: Landmarks
    object_masks: ObjectMasks
    body: BodyFit
    overlays: tuple[Box, ...] = ()
    """Boxes of text that lies over the picture."""
    nudity: float | None = None
    """The clip's highest nudity score, None where it wasn't measured."""
    _masks: dict[int, Mask] = field(default_factory=dict, repr=False)
    _hands: dict[tuple[int, float], Mask] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def skin(self) -> SkinModel | None:
        """What tells the person's skin from the product, or None where no skin is seen."""
        from cointeract_curation.triplet.skin import skin_model

        return skin_model(self)

    @functools.cached_property
    def views(self) -> list[View]:
        """The object as several frames show it; empty for a clip without one."""
        from cointeract_curation.triplet.object_views import clip_views

        return clip_views(self)

    @functools.cached_property
    def thumbnails(self) -> list[Picture]:
        """Each of `object_frames`, small, in Lab: to find out which of them a picture is an edit of."""
        from cointeract_curation.triplet.product_gone import thumbnail

        return [thumbnail(self.frames[frame]) for frame in self.object_frames]

    def hands(self, frame: int, thickness: float = 1.0) -> Mask:
        """(H, W) pixels of both hands where their landmarks are known, fingers drawn ``thickness`` times as thick as usual.

        What covers a hand isn't taken out.
        """
        from cointeract_curation.triplet.hand_region import hand_region

        key = frame, thickness
        if key not in self._hands:
            region = np.zeros((self.height, self.width), bool)
            for side in (0, 1):
                points = self.hand_points(frame, side)
                if points is not None:
                    region |= hand_region(points, (self.height, self.width), thickness)
            self._hands[key] = region
        return self._hands[key]

    @property
    def count(self) -> int:
        """T."""
        return len(self.frames)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.frames[0].shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.frames[0].shape[1])

    def mask(self, frame: int) -> Mask:
        """(H, W) the object's visible pixels; all false where it isn't seen."""
        if frame not in self._masks:
            code = self.object_masks.masks[frame]
            empty = np.zeros((self.height, self.width), bool)
            self._masks[frame] = empty if code is None else decode_mask(code)
        return self._masks[frame]

    @functools.cached_property
    def object_frames(self) -> tuple[int, ...]:
        """Frames that show enough of the object to compare."""
        coded = [frame for frame in range(self.count) if self.object_masks.masks[frame] is not None]
        return tuple(frame for frame in coded if int(self.mask(frame).sum()) >= MIN_OBJECT_PIXELS)

    def hand_points(self, frame: int, side: int) -> NDArray[np.float32] | None:
        """(21, 2) landmarks of a hand: seen ones, else those of the fitted body, else None."""
        seen: NDArray[np.float32] = self.landmarks.hand_image[frame, side]
        if np.isfinite(seen).all():
            return seen
        fitted = self.body.hands_2d[frame, side]
        return fitted if bool(self.body.fitted[frame]) and np.isfinite(fitted).all() else None

    def face_frames(self) -> list[int]:
        """Frames in which the face was detected, not interpolated."""
        known = np.isfinite(self.landmarks.face_keypoints).all(axis=(1, 2))
        found = np.flatnonzero((self.landmarks.face_source == DETECTED) & known)
        return [int(frame) for frame in found]

    @property
    def has_person(self) -> bool:
        """Whether any frame shows a face or a body."""
        return bool((self.landmarks.face_source > 0).any() or (self.landmarks.body_source > 0).any())


DETECTED = 1
"""The source of a face that was detected in the whole frame (docs/reference/people.md)."""


def load_clip(workspace: Workspace) -> HandledClip:
    """Read what `cut`, `quality`, `people`, `body` and `object` wrote about a clip.

    Raises:
        UnusableInputError: the video has no frames, or the artifacts disagree on their number or size.
    """
    video = workspace.frames("cut", "rgb.mp4")
    frames = list(video)
    if not frames:
        raise UnusableInputError(f"{workspace.unit.unit_id}: rgb.mp4 has no frames to take references from")
    landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
    body = BodyFit.load(workspace.input("body", "body.npz"))
    record = read_masks(workspace.input("object", "object_masks.json"))
    counts = {
        "rgb.mp4": len(frames),
        "landmarks.npz": landmarks.frames,
        "body.npz": body.frames,
        "object_masks.json": record.frames,
    }
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise UnusableInputError(f"{workspace.unit.unit_id}: artifacts differ in their number of frames: {told}")
    if (record.width, record.height) != (video.width, video.height):
        raise UnusableInputError(
            f"{workspace.unit.unit_id}: object masks are of {record.width}x{record.height} pixels, "
            f"the video has {video.width}x{video.height}"
        )
    overlays = QualityRecord.load(workspace.input("quality", QUALITY_FILE)).overlay_boxes
    nudity = workspace.scores("quality")["nsfw_max"]
    known = float(nudity) if isinstance(nudity, float | int) else None
    return HandledClip(frames, landmarks, record, body, tuple(overlays), known)


def spread(frames: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of the frames, evenly spread, first and last included."""
    if len(frames) <= most:
        return list(frames)
    return [frames[round(place)] for place in np.linspace(0, len(frames) - 1, most)]
