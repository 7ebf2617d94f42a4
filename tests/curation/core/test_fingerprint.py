from __future__ import annotations

from pathlib import Path

import pytest
from tests.curation.engine.toy_stages import clip, toy_stages

from cointeract_curation.core.fingerprint import Lineage
from cointeract_curation.core.units import ClipUnit, SourceUnit


def test_the_fingerprint_follows_configuration_version_and_what_is_required(tmp_path: Path) -> None:
    plain, scaled = Lineage(toy_stages(tmp_path)), Lineage(toy_stages(tmp_path, scale=2))
    for stage in ("measure", "double"):
        assert plain.key(stage, clip(0)) == Lineage(toy_stages(tmp_path)).key(stage, clip(0))
        assert plain.key(stage, clip(0)) != scaled.key(stage, clip(0))
    newer = toy_stages(tmp_path)
    type(newer["double"]).version = 2
    assert Lineage(newer).key("measure", clip(0)) == plain.key("measure", clip(0))
    changed = Lineage(newer).key("double", clip(0))
    type(newer["double"]).version = 1
    assert changed != plain.key("double", clip(0))


def test_the_path_and_the_shot_are_no_part_of_it_and_content_and_window_are(tmp_path: Path) -> None:
    lineage = Lineage(toy_stages(tmp_path))
    unit = clip(5)
    moved = unit.model_copy(update={"source": SourceUnit(sha256=unit.source.sha256, path="/elsewhere.mp4"), "shot": 3})
    assert lineage.key("double", moved) == lineage.key("double", unit)
    others: list[ClipUnit] = [
        unit.model_copy(update={"first": 6}),
        unit.model_copy(update={"frames": 80}),
        unit.model_copy(update={"motion_frames": 73}),
        unit.model_copy(update={"source": SourceUnit(sha256="1" * 64, path=unit.source.path)}),
    ]
    keys = [lineage.key("double", other).fingerprint for other in others]
    assert len({*keys, lineage.key("double", unit).fingerprint}) == len(others) + 1


def test_asking_out_of_order_gives_the_same_answers(tmp_path: Path) -> None:
    lineage = Lineage(toy_stages(tmp_path))
    straight = [lineage.key(stage, clip(first)) for first in range(3) for stage in ("measure", "double")]
    mixed = {(stage, first): lineage.key(stage, clip(first)) for stage in ("double", "measure") for first in (2, 0, 1)}
    assert straight == [mixed[stage, first] for first in range(3) for stage in ("measure", "double")]


def test_a_stage_that_does_not_fit_the_unit_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="stage measure works on a clip"):
        Lineage(toy_stages(tmp_path)).key("measure", clip(0).source)
