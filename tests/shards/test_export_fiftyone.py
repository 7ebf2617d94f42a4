"""The export for FiftyOne: every file where the documents say, boxes in its terms, and equal bytes for equal data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ShardError
from cointeract_shards.export_fiftyone import export_fiftyone
from cointeract_shards.fiftyone_format import SLICES
from cointeract_shards.manifest import members_by_key, write_manifest
from cointeract_shards.reader import ShardReader
from tests.shards.samples import MakeDataset, MakeSample, row_of


@pytest.fixture
def layout(make_sample: MakeSample, make_dataset: MakeDataset) -> DatasetLayout:
    layout = make_dataset({"train": [make_sample("a", "triplet"), make_sample("b", "clip")]})
    places = members_by_key(ShardReader(layout.shards).locations())
    rows = [
        row_of(
            sample,
            split="train",
            shard="hoi-000000.tar",
            members=places[sample.key],
            review_label="accepted",
            reviewers=("ann", "bob"),
            review_conflict=True,
        )
        for sample in ShardReader(layout.shards).samples()
    ]
    write_manifest(rows, layout.manifest)
    return layout


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def test_every_slice_is_a_file_and_has_the_media_that_was_packed(layout: DatasetLayout, tmp_path: Path) -> None:
    assert export_fiftyone(layout.root, tmp_path / "out").clips == 2
    samples = read(tmp_path / "out", "samples.json")["samples"]
    stored = {sample.key: sample for sample in ShardReader(layout.shards).samples()}
    for sample in samples:
        member, kind = SLICES[sample["group"]["name"]]
        assert sample["_media_type"] == kind
        assert (tmp_path / "out" / sample["filepath"]).read_bytes() == stored[sample["clip_id"]].read(member)
    wanted = {
        (key, name)
        for key, sample in stored.items()
        for name, (member, _) in SLICES.items()
        if member in sample.members
    }
    assert {(sample["clip_id"], sample["group"]["name"]) for sample in samples} == wanted
    groups = {sample["clip_id"]: sample["group"]["_id"]["$oid"] for sample in samples}
    assert len(set(groups.values())) == 2


def test_decisions_and_reviews_are_fields_that_are_declared(layout: DatasetLayout, tmp_path: Path) -> None:
    export_fiftyone(layout.root, tmp_path / "out")
    first = read(tmp_path / "out", "samples.json")["samples"][0]
    assert (first["decision"], first["review_label"], first["reviewers"]) == ("accepted", "accepted", ["ann", "bob"])
    assert first["review_conflict"] is True
    declared = {field["db_field"] for field in read(tmp_path / "out", "metadata.json")["sample_fields"]}
    assert set(first) <= declared
    assert not any("." in name for name in declared)


def test_boxes_are_shares_of_the_picture_on_frames_from_one(layout: DatasetLayout, tmp_path: Path) -> None:
    export_fiftyone(layout.root, tmp_path / "out")
    frames = read(tmp_path / "out", "frames.json")["frames"]
    tracks = {sample.key: sample.tracks for sample in ShardReader(layout.shards).samples()}
    ids = {sample["_id"]["$oid"]: sample for sample in read(tmp_path / "out", "samples.json")["samples"]}
    assert frames
    for frame in frames:
        sample = ids[frame["_sample_id"]["$oid"]]
        assert sample["group"]["name"] == "rgb"
        of_clip = tracks[sample["clip_id"]]
        for found in frame["boxes"]["detections"]:
            x, y, width, height = found["bounding_box"]
            box = getattr(of_clip, found["label"])[frame["frame_number"] - 1].box
            assert (x * of_clip.width, y * of_clip.height) == pytest.approx(box[:2])
            assert ((x + width) * of_clip.width, (y + height) * of_clip.height) == pytest.approx(box[2:])


def test_equal_data_sets_give_equal_bytes(layout: DatasetLayout, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export_fiftyone(layout.root, tmp_path / name)
    for name in ("metadata.json", "samples.json", "frames.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_nothing_to_export_leaves_nothing(make_sample: MakeSample, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ShardError, match="no samples to export"):
        export_fiftyone(tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_existing_folder_is_left_alone(layout: DatasetLayout, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError):
        export_fiftyone(layout.root, tmp_path / "out")
