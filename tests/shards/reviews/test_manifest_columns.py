"""What people say, in the manifest: beside the algorithm's decision, never instead of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ManifestError
from cointeract_shards.lint import lint
from cointeract_shards.manifest import members_by_key, read_manifest, write_manifest
from cointeract_shards.manifest_columns import REVIEW_COLUMNS
from cointeract_shards.reader import ShardReader
from tests.shards.samples import MakeDataset, MakeSample, found, message, row_of


def test_review_columns_read_back_and_a_manifest_without_them_is_read(make_sample: MakeSample, tmp_path: Path) -> None:
    row = row_of(
        make_sample("a"),
        content_sha256="c" * 64,
        review_label="rejected",
        review_reasons=("hands", "sync"),
        reviewers=("ann", "bob"),
        review_conflict=True,
    )
    write_manifest([row, row_of(make_sample("b"))], tmp_path / "new.parquet")
    first, second = read_manifest(tmp_path / "new.parquet")
    assert first == row
    assert not first.selected
    assert (second.selected, second.review_label, second.reviewers) == (True, None, ())
    pq.write_table(pq.read_table(tmp_path / "new.parquet").drop_columns(list(REVIEW_COLUMNS)), tmp_path / "old.parquet")
    assert read_manifest(tmp_path / "old.parquet")[0] == row_of(make_sample("a"))


def test_people_s_word_counts_before_the_algorithm_s(make_sample: MakeSample) -> None:
    sample = make_sample("a")
    assert row_of(sample, decision="rejected", review_label="accepted").selected
    assert row_of(sample, decision="accepted").selected
    assert not row_of(sample, decision="rejected").selected
    with pytest.raises(ManifestError, match="review label 'maybe'"):
        row_of(sample, review_label="maybe")


def rewrite(layout: DatasetLayout, **changes: object) -> None:
    places = members_by_key(ShardReader(layout.shards).locations())
    samples = {sample.key: sample for sample in ShardReader(layout.shards).samples("train")}
    rows = [
        row_of(sample, split="train", shard="hoi-000000.tar", members=places[key], **changes)
        for key, sample in samples.items()
    ]
    write_manifest(rows, layout.manifest)


def test_lint_finds_what_reviewers_rejected_in_a_shard(make_sample: MakeSample, make_dataset: MakeDataset) -> None:
    layout = make_dataset({"train": [make_sample("a")]})
    rewrite(layout, review_label="rejected", review_reasons=("hands",))
    report = lint(layout.root)
    assert found(report) == {("a", "manifest-rows")}
    assert "reviewers rejected it: hands" in message(report, "manifest-rows")
    rewrite(layout, decision="rejected", rule="dark", review_label="accepted")
    assert lint(layout.root).ok


def test_lint_finds_a_content_hash_that_isn_t_that_of_the_members(
    make_sample: MakeSample, make_dataset: MakeDataset
) -> None:
    layout = make_dataset({"train": [make_sample("a")]})
    rewrite(layout, content_sha256="0" * 64)
    assert found(lint(layout.root)) == {("a", "manifest-reviews")}
