from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from cointeract_shards import members
from cointeract_shards.artifacts import ArtifactFolder
from cointeract_shards.errors import RecordError
from cointeract_shards.manifest import members_by_key, read_manifest, write_manifest
from cointeract_shards.manifest_file import ManifestFile
from cointeract_shards.object_masks import RunLength
from cointeract_shards.outcome import ArtifactFile, Outcome, OutcomeError
from cointeract_shards.rules import Rule, RuleError, read_rules
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import MakeSample, row_of

CLIP = "0123456789abcdef-00000081"


def finish(root: Path, stage: str, fingerprint: str, started: float, files: dict[str, bytes]) -> None:
    folder = root / CLIP / f"{stage}-{fingerprint}"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    listed = {name: ArtifactFile(len(data), "0" * 64) for name, data in files.items()}
    (folder / "outcome.json").write_bytes(
        Outcome(stage, CLIP, fingerprint, {"share": 0.5}, listed, {}, 1, "host", started, 1.0).to_bytes()
    )


def test_the_latest_result_of_each_stage_is_found_or_the_one_that_is_named(tmp_path: Path) -> None:
    finish(tmp_path, "object", "a" * 16, 1.0, {members.TRACKS: b"old"})
    finish(tmp_path, "object", "b" * 16, 2.0, {members.TRACKS: b"newer", members.OBJECT_MASKS: b"m"})
    finish(tmp_path, "people", "c" * 16, 3.0, {members.TRACKS: b"people"})
    (tmp_path / "file-00").mkdir()
    folder = ArtifactFolder(tmp_path)
    assert folder.clip_ids() == [CLIP]
    latest = folder.outcomes(CLIP)
    assert latest["object"].fingerprint == "b" * 16
    named = folder.outcomes(CLIP, {"object": "a" * 16, "cut": "d" * 16})
    assert {stage: outcome.fingerprint for stage, outcome in named.items()} == {"object": "a" * 16}
    places = folder.members(latest)
    assert Path(places[members.TRACKS].location).read_bytes() == b"newer", "the object's tracks replace the people's"
    assert set(places) == {members.TRACKS, members.OBJECT_MASKS}


def test_an_outcome_that_is_none_is_named(tmp_path: Path) -> None:
    finish(tmp_path, "cut", "a" * 16, 1.0, {})
    path = tmp_path / CLIP / ("cut-" + "a" * 16) / "outcome.json"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(OutcomeError, match=r"outcome\.json"):
        ArtifactFolder(tmp_path).outcomes(CLIP)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path / "nowhere")
    assert folder.clip_ids() == []
    assert folder.outcomes(CLIP) == {}
    assert folder.last_attempt(CLIP) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_runs_of_a_mask_say_what_its_code_says(height: int, width: int, seed: int, share: float) -> None:
    pixels = np.asfortranarray(np.random.default_rng(seed).random((height, width)) < share, dtype=np.uint8)
    runs = RunLength(size=(height, width), counts=coco.encode(pixels)["counts"].decode()).runs()
    assert (pixels == np.repeat(np.arange(len(runs)) % 2, runs).reshape(width, height).T).all()


@pytest.mark.parametrize("counts", ["", "0", "o", "_2d0", "~~~~"])
def test_a_code_that_fills_no_picture_is_refused(counts: str) -> None:
    with pytest.raises(RecordError, match="add up to"):
        RunLength(size=(8, 9), counts=counts).runs()


def test_an_open_manifest_tells_what_a_read_one_tells(tmp_path: Path, make_sample: MakeSample) -> None:
    samples = [make_sample(f"clip-{number}") for number in range(3)]
    places = write_shards(samples, tmp_path / "shards", "train", max_samples=2, max_bytes=1 << 30)
    grouped = members_by_key(places)
    where = {place.key: place.shard for place in places}
    packed = [row_of(sample, split="train", shard=where[sample.key], members=grouped[sample.key]) for sample in samples]
    rejected = row_of(make_sample("clip-9"), decision="rejected", level=None)
    write_manifest([*packed, rejected], tmp_path / "manifest.parquet")
    rows = read_manifest(tmp_path / "manifest.parquet")
    opened = ManifestFile(tmp_path / "manifest.parquet")
    assert opened.rows == len(rows) == 4
    for number, row in enumerate(rows):
        assert opened.members(number) == row.members
        assert opened.fingerprints(number) == dict(row.fingerprints)
        found = [(item.name, item.split, item.shard, item.offset, item.size) for item in opened.packed_members(number)]
        assert found == [(item.name, "train", row.shard, item.offset, item.size) for item in row.members]
    assert opened.columns(["clip_id"]).column(0).to_pylist() == [row.clip_id for row in rows]
    with pytest.raises(IndexError, match="no row 4"):
        opened.members(4)


def test_rules_are_read_with_their_names_and_a_wrong_one_is_named() -> None:
    stored = {"policy": {"dark": {"score": "quality.luminance", "min": 30, "message": "too dark"}, "off": None}}
    assert list(read_rules(stored, "dataset.yaml")) == ["dark"]
    with pytest.raises(RuleError, match=r"policy\.dark"):
        read_rules({"policy": {"dark": {"score": "luminance", "message": ""}}}, "dataset.yaml")
    with pytest.raises(RuleError, match="needs a number"):
        Rule(score="encode.bucket", min=1, message="").broken_bound("64x112")
