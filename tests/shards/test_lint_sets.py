from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from cointeract_shards import members
from cointeract_shards.errors import ContractError, ShardError
from cointeract_shards.lint import describe_rules, lint
from cointeract_shards.manifest import read_manifest, write_manifest
from cointeract_shards.shard_index import ShardIndex, index_name
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import (
    LintOne,
    MakeDataset,
    MakeSample,
    encode_wav,
    found,
    message,
    row_of,
)


def test_an_id_that_comes_twice_is_a_violation(make_sample: MakeSample, tmp_path: Path) -> None:
    for folder in ("train-a", "train-b"):
        write_shards([make_sample("clip")], tmp_path, folder, max_samples=1, max_bytes=1)
    assert ("clip", "unique-id") in found(lint(tmp_path))


def test_a_source_in_two_splits_is_a_violation(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    layout = make_dataset({"train": [make_sample("a")], "heldout": [make_sample("b")]})
    report = lint(layout.root)
    assert {rule for _, rule in found(report)} == {"split-by-source"}
    assert "'heldout' (b), 'train' (a)" in message(report, "split-by-source")


def test_an_identity_in_two_splits_is_a_violation(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    other = make_sample("b", source_sha256="c" * 64, identity="person-1")
    layout = make_dataset({"train": [make_sample("a", identity="person-1")], "heldout": [other]})
    assert "identity person-1" in message(lint(layout.root), "split-by-source")


def test_a_changed_byte_in_a_shard_is_found_by_hash(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    layout = make_dataset({"train": [make_sample("a")]})
    place = next(m for m in read_manifest(layout.manifest)[0].members if m.name == members.AUDIO)
    with (layout.split("train") / "hoi-000000.tar").open("r+b") as shard:
        shard.seek(place.offset + place.size - 1)
        shard.write(b"\x01")
    report = lint(layout.root)
    assert found(report) == {("a", "member-hash")}
    assert len(report.violations) == 2  # the index and the manifest both say otherwise


def test_manifest_and_shards_are_compared_both_ways(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    kept, lost, extra = make_sample("kept"), make_sample("lost"), make_sample("extra")
    rejected = make_sample("rejected")
    layout = make_dataset({"train": [kept, lost, extra, rejected]})
    rows = {row.clip_id: row for row in read_manifest(layout.manifest)}
    changed = [
        rows["kept"],
        rows["lost"],
        row_of(make_sample("unpacked")),
        row_of(rejected, decision="rejected", reason="too dark"),
    ]
    write_shards([kept, extra, rejected], layout.shards, "train", max_samples=9, max_bytes=1 << 30)
    write_manifest(changed, layout.manifest)
    by_sample = {v.sample: v.message for v in lint(layout.root, rules=["manifest-rows"]).violations}
    assert by_sample == {
        "extra": "is in a shard, but not in the manifest",
        "lost": "is in no shard; the manifest says train/hoi-000000.tar",
        "unpacked": "is accepted by the manifest, but in no shard",
        "rejected": by_sample["rejected"],
    }


def test_a_truncated_shard_is_named_and_the_others_are_checked(
    make_sample: MakeSample, make_dataset: MakeDataset
) -> None:
    layout = make_dataset({"train": [make_sample("a"), make_sample("b")]}, max_samples=1)
    shard = layout.split("train") / "hoi-000000.tar"
    with shard.open("r+b") as stream:
        stream.truncate(shard.stat().st_size // 2)
    report = lint(layout.root)
    assert report.samples == 1
    assert found(report) == {(None, "shard-readable")}
    assert report.violations[0].shard == "train/hoi-000000.tar"


def test_an_index_that_lies_about_a_member_is_found(make_sample: MakeSample, tmp_path: Path) -> None:
    write_shards([make_sample("a")], tmp_path, "train", max_samples=1, max_bytes=1)
    path = tmp_path / "train" / index_name("hoi-000000.tar")
    index = ShardIndex.from_bytes(path.read_bytes(), where="index")
    wrong = index.members[0].model_copy(update={"sha256": "0" * 64})
    path.write_bytes(index.model_copy(update={"members": (wrong, *index.members[1:])}).to_bytes())
    assert found(lint(tmp_path)) == {("a", "member-hash")}


def test_a_manifest_that_is_no_manifest_is_a_violation(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    layout = make_dataset({"train": [make_sample("a")]})
    layout.manifest.write_bytes(b"PAR1 but not really")
    assert found(lint(layout.root)) == {(None, "manifest-readable")}


def test_a_data_set_with_nothing_accepted_is_clean(make_sample: MakeSample, tmp_path: Path) -> None:
    write_manifest([row_of(make_sample("a"), decision="rejected", rule="x")], tmp_path / "manifest.parquet")
    report = lint(tmp_path)
    assert (report.ok, report.samples) == (True, 0)


def test_an_empty_or_missing_folder_is_an_error_not_a_clean_report(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="no shard below"):
        lint(tmp_path)
    with pytest.raises(ShardError, match="nothing at"):
        lint(tmp_path / "missing")


def test_only_the_rules_asked_for_run_and_unknown_ones_are_refused(lint_one: LintOne, tmp_path: Path) -> None:
    lint_one({members.AUDIO: encode_wav(1)}, level="clip")
    assert lint(tmp_path, rules=["frame-count"]).ok
    with pytest.raises(ContractError, match="no lint rule 'frame-cuont'"):
        lint(tmp_path, rules=["frame-cuont"])


def test_every_rule_has_a_description_of_one_line() -> None:
    rules = describe_rules()
    assert len(rules) >= 20
    assert all(summary and "\n" not in summary for summary in rules.values())


def test_the_report_is_json_with_counts(lint_one: LintOne) -> None:
    report = json.loads(lint_one({members.AUDIO: encode_wav(1)}, level="clip").to_json())
    assert (report["ok"], report["counts"], report["samples"]) == (False, {"audio-format": 1}, 1)


def test_a_data_set_at_a_url_is_checked_like_a_local_one(make_sample: MakeSample) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    write_shards([make_sample("a")], f"{url}/shards", "train", max_samples=9, max_bytes=1 << 30)
    write_manifest([row_of(make_sample("b"))], f"{url}/manifest.parquet")
    assert found(lint(url)) == {("a", "manifest-rows"), ("b", "manifest-rows")}
