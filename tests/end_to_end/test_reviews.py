"""Reviews through the command: decide, pack by decisions, correct a box, send back, and the old decision is stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointeract_shards.manifest import ManifestRow, read_manifest
from cointeract_shards.reader import ShardReader
from cointeract_shards.records import TrackPoint
from cointeract_shards.reviews.event import Draft, Fix
from cointeract_shards.reviews.log import ReviewLog
from tests.end_to_end.command import curate, run, run_json


@pytest.mark.slow
def test_from_a_decision_to_a_corrected_sample(livestream: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset"
    curate([livestream], dataset, "--set", "pack.held_out=0")
    accepted = [row for row in read_manifest(dataset / "manifest.parquet") if row.shard is not None]
    assert len(accepted) >= 2, "the rendered livestream has several good clips"
    fixed, refused = accepted[0], accepted[1]
    box = (11.0, 12.0, 61.0, 72.0)
    with ReviewLog(dataset / "reviews", "ann") as log:
        log.append(
            [
                Draft(sample=refused.clip_id, sha=str(refused.content_sha256), verb="reject", reasons=("sync",)),
                Draft(sample=fixed.clip_id, sha=str(fixed.content_sha256), verb="accept"),
                Draft(sample=fixed.clip_id, sha=str(fixed.content_sha256), verb="fix", fix=drawn(fixed, box)),
            ]
        )
    packed = run_json("pack", dataset, "--reviews", "any-reject")
    assert (packed["samples"], packed["reviews"]["rejected"]) == (len(accepted) - 1, 1)

    sent = run_json("requeue", dataset, "--reviewed", "--engine", "inprocess")
    assert (sent["corrected"], sent["refused"]) == ([fixed.clip_id], [])
    assert sent["run"]["stages_run"] == 1, "the stage people of one clip, and nothing else"
    after = {row.clip_id: row for row in read_manifest(dataset / "manifest.parquet")}
    assert after[refused.clip_id].shard is None
    assert after[fixed.clip_id].content_sha256 != fixed.content_sha256
    sample = next(sample for sample in ShardReader(dataset / "shards").samples() if sample.key == fixed.clip_id)
    assert sample.tracks.face[10] == TrackPoint(box=box, score=1.0)
    assert run_json("reviews", dataset)["reviewers"] == [
        {"reviewer": "ann", "accept": 1, "reject": 1, "skip": 0, "stale": 1}
    ]
    run("lint", dataset)
    assert run_json("requeue", dataset, "--reviewed", "--engine", "inprocess")["run"]["stages_run"] == 0
    assert "majority" in run("pack", dataset, "--reviews", "most", expect=2)


def drawn(row: ManifestRow, box: tuple[float, float, float, float]) -> Fix:
    assert row.width is not None
    assert row.height is not None
    return Fix(part="face", frame=10, box=box, width=row.width, height=row.height)
