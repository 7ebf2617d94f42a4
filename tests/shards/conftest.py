"""Fixtures over the samples of `samples.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointeract_shards import media, members
from cointeract_shards.constants import AUDIO_SAMPLES, MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.lint import LintReport, lint
from cointeract_shards.manifest import members_by_key, write_manifest
from cointeract_shards.records import Verdict
from cointeract_shards.sample import Sample
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import (
    Footage,
    LintOne,
    MakeDataset,
    MakeSample,
    encode_video,
    encode_wav,
    gradient_picture,
    meta_of,
    render,
    row_of,
    tracks_of,
)


@pytest.fixture(scope="session")
def footage() -> Footage:
    return Footage(
        rgb=encode_video(render(MOTION_FRAMES, TARGET_FRAMES)),
        motion=encode_video(render(0, MOTION_FRAMES)),
        hoi=encode_video(render(MOTION_FRAMES, TARGET_FRAMES, hoi=True)),
        audio=encode_wav(AUDIO_SAMPLES),
        person=media.encode_png(gradient_picture(1)),
        product=media.encode_png(gradient_picture(2)),
    )


@pytest.fixture(scope="session")
def make_sample(footage: Footage) -> MakeSample:
    """A sample that follows the contract; `replace` exchanges members (None removes), the rest changes `meta.json`."""

    def make(
        key: str, level: str = "clip", replace: dict[str, bytes | None] | None = None, **changes: object
    ) -> Sample:
        content: dict[str, bytes | None] = {
            members.RGB: footage.rgb,
            members.MOTION: footage.motion,
            members.AUDIO: footage.audio,
            members.TRACKS: tracks_of(MOTION_FRAMES).to_bytes(),
        }
        if level != "clip":
            passed = Verdict(passed=True, value=0.9, threshold=0.5)
            changes = {"prompt": "A person shows a mug, slowly.", "verdicts": {"product_identity": passed}, **changes}
            content |= {
                members.HOI: footage.hoi,
                members.PERSON: footage.person,
                members.PRODUCT: footage.product,
                members.OBJECT_MASKS: b"[]\n",
                members.BODY: b"not looked into",
            }
        if changes.get("motion_frames") == 0:
            content[members.MOTION] = None
        content[members.META] = meta_of(key, level=level, **changes).to_bytes()
        content |= replace or {}
        return Sample(key, {name: data for name, data in content.items() if data is not None})

    return make


@pytest.fixture
def make_dataset(tmp_path: Path) -> MakeDataset:
    """Pack samples by split into a data set with a manifest."""

    def make(splits: dict[str, list[Sample]], name: str = "dataset", max_samples: int = 100) -> DatasetLayout:
        layout = DatasetLayout(tmp_path / name)
        rows = []
        for split, samples in splits.items():
            places = write_shards(samples, layout.shards, split, max_samples=max_samples, max_bytes=1 << 30)
            packed = members_by_key(places)
            shards = {place.key: place.shard for place in places}
            rows += [row_of(s, split=split, shard=shards[s.key], members=packed[s.key]) for s in samples]
        write_manifest(rows, layout.manifest)
        return layout

    return make


@pytest.fixture
def lint_one(make_sample: MakeSample, tmp_path: Path) -> LintOne:
    """Lint one sample with some members exchanged, in a folder of shards without a manifest."""

    def run(replace: dict[str, bytes | None] | None = None, level: str = "triplet", **changes: object) -> LintReport:
        write_shards([make_sample("clip", level, replace, **changes)], tmp_path, "train", max_samples=1, max_bytes=1)
        return lint(tmp_path)

    return run
