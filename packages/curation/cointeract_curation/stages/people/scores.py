"""The numbers that the policy decides on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cointeract_curation.stages.people.faces import count_people
from cointeract_curation.stages.people.records import Side, Source
from cointeract_curation.stages.quality.boxes import covered_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cointeract_curation.core.stage import Score
    from cointeract_curation.stages.people.boxes import Boxes
    from cointeract_curation.stages.people.config import PeopleConfig
    from cointeract_curation.stages.people.observe import Observation
    from cointeract_curation.stages.people.person import Person
    from cointeract_shards.records import Box


def people_scores(
    observations: Sequence[Observation],
    person: Person,
    *,
    face: Boxes,
    hands: tuple[Boxes, Boxes],
    overlays: Sequence[Box],
    height: int,
    config: PeopleConfig,
) -> dict[str, Score]:
    """All scores of a clip, each finite or None. docs/reference/people.md says what each means.

    A share is over the frames that were looked at, and counts detections alone, never interpolated frames or boxes
    from the body's points.
    """
    looked = person.looked
    seen_face = _detected(person.face.sources)[looked]
    seen_hands = [_detected(hand.sources)[looked] for hand in person.hands]
    left, right = seen_hands
    seen_person = seen_face | person.seen_body[looked]
    heights = face.box[:, 3] - face.box[:, 1]
    height_px = _median(heights[looked][np.isfinite(heights[looked])].tolist())
    detections = int(left.sum() + right.sum())
    crops = sum(int(np.sum(hand.sources == Source.CROP)) for hand in person.hands)
    face_seen, hands_seen = _present(face), [*_present(hands[Side.LEFT]), *_present(hands[Side.RIGHT])]
    people = count_people(
        [seen.faces for seen in observations], person.main, config.persons_min_share, config.persons_min_face
    )
    if people == 0 and float(seen_person.mean()) >= config.persons_min_share:
        people = 1
    return {
        "persons": people,
        "most_faces": max(len(seen.faces) for seen in observations),
        "person_share": _share(seen_person),
        "body_share": _share(person.seen_body[looked]),
        "face_share": _share(seen_face),
        "face_height_px": height_px,
        "face_height_share": None if height_px is None else height_px / height,
        "left_hand_share": _share(left),
        "right_hand_share": _share(right),
        "hand_share": _share(left | right),
        "both_hands_share": _share(left & right),
        "left_hand_box_share": _share(hands[Side.LEFT].present),
        "right_hand_box_share": _share(hands[Side.RIGHT].present),
        "second_look_share": crops / detections if detections else None,
        "other_hands_share": person.sides.others / len(observations),
        "hand_labels_corrected": person.sides.corrected,
        "hand_side_switches": person.sides.switches,
        "face_sharpness": _median(
            [
                seen.face_sharpness[index]
                for seen, index in zip(observations, person.main, strict=True)
                if index is not None
            ]
        ),
        "hand_sharpness": _median(
            [
                seen.hand_sharpness[index]
                for seen, choice in zip(observations, person.sides.choices, strict=True)
                for index in choice
                if index is not None
            ]
        ),
        "overlay_on_face": covered_share(face_seen, overlays),
        "overlay_on_face_max": _most_covered(face_seen, overlays),
        "overlay_on_hands": covered_share(hands_seen, overlays),
        "overlay_on_hands_max": _most_covered(hands_seen, overlays),
        "frames_looked_at": len(observations),
    }


def _detected(sources: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.isin(sources, (Source.DETECTED, Source.CROP))


def _share(marks: NDArray[np.bool_]) -> float:
    return float(marks.mean())


def _present(boxes: Boxes) -> list[Box]:
    return [(float(x1), float(y1), float(x2), float(y2)) for x1, y1, x2, y2 in boxes.box[boxes.present]]


def _most_covered(boxes: Sequence[Box], overlays: Sequence[Box]) -> float | None:
    shares = [covered_share([box], overlays) for box in boxes]
    return max((share for share in shares if share is not None), default=None)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
