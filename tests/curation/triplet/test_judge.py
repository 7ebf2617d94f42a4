"""What the measured judge says of good triplets and of ones that are broken in a known way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cointeract_curation.stages.references.config import ReferencesConfig
from cointeract_curation.stages.references.inpaint import InpaintMaker
from cointeract_curation.stages.references.make import make_person, make_product
from cointeract_curation.triplet.axes import Axis, Judged, Triplet, overall
from cointeract_curation.triplet.clip import HandledClip
from cointeract_curation.triplet.judge import MeasuredJudge
from tests.curation.triplet.scenes import drawn_clip, without_object

GOOD = 0.5
CONFIG = ReferencesConfig(attempts=1, ranked_frames=8, donors=6)


def references_of(clip: HandledClip, judge: MeasuredJudge) -> Triplet:
    person = make_person(clip, InpaintMaker(CONFIG.donors), judge, CONFIG)
    product = make_product(clip, InpaintMaker(CONFIG.donors), judge, CONFIG)
    assert product is not None
    return Triplet(clip, person.kept.made.image, product.kept.made.image, person.kept.ranked.frame)


@pytest.fixture(scope="module")
def good(woman: HandledClip, judge: MeasuredJudge) -> Triplet:
    return references_of(woman, judge)


@pytest.fixture(scope="module")
def other(man: HandledClip, judge: MeasuredJudge) -> Triplet:
    return references_of(man, judge)


def test_good_triplets_pass_every_axis_that_can_be_measured(
    good: Triplet, other: Triplet, judge: MeasuredJudge
) -> None:
    for triplet in (good, other):
        scores = judge(triplet)
        assert set(scores) == {axis.value for axis in Axis}
        assert all(value is None or value >= GOOD for value in scores.values()), scores
        known = [name for name, value in scores.items() if value is not None]
        assert {"identity", "product_gone", "product_same", "product_isolated"} <= set(known)


def test_another_person_is_told(good: Triplet, other: Triplet, judge: MeasuredJudge) -> None:
    value = judge(replace(good, person=other.person, person_frame=None))["identity"]
    assert value is not None
    assert value < GOOD


def test_another_product_is_told(good: Triplet, other: Triplet, judge: MeasuredJudge) -> None:
    value = judge(replace(good, product=other.product))["product_same"]
    assert value is not None
    assert value < GOOD


def test_a_product_that_was_left_in_is_told(good: Triplet, judge: MeasuredJudge) -> None:
    clip = good.clip
    for frame in (good.person_frame, 0):
        assert frame is not None
        value = judge(replace(good, person=clip.frames[frame]))["product_gone"]
        assert value is not None
        assert value < GOOD


def test_a_product_that_is_not_alone_is_told(good: Triplet, judge: MeasuredJudge) -> None:
    assert judge(replace(good, product=good.clip.frames[0]))["product_isolated"] == 0
    white = np.full_like(good.clip.frames[0], 255)
    assert judge(replace(good, product=white))["product_isolated"] == 0
    assert judge(replace(good, product=white))["product_same"] == 0


def test_a_hand_left_on_the_product_is_told(good: Triplet, judge: MeasuredJudge) -> None:
    clip = good.clip
    frame = clip.object_frames[0]
    kept = clip.mask(frame) | clip.hands(frame, 1.3)
    pasted = np.where(kept[..., None], clip.frames[frame], np.uint8(255))
    value = judge(replace(good, product=pasted))["no_hand"]
    assert value is not None
    assert value < GOOD


def test_a_clip_without_an_object_is_no_triplet(good: Triplet, judge: MeasuredJudge) -> None:
    scores = judge(replace(good, clip=without_object(good.clip)))
    assert scores["product_same"] == 0
    assert scores["product_gone"] is None
    assert scores["plausible_size"] is None


def test_missing_references_score_nothing_and_nobody_abstains(good: Triplet, judge: MeasuredJudge) -> None:
    scores = judge(Triplet(good.clip, None, None))
    assert scores["identity"] == scores["product_same"] == scores["no_hand"] == 0
    clip, wall = drawn_clip()
    assert judge(Triplet(clip, wall, wall))["identity"] is None


def test_a_measured_nudity_lowers_safety(good: Triplet, judge: MeasuredJudge) -> None:
    clip = good.clip
    bare = HandledClip(clip.frames, clip.landmarks, clip.object_masks, clip.body, nudity=0.9)
    before, after = judge(good)["safe"], judge(replace(good, clip=bare))["safe"]
    assert before is not None
    assert after is not None
    assert after <= 0.1 < before


def test_the_same_triplet_gets_the_same_answer(good: Triplet, judge: MeasuredJudge) -> None:
    assert judge(good) == judge(good)


def test_one_fault_spoils_a_triplet() -> None:
    judged = {Axis.SAFE: Judged(0.9, ""), Axis.NO_HAND: Judged(None, ""), Axis.IDENTITY: Judged(0.2, "")}
    assert overall(judged) == 0.2
    assert overall({Axis.NO_HAND: Judged(None, "")}) is None
