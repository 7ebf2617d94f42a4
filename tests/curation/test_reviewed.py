"""People's reviews in curation: what goes into the shards, what is made again, and that nothing of the algorithm's is overwritten."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.corrections import CORRECTIONS_NAME, Corrections, read_corrections
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.standing import State
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.ledger import Ledger
from cointeract_curation.repack import repack
from cointeract_curation.report.funnel import funnel
from cointeract_curation.requeue_reviewed import requeue_reviewed
from cointeract_curation.reviewed import clip_content, select
from cointeract_curation.status import open_ledger, status
from cointeract_shards.manifest import ManifestRow, read_manifest
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.reviews.event import Draft, Fix
from cointeract_shards.reviews.log import ReviewLog
from tests.curation.report.made_up_dataset import MadeUpDataset

RECIPE: dict[str, Any] = {
    "name": "made up",
    "shots": {"backend": "transnetv2"},
    "cut": {},
    "quality": {},
    "people": {},
    "policy": {
        "dark": {"score": "quality.luminance_mean", "min": 25, "message": "too dark"},
        "crowd": {"score": "people.persons", "max": 1, "message": "more than one person"},
    },
    "pack": {"held_out": 0},
}
GOOD, OTHER, CROWD, DARK = range(4)
WIDTH, HEIGHT = 72, 128


class Reviewed:
    """Four clips: two accepted, one rejected at the last stage, one before it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made = MadeUpDataset(root, build_recipe(RECIPE, "test"))
        self.made.dataset.prepare(self.made.recipe, reconfigure=False)
        self.clips = self.made.accepted_source("/videos/good.mp4", 4)
        for number, clip in enumerate(self.clips):
            self.cut(clip)
            self.made.finish("quality", clip, {"luminance_mean": 10.0 if number == DARK else 100.0})
            if number != DARK:
                self.people(clip, persons=2 if number == CROWD else 1)

    def cut(self, clip: ClipUnit) -> None:
        files = {name: f"{name} of {clip.unit_id}".encode() for name in ("rgb.mp4", "motion.mp4", "audio.wav")}
        self.made.finish("cut", clip, {"width": WIDTH, "height": HEIGHT, "frames": 81}, files)

    def people(self, clip: ClipUnit, persons: int = 1) -> None:
        tracks = f"tracks of {clip.unit_id}".encode()
        self.made.finish("people", clip, {"persons": persons}, {"tracks.json": tracks, "landmarks.npz": b"x"})

    def name(self, number: int) -> str:
        return self.clips[number].unit_id

    def ledger(self) -> Ledger:
        return open_ledger(str(self.root))[3]

    def say(self, reviewer: str, number: int, verb: str, **fields: object) -> None:
        _, recipe, _, ledger = open_ledger(str(self.root))
        content = {clip.unit.unit_id: clip_content(clip, recipe) for clip in ledger.clips}
        draft = {"sample": self.name(number), "sha": content[self.name(number)], "verb": verb, **fields}
        with ReviewLog(self.root / "reviews", reviewer) as log:
            log.append([Draft.model_validate(draft)])

    def fix(self, number: int, part: str = "face", frame: int = 3, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        box = Fix.model_validate(
            {"part": part, "frame": frame, "box": (1, 2, 30, 40), "width": size[0], "height": size[1]}
        )
        self.say("ann", number, "fix", fix=box)

    def rows(self) -> dict[int, ManifestRow]:
        by_id = {row.clip_id: row for row in read_manifest(self.root / "manifest.parquet")}
        return {number: by_id[self.name(number)] for number in range(len(self.clips))}

    def packed(self) -> list[int]:
        return [number for number, row in self.rows().items() if row.shard is not None]


@pytest.fixture
def data(tmp_path: Path) -> Reviewed:
    return Reviewed(tmp_path / "dataset")


def test_without_a_policy_reviews_are_counted_and_change_nothing(data: Reviewed) -> None:
    data.say("ann", GOOD, "reject")
    result = repack(str(data.root), [])
    assert data.packed() == [GOOD, OTHER]
    assert data.rows()[GOOD].review_label is None
    assert (result.reviews.policy, result.reviews.judged, result.samples) == (None, 1, 2)
    assert "not obeyed" in status(str(data.root)).reviews.text


def test_people_reject_and_accept_beside_the_algorithm(data: Reviewed) -> None:
    data.say("ann", GOOD, "reject", reasons=("hands", "sync"))
    data.say("bob", GOOD, "accept")
    data.say("ann", CROWD, "accept")
    data.say("ann", DARK, "accept")
    result = repack(str(data.root), ["pack.reviews=any-reject"])
    assert data.packed() == [OTHER, CROWD]
    good, _, crowd, dark = (data.rows()[number] for number in range(4))
    assert (good.decision, good.review_label, good.review_reasons) == ("accepted", "rejected", ("hands", "sync"))
    assert (good.reviewers, good.review_conflict) == (("ann", "bob"), True)
    assert (crowd.decision, crowd.rule, crowd.review_label, crowd.level) == ("rejected", "crowd", "accepted", "clip")
    assert dark.shard is None, "it lacks what the stage people makes"
    counts = result.reviews
    assert (counts.rejected, counts.accepted, counts.waiting, counts.conflicts) == (1, 1, 1, 1)
    assert "1 taken out, 1 taken in, 1 waiting for stages" in (data.root / "report" / "index.html").read_text()


def test_the_policy_is_kept_and_can_be_taken_back(data: Reviewed) -> None:
    data.say("ann", GOOD, "reject")
    data.say("bob", GOOD, "accept")
    repack(str(data.root), ["pack.reviews=majority"])
    assert data.packed() == [GOOD, OTHER], "a tie leaves it to the algorithm"
    data.say("cem", GOOD, "reject")
    repack(str(data.root), [])
    assert data.packed() == [OTHER]
    repack(str(data.root), ["pack.reviews=null"])
    assert data.packed() == [GOOD, OTHER]


def test_the_same_reviews_give_the_same_bytes(data: Reviewed, tmp_path: Path) -> None:
    other = Reviewed(tmp_path / "other")
    data.say("ann", GOOD, "reject", reasons=("sync",))
    data.say("bob", OTHER, "accept")
    (other.root / "reviews").mkdir()
    lines = [(data.root / "reviews" / f"{name}.jsonl").read_bytes() for name in ("bob", "ann")]
    (other.root / "reviews" / "all of them.jsonl").write_bytes(b"".join(lines))
    for each in (data, other):
        repack(str(each.root), ["pack.reviews=unanimous"])
    files = [
        "manifest.parquet",
        *(str(path.relative_to(data.root)) for path in sorted(data.root.glob("shards/**/hoi-*"))),
    ]
    assert len(files) == 3
    for name in files:
        assert (data.root / name).read_bytes() == (other.root / name).read_bytes(), name


def test_a_review_of_what_a_clip_was_before_is_stale(data: Reviewed) -> None:
    data.say("ann", GOOD, "reject", sha=hashlib.sha256(b"before").hexdigest())
    result = repack(str(data.root), ["pack.reviews=any-reject"])
    assert (data.packed(), result.reviews.stale) == ([GOOD, OTHER], 1)
    repack(str(data.root), ["pack.keep_stale_reviews=true"])
    assert data.packed() == [OTHER]


def test_what_reviews_refer_to_is_the_same_before_and_after_packing(data: Reviewed) -> None:
    recipe = data.made.recipe
    before = select(data.made.dataset, recipe, data.ledger()).content
    repack(str(data.root), ["pack.max_samples=1"])
    for row in data.rows().values():
        assert row.content_sha256 == before[row.clip_id]
        if row.members:
            assert row.content_sha256 == content_sha256({member.name: member.sha256 for member in row.members})


def test_a_drawn_box_changes_the_fingerprints_of_its_clip_and_stages_alone(data: Reviewed) -> None:
    data.fix(GOOD)
    found = requeue_reviewed(str(data.root))
    assert (found.corrected, found.refused) == ((data.name(GOOD),), ())
    clips = {clip.unit.unit_id: clip for clip in data.ledger().clips}
    assert (clips[data.name(GOOD)].state, clips[data.name(GOOD)].stage) == (State.PENDING, "people")
    assert clips[data.name(OTHER)].state == State.ACCEPTED
    stages = open_ledger(str(data.root))[2].lineage.stages
    assert stages["people"].corrections == {data.name(GOOD): {"face": {3: (1.0, 2.0, 30.0, 40.0)}}}


def test_sending_back_twice_is_once_and_a_box_taken_back_is_none(data: Reviewed) -> None:
    data.fix(GOOD)
    requeue_reviewed(str(data.root))
    written = (data.root / CORRECTIONS_NAME).read_bytes()
    assert requeue_reviewed(str(data.root)).corrected == ()
    assert (data.root / CORRECTIONS_NAME).read_bytes() == written
    with ReviewLog(data.root / "reviews", "ann") as log:
        fix = log.events[-1]
        log.append([Draft(sample=fix.sample, sha=fix.sha, verb="revert", target=fix.id)])
    assert requeue_reviewed(str(data.root)).corrected == (data.name(GOOD),)
    assert read_corrections(data.root) == Corrections()
    assert {clip.state for clip in data.ledger().clips} == {State.ACCEPTED, State.REJECTED}


def test_boxes_that_fit_no_clip_are_refused_by_name(data: Reviewed) -> None:
    data.fix(GOOD, frame=81)
    data.fix(OTHER, size=(100, 100))
    data.fix(CROWD, part="object")
    data.fix(CROWD)
    found = requeue_reviewed(str(data.root))
    reasons = " ".join(item.reason for item in found.refused)
    assert "frames 0 to 80" in reasons
    assert "drawn on 100 x 100 pixels, the clip is 72 x 128" in reasons
    assert "no stage of the recipe takes a box of the object" in reasons
    assert found.corrected == (data.name(CROWD),)


def test_a_clip_accepted_against_an_early_rule_goes_on_and_is_judged_again(data: Reviewed) -> None:
    data.say("ann", DARK, "accept")
    assert requeue_reviewed(str(data.root)).carried_on == (data.name(DARK),)
    assert requeue_reviewed(str(data.root)).carried_on == ()
    dark = next(clip for clip in data.ledger().clips if clip.unit.unit_id == data.name(DARK))
    assert (dark.state, dark.stage) == (State.PENDING, "people")
    data.people(data.clips[DARK])
    ledger = data.ledger()
    ledger.check_sums()
    dark = next(clip for clip in ledger.clips if clip.unit.unit_id == data.name(DARK))
    assert (dark.state, dark.stage, set(dark.outcomes)) == (State.REJECTED, "quality", {"cut", "quality", "people"})
    assert funnel(ledger.clips, ("cut", "quality", "people"), data.made.recipe.policy).leaves == 2
    result = repack(str(data.root), ["pack.reviews=any-reject"])
    assert (data.packed(), result.reviews.stale) == ([GOOD, OTHER], 1), (
        "it was accepted before its tracks could be seen"
    )
    data.say("ann", DARK, "accept")
    repack(str(data.root), [])
    assert data.packed() == [GOOD, OTHER, DARK]
    assert data.rows()[DARK].decision == "rejected"


def test_a_carried_clip_that_fails_later_stays_rejected_by_its_rule(data: Reviewed) -> None:
    data.say("ann", DARK, "accept")
    requeue_reviewed(str(data.root))
    reader = open_ledger(str(data.root))[2]
    data.made.stages = reader.lineage.stages  # type: ignore[assignment]
    data.made.fail("people", data.clips[DARK], "no luck")
    dark = next(clip for clip in data.ledger().clips if clip.unit.unit_id == data.name(DARK))
    assert (dark.state, dark.stage, dark.reason[:8]) == (State.REJECTED, "quality", "too dark")


def test_an_unknown_policy_is_refused_with_those_there_are(data: Reviewed) -> None:
    with pytest.raises(ConfigurationError, match="any-reject, majority, unanimous or owner:NAME"):
        repack(str(data.root), ["pack.reviews=most"])


def test_corrections_are_no_part_of_the_recipe(data: Reviewed) -> None:
    recipe = replace(data.made.recipe, corrections=Corrections(carried_on=("x",)))
    assert recipe.to_mapping() == data.made.recipe.to_mapping()
