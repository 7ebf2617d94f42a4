"""How well validation tells triplets from deliberately broken ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.media.masks import read_masks
from cointeract_curation.stages.quality.record import QUALITY_FILE, QualityRecord
from cointeract_curation.triplet.axes import Axis, Triplet, overall
from cointeract_curation.triplet.clip import HandledClip
from cointeract_curation.triplet.judge import MeasuredJudge
from tests.quality.curated import CuratedClip
from tests.quality.measures import auc

Picture = NDArray[np.uint8]
WHITE = 255
WHOLE = "as made"
FAULTS = ("another product", "another person", "product left in", "hand left on", "empty mask")
HAND_REACH = 9  # pixels around the object within which a hand's skin counts as left on it


@dataclass(frozen=True)
class Subject:
    """A clip with the references that were made of it. ``person`` and ``product`` name who and what it shows."""

    clip: HandledClip
    person_png: Picture
    product_png: Picture
    person_frame: int
    product_frame: int
    person: str
    product: str


@dataclass(frozen=True)
class JudgedCase:
    """One triplet: what was done to it, and its scores."""

    clip: str
    fault: str
    overall: float
    axes: dict[str, float | None]


def read_subject(clip: CuratedClip, person: str, product: str) -> Subject:
    """Read a curated clip's references and all that they are judged against."""
    record = json.loads(clip.need("references", "references.json").read_text())
    handled = HandledClip(
        list(DecodedVideo(clip.need("cut", "rgb.mp4"))),
        Landmarks.load(clip.need("people", "landmarks.npz")),
        read_masks(clip.need("object", "object_masks.json")),
        BodyFit.load(clip.need("body", "body.npz")),
        tuple(QualityRecord.load(clip.need("quality", QUALITY_FILE)).overlay_boxes),
    )
    return Subject(
        handled,
        _read(clip.need("references", "person.png")),
        _read(clip.need("references", "product.png")),
        int(record["person"]["frame"]),
        int(record["product"]["frame"]),
        person,
        product,
    )


def judge_all(subjects: dict[str, Subject]) -> list[JudgedCase]:
    """Every subject as it was made and with each fault that can be put into it. Keys are the clips' names."""
    judge = MeasuredJudge()
    cases = []
    try:
        for name, subject in subjects.items():
            others = [other for key, other in subjects.items() if key != name]
            made = [(WHOLE, Triplet(subject.clip, subject.person_png, subject.product_png, subject.person_frame))]
            for fault, triplet in [*made, *broken(subject, others)]:
                judged = judge.judge(triplet, tuple(Axis))
                worst = overall(judged)
                axes = {str(axis): item.value for axis, item in judged.items()}
                cases.append(JudgedCase(name, fault, 0.0 if worst is None else worst, axes))
    finally:
        judge.close()
    return cases


def broken(subject: Subject, others: Sequence[Subject]) -> list[tuple[str, Triplet]]:
    """The triplet with one fault each; faults that the other subjects can't give are left out."""
    whole = Triplet(subject.clip, subject.person_png, subject.product_png, subject.person_frame)
    found: list[tuple[str, Triplet]] = []
    product = next((other for other in others if other.product != subject.product), None)
    if product is not None:
        found.append(("another product", replace(whole, product=_fitted(product.product_png, subject))))
    person = next((other for other in others if other.person != subject.person), None)
    if person is not None:
        changed = replace(whole, person=_fitted(person.person_png, subject), person_frame=None)
        found.append(("another person", changed))
    found.append(("product left in", replace(whole, person=subject.clip.frames[subject.person_frame])))
    hand = with_hand(subject)
    if hand is not None:
        found.append(("hand left on", replace(whole, product=hand)))
    found.append(("empty mask", _without_mask(subject)))
    return found


def with_hand(subject: Subject) -> Picture | None:
    """The product cut out together with the hand that holds it, None where no hand lies on it in any frame."""
    clip = subject.clip
    for frame in (subject.product_frame, *clip.object_frames):
        mask = clip.mask(frame)
        near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * HAND_REACH + 1,) * 2, np.uint8)).astype(bool)
        hand = clip.hands(frame)
        touching = _parts_that_meet(hand & ~mask, near)
        if mask.any() and touching.any():
            picture = np.full_like(clip.frames[frame], WHITE)
            shown = mask | touching
            picture[shown] = clip.frames[frame][shown]
            return picture
    return None


def _parts_that_meet(mask: NDArray[np.bool_], near: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    met = set(np.unique(labels[near & mask]).tolist()) - {0}
    return np.isin(labels, sorted(met))


def _without_mask(subject: Subject) -> Triplet:
    """What an empty mask leads to: the person is left as the frame is, the product is nothing but white."""
    empty = subject.clip.object_masks.model_copy(update={"masks": (None,) * subject.clip.object_masks.frames})
    clip = HandledClip(subject.clip.frames, subject.clip.landmarks, empty, subject.clip.body, subject.clip.overlays)
    frame = subject.clip.frames[subject.person_frame]
    return Triplet(clip, frame, np.full_like(frame, WHITE), subject.person_frame)


def _fitted(picture: Picture, subject: Subject) -> Picture:
    """A reference of another clip at this clip's size."""
    size = (subject.clip.width, subject.clip.height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def aucs(cases: Sequence[JudgedCase]) -> dict[str, float]:
    """How often a whole triplet scores above a broken one, for all faults together (`all`) and for each."""
    whole = np.array([case.overall for case in cases if case.fault == WHOLE])
    faulty = {fault: np.array([case.overall for case in cases if case.fault == fault]) for fault in FAULTS}
    return {"all": auc(whole, np.concatenate(list(faulty.values())))} | {
        fault: auc(whole, scores) for fault, scores in faulty.items()
    }


def _read(path: Path) -> Picture:
    return np.asarray(cv2.imread(str(path))[..., ::-1], np.uint8)
