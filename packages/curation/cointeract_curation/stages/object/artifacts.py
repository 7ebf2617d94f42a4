"""The stage's record `tracks.json`: people's tracks with better hand boxes, the object and the contacts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.contact import Contacts
from cointeract_curation.stages.object.protocol import Segmented
from cointeract_shards.records import Contact, HandContact, Track, TrackPoint, Tracks

SCORE_DECIMALS = 4


def object_track(found: Segmented) -> Track:
    """The tight box of each mask, with the segmenter's confidence; null where there is no mask."""
    return tuple(
        _point(mask, float(confidence)) for mask, confidence in zip(found.masks, found.confidence, strict=True)
    )


def _point(mask: NDArray[np.bool_], confidence: float) -> TrackPoint | None:
    if not mask.any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (float(columns[0]), float(rows[0]), float(columns[-1]) + 1, float(rows[-1]) + 1)
    return TrackPoint(box=box, score=round(confidence, SCORE_DECIMALS))


def make_tracks(people: Tracks, hands: tuple[Track, Track], found: Segmented, contacts: Contacts) -> Tracks:
    """The record that a sample of level triplet carries."""
    return Tracks(
        width=people.width,
        height=people.height,
        frames=people.frames,
        face=people.face,
        left_hand=hands[0],
        right_hand=hands[1],
        object=object_track(found),
        contact=tuple(
            Contact(left_hand=_contact(contacts, frame, 0), right_hand=_contact(contacts, frame, 1))
            for frame in range(people.frames)
        ),
    )


def _contact(contacts: Contacts, frame: int, side: int) -> HandContact | None:
    if not contacts.known[frame, side]:
        return None
    score = round(float(contacts.score[frame, side]), SCORE_DECIMALS)
    return HandContact(touching=bool(contacts.touching[frame, side]), score=score)
