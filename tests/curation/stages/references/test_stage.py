"""The stages `references` and `validate` on artifacts, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.media.masks import make_masks
from cointeract_curation.stages.references import ReferencesConfig, ReferencesStage
from cointeract_curation.stages.validate import ValidateConfig, ValidateStage
from cointeract_curation.triplet.axes import Axis
from cointeract_curation.triplet.clip import HandledClip
from cointeract_curation.triplet.pictures import read_picture
from tests.curation.local_workspace import LocalStore
from tests.curation.triplet.scenes import drawn_clip, rendered_clip, without_object
from tests.curation.triplet.stored import UNIT, store_clip

CONFIG = ReferencesConfig(attempts=2, ranked_frames=6, donors=5, apart=4)


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[ReferencesStage, ValidateStage]]:
    references, validate = ReferencesStage(CONFIG), ValidateStage(ValidateConfig())
    references.setup()
    validate.setup()
    yield references, validate
    references.close()
    validate.close()


Stages = tuple[ReferencesStage, ValidateStage]


def run(folder: Path, clip: HandledClip, stages: Stages) -> tuple[LocalStore, dict[str, object], dict[str, object]]:
    store = LocalStore(folder)
    store_clip(store, UNIT, clip)
    references = dict(store.run(stages[0], UNIT))
    return store, references, dict(store.run(stages[1], UNIT))


def test_a_clip_gets_references_of_its_size_that_are_judged(tmp_path: Path, livestream: Path, stages: Stages) -> None:
    clip = rendered_clip(livestream, 60, 24)
    store, made, judged = run(tmp_path, clip, stages)
    for name in ("person.png", "product.png"):
        assert read_picture(store.artifact(UNIT, "references", name)).shape == clip.frames[0].shape
    assert set(judged) == {axis.value for axis in Axis} | {"overall"}
    for name in ("identity", "product_gone", "product_same", "product_isolated"):
        value = judged[name]
        assert isinstance(value, float)
        assert value >= 0.5, (name, value)
    record = json.loads(store.artifact(UNIT, "references", "references.json").read_bytes())
    kept = record["person"]["attempts"][record["person"]["kept"]]
    assert kept["frame"] == made["person_frame"] == record["person"]["frame"]
    assert set(kept["axes"]) == {"identity", "product_gone"}
    names = ("person.png", "product.png", "references.json")
    first = [store.artifact(UNIT, "references", name).read_bytes() for name in names]
    store.run(stages[0], UNIT)
    assert [store.artifact(UNIT, "references", name).read_bytes() for name in names] == first


def test_without_an_object_the_frame_stays_and_the_product_is_white(
    tmp_path: Path, livestream: Path, stages: Stages
) -> None:
    clip = without_object(rendered_clip(livestream, 60, 12))
    store, made, judged = run(tmp_path, clip, stages)
    person = read_picture(store.artifact(UNIT, "references", "person.png"))
    frame = made["person_frame"]
    assert isinstance(frame, int)
    # The frame went through an encoder on its way.
    assert np.abs(person.astype(int) - clip.frames[frame]).mean() < 6
    assert (read_picture(store.artifact(UNIT, "references", "product.png")) == 255).all()
    assert made["product_passed"] is False
    assert judged["product_same"] == judged["product_isolated"] == judged["overall"] == 0
    assert judged["product_gone"] is judged["no_hand"] is None


def test_a_clip_without_a_person_ends_in_scores(tmp_path: Path, stages: Stages) -> None:
    store, made, judged = run(tmp_path, drawn_clip(size=(128, 208))[0], stages)
    assert made["person_attempts"] == 1
    assert judged["identity"] is judged["no_hand"] is judged["plausible_size"] is None
    assert judged["product_same"] is not None
    record = json.loads(store.artifact(UNIT, "validate", "validation.json").read_bytes())
    assert record["axes"]["identity"]["reason"] == "the clip never shows a face"


def test_artifacts_that_disagree_are_refused(tmp_path: Path, stages: Stages) -> None:
    store = LocalStore(tmp_path)
    clip, _ = drawn_clip(size=(128, 208))
    store_clip(store, UNIT, clip)
    short = make_masks([clip.mask(0)], (128, 208))
    store.artifact(UNIT, "object", "object_masks.json").write_bytes(short.to_bytes())
    with pytest.raises(UnusableInputError, match="number of frames"):
        store.run(stages[0], UNIT)


def test_running_before_setting_up_is_told() -> None:
    for stage in (ReferencesStage(CONFIG), ValidateStage(ValidateConfig())):
        with pytest.raises(RuntimeError, match="setup"):
            stage.run(None)  # type: ignore[arg-type]
