"""The stage `validate` on references that someone else wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.stages.references.record import REFERENCES_FILE, ReferenceRecord, ReferencesRecord
from cointeract_curation.stages.validate import ValidateConfig, ValidateStage
from cointeract_curation.stages.validate.record import validation_record
from cointeract_curation.triplet.axes import Axis, Judged
from cointeract_curation.triplet.pictures import PERSON_FILE, PRODUCT_FILE, write_picture
from tests.curation.local_workspace import LocalStore
from tests.curation.triplet.scenes import drawn_clip
from tests.curation.triplet.stored import UNIT, store_clip


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A clip with its bare wall for `person.png` and a piece of the wall for `product.png`."""
    store = LocalStore(tmp_path)
    clip, wall = drawn_clip(size=(128, 208))
    store_clip(store, UNIT, clip)
    store.results[UNIT.unit_id, "references"] = {}
    store.artifact(UNIT, "references", PERSON_FILE).parent.mkdir()
    product = np.full_like(wall, 255)
    product[80:120, 40:90] = wall[80:120, 40:90]
    write_picture(store.artifact(UNIT, "references", PERSON_FILE), wall)
    write_picture(store.artifact(UNIT, "references", PRODUCT_FILE), product)
    made = ReferenceRecord(frame=3, kept=None, passed=True, why="drawn", attempts=())
    record = ReferencesRecord(frames=12, maker="drawn", aligned=True, person=made, product=made)
    store.artifact(UNIT, "references", REFERENCES_FILE).write_bytes(record.to_bytes())
    return store


def test_each_axis_gets_a_score_and_a_reason(store: LocalStore) -> None:
    stage = ValidateStage(ValidateConfig())
    stage.setup()
    scores = store.run(stage, UNIT)
    stage.close()
    record = json.loads(store.artifact(UNIT, "validate", "validation.json").read_bytes())
    assert list(record["axes"]) == sorted(axis.value for axis in Axis)
    assert all(axis["reason"] for axis in record["axes"].values())
    assert {name: scores[name] for name in record["axes"]} == {
        name: axis["value"] for name, axis in record["axes"].items()
    }
    # The wall is behind the box, so the box is gone; what lies on white is a piece of wall.
    assert scores["product_gone"] == 1
    assert scores["product_same"] == scores["overall"] == 0


def test_a_reference_that_is_no_picture_is_told(store: LocalStore) -> None:
    path = store.artifact(UNIT, "references", PERSON_FILE)
    path.write_bytes(b"nothing")
    stage = ValidateStage(ValidateConfig())
    stage.setup()
    with pytest.raises(UnusableInputError, match=r"person\.png"):
        store.run(stage, UNIT)
    stage.close()


def test_an_axis_that_a_judge_leaves_out_is_not_passed() -> None:
    record = validation_record("someone", {Axis.SAFE: Judged(1.0, "fine")})
    assert record.axes["identity"].value is None
    assert "someone" in record.axes["identity"].reason
    assert record.overall == 1
