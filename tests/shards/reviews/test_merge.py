"""Bringing logs together, and the overview of them."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from cointeract_shards import storage
from cointeract_shards.reviews.errors import ReviewError, ReviewLogBusyError
from cointeract_shards.reviews.event import ReviewEvent
from cointeract_shards.reviews.log import ReviewLog
from cointeract_shards.reviews.merge import merge_reviews
from cointeract_shards.reviews.overview import overview
from cointeract_shards.reviews.policy import ReviewPolicy
from cointeract_shards.reviews.read import parse_log, read_reviews, union

from .made_up import OTHER_SHA, SHA, event, histories, ulid


def write(folder: Path, events: list[ReviewEvent], name: str = "any") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_bytes(b"".join(item.to_line() for item in events))
    return folder


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(most=6), histories(most=6))
def test_files_merge_to_the_union_in_any_order_and_again(
    tmp_path: Path, one: list[ReviewEvent], two: list[ReviewEvent]
) -> None:
    root = tmp_path / uuid.uuid4().hex
    two = [item for item in two if item.id not in {other.id for other in one}]
    first, second = write(root / "1", one or [event(90)]), write(root / "2", two or [event(91)])
    for target, sources in ((root / "a", [first, second]), (root / "b", [second, first, second])):
        merge_reviews(target, sources)
        assert sum(merge_reviews(target, sources).new.values()) == 0
        assert list(read_reviews(target).events) == union(one or [event(90)], two or [event(91)])
    for path in (root / "a").iterdir():
        assert {item.reviewer for item in parse_log(path.read_bytes(), "log")[0]} == {path.stem}


def test_two_people_of_one_name_lose_nothing(tmp_path: Path) -> None:
    merge_reviews(tmp_path / "t", [write(tmp_path / "1", [event(1)]), write(tmp_path / "2", [event(2, verb="reject")])])
    assert [item.id for item in read_reviews(tmp_path / "t").events] == [ulid(1), ulid(2)]


def test_a_log_that_somebody_writes_leaves_all_as_they_were(tmp_path: Path) -> None:
    source = write(tmp_path / "1", [event(1, "ann"), event(2, "bob")])
    with ReviewLog(tmp_path / "t", "bob"), pytest.raises(ReviewLogBusyError):
        merge_reviews(tmp_path / "t", [source])
    assert not read_reviews(tmp_path / "t").events


def test_one_id_with_two_contents_is_refused_and_nothing_written(tmp_path: Path) -> None:
    write(tmp_path / "t", [event(2, "bob")], "bob")
    with pytest.raises(ReviewError, match="another content"):
        merge_reviews(tmp_path / "t", [write(tmp_path / "1", [event(1, "ann"), event(2, "bob", "reject")])])
    assert len(read_reviews(tmp_path / "t").events) == 1


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_source_without_reviews_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReviewError, match=name):
        merge_reviews(tmp_path / "t", [tmp_path / name])


def test_the_overview_tells_who_says_what(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            event(1, "ann", "reject", "clip-1", reasons=("hands",)),
            event(2, "bob", "accept", "clip-1"),
            event(3, "ann", "accept", "clip-2"),
            event(4, "bob", "skip", "clip-2"),
            event(5, "bob", "fix", "clip-2"),
        ],
    )
    found = overview(tmp_path, ReviewPolicy.parse("any-reject"))
    assert (found.events, found.samples, found.accepted, found.rejected, found.fixed_boxes) == (5, 2, 1, 1, 1)
    assert found.reasons == {"hands": 1}
    assert [(item.sample, item.accept, item.reject) for item in found.conflicts] == [("clip-1", ("bob",), ("ann",))]
    assert [(who.reviewer, who.accept, who.reject, who.skip) for who in found.reviewers] == [
        ("ann", 1, 1, 0),
        ("bob", 1, 0, 1),
    ]
    assert found.agreement.samples == 1


def test_reviews_at_a_url_are_read(tmp_path: Path) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    storage.write_bytes(f"{url}/reviews/ann.jsonl", event(1).to_line() + event(2, sha=OTHER_SHA).to_line())
    assert [item.sha for item in read_reviews(f"{url}/reviews").events] == [SHA, OTHER_SHA]
    assert overview(url, ReviewPolicy.parse("majority")).accepted == 1
