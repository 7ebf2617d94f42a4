"""The whole stage, on a rendered clip whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.stages.caption import CaptionConfig, CaptionStage
from cointeract_curation.stages.caption.facts import CaptionRecord
from cointeract_shards import canonical_json
from tests.curation.stages.true_clip import TrueClip, true_clip

FIRST, FRAMES = 20, 60
TALKING = {"speech_share": 0.9}


@pytest.fixture(scope="module")
def clip(livestream: Path) -> TrueClip:
    """A person who shows a red bottle with a green and a white stripe in the right hand."""
    return true_clip(livestream, FIRST, FRAMES)


def read(folder: Path) -> CaptionRecord:
    return CaptionRecord.from_bytes((folder / "caption.json").read_bytes(), where="caption.json")


def test_the_caption_of_a_rendered_clip_is_true(clip: TrueClip, tmp_path: Path) -> None:
    shot = clip.truth.shots[0]
    assert (shot.product, shot.held_by) == ("bottle", "right")
    scores, folder = clip.run(CaptionStage(CaptionConfig()), tmp_path, quality=TALKING)
    record = read(folder)
    facts = record.facts
    assert (facts.person, facts.face_seen, facts.talks, facts.framing) == (True, True, True, "hips up")
    assert facts.object is not None
    assert facts.object.held_by == "right"
    assert facts.object.colours[0] == "red"
    assert facts.object.level == "chest"
    assert facts.object.size in ("small", "medium")
    assert facts.object.change is None
    assert record.prompt.startswith("Shown from the hips up, a person talks")
    assert "in the right hand" in record.prompt
    assert record.hoi_prompt.endswith(record.prompt)
    assert scores["words"] == len(record.prompt.split())
    assert scores["facts"] == facts.known
    stored = canonical_json.decode((folder / "caption.json").read_bytes(), where="caption.json")
    assert (stored["prompt"], stored["hoi_prompt"]) == (record.prompt, record.hoi_prompt)


def test_the_same_clip_has_the_same_caption(clip: TrueClip, tmp_path: Path) -> None:
    one, two = (
        clip.run(CaptionStage(CaptionConfig()), tmp_path / name, quality=TALKING)[1] / "caption.json"
        for name in ("one", "two")
    )
    assert one.read_bytes() == two.read_bytes()


def test_without_an_object_the_person_talks(clip: TrueClip, tmp_path: Path) -> None:
    none = replace(clip, masks=clip.masks.model_copy(update={"masks": (None,) * FRAMES}))
    record = read(none.run(CaptionStage(CaptionConfig()), tmp_path, quality=TALKING)[1])
    assert record.facts.object is None
    assert record.prompt.startswith("Shown from the hips up, a person talks")
    assert "object" not in record.prompt + record.hoi_prompt


def test_without_a_person_and_a_body_there_is_still_a_caption(clip: TrueClip, tmp_path: Path) -> None:
    nobody = {
        name: np.zeros_like(getattr(clip.landmarks, name)) for name in ("face_source", "body_source", "hand_source")
    }
    gone = replace(
        clip,
        landmarks=replace(clip.landmarks, **nobody),
        body=replace(
            clip.body,
            fitted=np.zeros(FRAMES, bool),
            keypoints_2d=np.full_like(clip.body.keypoints_2d, np.nan),
            hands_3d=np.full_like(clip.body.hands_3d, np.nan),
        ),
    )
    scores, folder = gone.run(CaptionStage(CaptionConfig()), tmp_path, quality={})
    record = read(folder)
    assert record.prompt.startswith("No person is seen, only a red")
    assert record.facts.object is not None
    assert record.facts.object.motion == ()
    assert record.facts.object.size is None
    assert record.facts.talks is None
    assert int(scores["facts"] or 0) >= 1


def test_masks_of_another_clip_are_refused(clip: TrueClip, tmp_path: Path) -> None:
    other = replace(clip, masks=clip.masks.model_copy(update={"frames": 1, "masks": clip.masks.masks[:1]}))
    with pytest.raises(UnusableInputError, match=r"object_masks\.json is about 1 frames"):
        other.run(CaptionStage(CaptionConfig()), tmp_path, quality=TALKING)


def test_running_before_setting_up_is_told() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        CaptionStage(CaptionConfig()).run(None)  # type: ignore[arg-type]
