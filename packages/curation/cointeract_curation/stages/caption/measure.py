"""The facts of a clip from what other stages made."""

from __future__ import annotations

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import Frames
from cointeract_curation.stages.caption.config import CaptionConfig
from cointeract_curation.stages.caption.facts import Facts
from cointeract_curation.stages.caption.item import object_facts
from cointeract_curation.stages.caption.person import face_seen, framing_of, free_gesture, person_seen
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.records import Tracks


def measure_facts(
    frames: Frames,
    landmarks: Landmarks,
    fit: BodyFit,
    masks: ObjectMasks,
    tracks: Tracks,
    speech_share: float | None,
    config: CaptionConfig,
) -> Facts:
    """All that is known of a clip; ``speech_share`` of its sound, None where it wasn't measured."""
    item = object_facts(frames, masks, tracks, fit, config)
    gesture, hand = free_gesture(landmarks, None if item is None else item.held_by)
    person = person_seen(landmarks)
    talks = None if speech_share is None else speech_share >= config.speech_share
    return Facts(
        person=person,
        framing=framing_of(landmarks) if person else None,
        face_seen=face_seen(landmarks),
        talks=talks if person else None,
        gesture=gesture,
        gesture_hand=hand,
        object=item,
    )
