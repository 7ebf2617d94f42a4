from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from cointeract_shards.manifest import read_manifest
from cointeract_shards.reviews import log as review_log
from cointeract_shards.reviews.log import ReviewLog
from cointeract_shards.reviews.ulid import new_ulid
from tests.inspector.conftest import OpenClient, make_service
from tests.inspector.made import PACKED, REJECTED, Media, make_dataset
from tests.inspector.test_query import ask


def draft(client: TestClient, sample: str, verb: str, **changes: Any) -> dict[str, Any]:
    sha = client.get(f"/api/sample/{sample}").json()["sha"]
    return {"id": new_ulid(), "sample": sample, "sha": sha, "verb": verb, "session": "s", **changes}


def decide(client: TestClient, sample: str, verb: str, **changes: Any) -> str:
    event = draft(client, sample, verb, **changes)
    answer = client.post("/api/events", json={"events": [event]})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"ok": [event["id"]], "stale": []}
    return str(event["id"])


def lines(root: Path, reviewer: str = "ann") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / "reviews" / f"{reviewer}.jsonl").read_text().splitlines()]


def mine(client: TestClient, sample: str) -> Any:
    return client.get(f"/api/sample/{sample}").json()["decisions"]["mine"]


def test_a_decision_is_in_the_file_when_it_is_acknowledged(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    assert not (dataset / "reviews").exists(), "who only looks leaves nothing behind"
    event = decide(client, PACKED[0], "reject", reasons=["hand_interpenetration"], frame=37, dwell_ms=5400)
    (line,) = lines(dataset)
    assert (line["id"], line["reviewer"], line["verb"], line["frame"]) == (event, "ann", "reject", 37)
    assert mine(client, PACKED[0])["verb"] == "reject"
    assert client.get("/api/rows?rows=0").json()[0]["my"] == "reject"
    assert ask(client, filter=[{"col": "my", "op": "in", "v": ["reject"]}])[1] == [0]
    assert ask(client, filter=[{"col": "my_reason", "op": "in", "v": ["hand_interpenetration"]}])[1] == [0]
    assert ask(client, facets=["my"])[0]["facets"]["my"] == [[None, 7], ["reject", 1]]


def test_the_same_event_again_is_the_same_event(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    event = draft(client, PACKED[0], "accept")
    for _ in range(3):
        assert client.post("/api/events", json={"events": [event]}).json()["ok"] == [event["id"]]
    assert len(lines(dataset)) == 1
    changed = client.post("/api/events", json={"events": [event | {"verb": "reject"}]})
    assert (changed.status_code, changed.json()["error"]["code"]) == (400, "bad_event")


def test_undo_and_redo_to_any_depth_delete_nothing(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    first = decide(client, PACKED[0], "accept")
    second = decide(client, PACKED[0], "reject")
    undo = decide(client, PACKED[0], "revert", target=second)
    assert mine(client, PACKED[0])["verb"] == "accept"
    decide(client, PACKED[0], "revert", target=undo)
    assert mine(client, PACKED[0])["verb"] == "reject"
    decide(client, PACKED[0], "revert", target=second)
    decide(client, PACKED[0], "revert", target=first)
    assert mine(client, PACKED[0]) is None
    assert len(lines(dataset)) == 6
    told = client.get("/api/events").json()
    assert [event["id"] for event in told["events"]][:2] == [first, second]
    assert len(client.get(f"/api/events?since={second}").json()["events"]) == 4
    assert client.get(f"/api/events?since={new_ulid()}").status_code == 404


def test_what_is_no_decision_is_refused_and_nothing_of_its_batch_is_written(
    dataset: Path, open_client: OpenClient
) -> None:
    client = open_client(dataset)
    good, other = draft(client, PACKED[0], "accept"), draft(client, PACKED[1], "accept")
    for bad in (
        good | {"id": "no-ulid"},
        good | {"id": new_ulid(), "verb": "approve"},
        good | {"id": new_ulid(), "reviewer": "bob"},
        good | {"id": new_ulid(), "target": new_ulid()},
        good | {"id": new_ulid(), "reasons": ["<b>"]},
        good | {"id": new_ulid(), "verb": "fix"},
        good | {"id": new_ulid(), "verb": "revert", "target": new_ulid()},
        other | {"id": new_ulid(), "verb": "revert", "target": good["id"]},
    ):
        assert client.post("/api/events", json={"events": [good, bad]}).status_code == 400, bad
    unknown = client.post("/api/events", json={"events": [good, good | {"id": new_ulid(), "sample": "nowhere"}]})
    assert unknown.status_code == 404
    assert not (dataset / "reviews" / "ann.jsonl").exists() or lines(dataset) == []


def test_others_labels_are_hidden_until_one_has_decided(dataset: Path, open_client: OpenClient, tmp_path: Path) -> None:
    service = make_service(dataset, tmp_path)
    ann, bob = (open_client(dataset, name, service=service) for name in ("ann", "bob"))
    decide(ann, PACKED[1], "reject", note="thumb")
    blind = bob.get(f"/api/sample/{PACKED[1]}").json()["decisions"]
    assert (blind["mine"], blind["others"], blind["others_count"]) == (None, None, 1)
    assert "thumb" not in json.dumps(blind)
    decide(bob, PACKED[1], "accept")
    (other,) = bob.get(f"/api/sample/{PACKED[1]}").json()["decisions"]["others"]
    assert (other["reviewer"], other["verb"], other["note"]) == ("ann", "reject", "thumb")
    assert bob.get("/api/conflicts").json() == {"rows": [1], "total": 1}
    assert ask(ann, filter=[{"col": "conflict", "op": "in", "v": [True]}])[1] == [1]
    agreed = ann.get("/api/progress").json()["agreement"]
    assert (agreed["samples"], agreed["share"]) == (1, 0.0)
    decide(bob, PACKED[1], "clear")
    assert bob.get("/api/conflicts").json()["rows"] == []
    service.close()


def test_progress_counts_what_was_decided(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    for sample, verb in zip(PACKED[:4], ("accept", "accept", "reject", "skip"), strict=True):
        decide(client, sample, verb)
    told = client.get("/api/progress").json()
    assert (told["total"], told["done"], told["by_label"]) == (8, 4, {"accept": 2, "reject": 1, "skip": 1})
    assert told["per_hour"] > 0
    assert told["agreement"] is None


def test_a_box_is_drawn_and_told(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    box = {"part": "object", "frame": 12, "box": [10.0, 20.0, 30.0, 50.0], "width": 64, "height": 96}
    event = decide(client, REJECTED, "fix", fix=box)
    (told,) = client.get(f"/api/sample/{REJECTED}").json()["decisions"]["fixes"]
    assert told == {"reviewer": "ann", "event": event, **box}


def test_a_sample_that_was_made_again_makes_decisions_stale(
    dataset: Path, open_client: OpenClient, made_media: Media
) -> None:
    client = open_client(dataset)
    old = draft(client, PACKED[0], "accept")
    decide(client, PACKED[0], "accept")
    decide(client, PACKED[1], "accept")
    again = make_dataset(dataset.parent / "again", made_media, {"hoi.mp4": made_media.rgb}).root
    (again / "reviews").mkdir()
    (again / "reviews" / "ann.jsonl").write_bytes((dataset / "reviews" / "ann.jsonl").read_bytes())
    client = open_client(again)
    assert mine(client, PACKED[0])["stale"] is True
    assert mine(client, PACKED[1])["stale"] is False
    assert ask(client, filter=[{"col": "stale", "op": "in", "v": [True]}])[1] == [0]
    assert client.get("/api/progress").json()["done"] == 1
    late = client.post("/api/events", json={"events": [old]})
    assert late.json() == {"ok": [old["id"]], "stale": [old["id"]]}
    assert len(lines(again)) == 3, "what was decided on the old version is kept all the same"


def test_ten_people_with_one_name_lose_no_decision(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    sha = {sample: client.get(f"/api/sample/{sample}").json()["sha"] for sample in PACKED}
    sent: list[str] = []

    def work(person: int) -> None:
        for turn in range(5):
            sample = PACKED[(person + turn) % len(PACKED)]
            verb = "accept" if person % 2 else "reject"
            event = {"id": new_ulid(), "sample": sample, "sha": sha[sample], "verb": verb, "session": f"person{person}"}
            sent.extend(client.post("/api/events", json={"events": [event]}).json()["ok"])

    people = [threading.Thread(target=work, args=(person,)) for person in range(10)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    stored = lines(dataset)
    assert {line["id"] for line in stored} == set(sent)
    assert len(stored) == 50
    assert client.get("/api/progress").json()["sessions"] == 10
    last = {line["sample"]: line["verb"] for line in sorted(stored, key=lambda line: (line["ts"], line["id"]))}
    assert {sample: mine(client, sample)["verb"] for sample in PACKED} == last


def test_of_two_servers_on_one_data_set_the_second_takes_no_decisions_of_the_same_reviewer(
    dataset: Path, open_client: OpenClient
) -> None:
    first = open_client(dataset, "ann")
    decide(first, PACKED[0], "accept")
    second = open_client(dataset, "ann")
    told = second.get("/api/dataset").json()
    assert told["read_only"] is True
    assert "another process" in told["read_only_reason"]
    refused = second.post("/api/events", json={"events": [draft(second, PACKED[1], "reject")]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (423, "read_only")
    other = open_client(dataset, "bob", service=None)
    decide(other, PACKED[1], "reject")
    assert first.get("/api/dataset").json()["read_only"] is False


def test_the_second_server_takes_over_when_the_first_has_ended(
    dataset: Path, open_client: OpenClient, tmp_path: Path
) -> None:
    service = make_service(dataset, tmp_path)
    first = open_client(dataset, "ann", service=service)
    decide(first, PACKED[0], "accept")
    second = open_client(dataset, "ann")
    assert second.get("/api/dataset").json()["read_only"] is True
    service.close()
    assert second.get("/api/dataset").json()["read_only"] is False
    decide(second, PACKED[1], "reject")
    assert [line["sample"] for line in lines(dataset)] == [PACKED[0], PACKED[1]]


def test_decisions_that_another_program_wrote_are_seen(
    dataset: Path, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cointeract_inspector.reviews import desk
    from cointeract_shards.reviews.event import Draft

    monkeypatch.setattr(desk, "LOOK_AGAIN_S", 0.0)
    client = open_client(dataset)
    decide(client, PACKED[2], "accept")
    sha = client.get(f"/api/sample/{PACKED[2]}").json()["sha"]
    with ReviewLog(dataset / "reviews", "carol") as log:
        log.append([Draft(sample=PACKED[2], sha=sha, verb="reject")])
    assert client.get("/api/conflicts").json()["rows"] == [2]


def test_a_full_disk_is_told_loses_nothing_and_goes_on_when_there_is_room(
    dataset: Path, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_client(dataset)
    decide(client, PACKED[0], "accept")
    event = draft(client, PACKED[1], "reject")
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        # A disk takes what still fits, then says that it is full.
        if len(data) > 20:
            return write(descriptor, bytes(data)[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(review_log.os, "write", full)
        answer = client.post("/api/events", json={"events": [event]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    assert mine(client, PACKED[1]) is None
    assert len(lines(dataset)) == 1, "nothing of it stays"
    assert client.post("/api/events", json={"events": [event]}).json()["ok"] == [event["id"]]
    assert [line["sample"] for line in lines(dataset)] == [PACKED[0], PACKED[1]]


def test_a_line_that_a_crash_tore_hides_nothing(dataset: Path, open_client: OpenClient, tmp_path: Path) -> None:
    service = make_service(dataset, tmp_path)
    decide(open_client(dataset, service=service), PACKED[0], "accept")
    service.close()
    path = dataset / "reviews" / "ann.jsonl"
    path.write_bytes(path.read_bytes() + b'{"v":1,"id":"01ARZ3')
    client = open_client(dataset)
    assert mine(client, PACKED[0])["verb"] == "accept"
    assert any("ann.jsonl" in problem for problem in client.get("/api/dataset").json()["problems"])
    decide(client, PACKED[1], "reject")
    assert open_client(dataset).get("/api/conflicts").status_code == 200


def test_read_only_takes_nothing_and_says_why(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset, read_only=True)
    assert "--read-only" in client.get("/api/dataset").json()["read_only_reason"]
    assert client.post("/api/events", json={"events": [draft(client, PACKED[0], "accept")]}).status_code == 423
    assert client.post("/api/export", json={"policy": "majority"}).status_code == 423
    assert client.post("/api/export", json={"policy": "majority", "preview": True}).status_code == 200
    assert not (dataset / "reviews").exists()


def test_export_writes_labels_beside_the_algorithms_verdicts(
    dataset: Path, open_client: OpenClient, tmp_path: Path
) -> None:
    service = make_service(dataset, tmp_path)
    ann, bob = (open_client(dataset, name, service=service) for name in ("ann", "bob"))
    decide(ann, PACKED[0], "reject", reasons=["blurred"])
    decide(bob, PACKED[0], "accept")
    decide(ann, REJECTED, "accept")
    before = read_manifest(dataset / "manifest.parquet")
    preview = ann.post("/api/export", json={"policy": "any-reject", "preview": True}).json()
    assert preview["path"] is None
    assert (preview["counts"], preview["conflicts"]) == ({"rejected": 1, "accepted": 1, "unreviewed": 6}, 1)
    assert "--reviews any-reject" in preview["command"]
    told = ann.post("/api/export", json={"policy": "any-reject"}).json()
    rows = {row.clip_id: row for row in read_manifest(Path(told["path"]))}
    assert rows[PACKED[0]].review_label == "rejected"
    assert rows[PACKED[0]].review_reasons == ("blurred",)
    assert rows[PACKED[0]].reviewers == ("ann", "bob")
    assert rows[PACKED[0]].review_conflict is True
    assert rows[PACKED[0]].decision == "accepted"
    assert (rows[REJECTED].review_label, rows[REJECTED].decision) == ("accepted", "rejected")
    assert read_manifest(dataset / "manifest.parquet") == before
    assert pq.read_schema(told["path"]).metadata == pq.read_schema(dataset / "manifest.parquet").metadata
    assert ann.post("/api/export", json={"policy": "majority", "preview": True}).json()["counts"]["undecided"] == 1
    assert ann.post("/api/export", json={"policy": "whatever"}).status_code == 400
    service.close()
