"""A reviewer's log: durable, one writer, and nothing that a crash or a full disk leaves hides what comes after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cointeract_shards.errors import SchemaVersionError
from cointeract_shards.reviews.errors import ReviewError, ReviewLogBusyError
from cointeract_shards.reviews.event import Draft
from cointeract_shards.reviews.log import ReviewLog
from cointeract_shards.reviews.read import read_reviews

from .made_up import FIX, SHA, event, ulid


def draft(number: int, **fields: object) -> Draft:
    return Draft.model_validate({"id": ulid(number), "sample": "clip-1", "sha": SHA, "verb": "accept", **fields})


def test_what_was_appended_is_read_back_by_anybody(tmp_path: Path) -> None:
    with ReviewLog(tmp_path, "ann") as log:
        stored = log.append([draft(1), draft(2, verb="fix", fix=FIX, note="ünder the thumb\nleft")])
        assert list(read_reviews(tmp_path).events) == stored == log.events
    assert [item.reviewer for item in stored] == ["ann", "ann"]
    assert stored[0].ts < stored[1].ts


def test_the_same_event_sent_again_is_stored_once(tmp_path: Path) -> None:
    with ReviewLog(tmp_path, "ann") as log:
        first = log.append([draft(1)])
        assert log.append([draft(1), draft(1)]) == first * 2
        with pytest.raises(ReviewError, match="another content"):
            log.append([draft(2), draft(1, verb="reject")])
    assert list(read_reviews(tmp_path).events) == first


def test_time_never_goes_back_within_a_log(tmp_path: Path) -> None:
    future = event(1).model_copy(update={"ts": "2999-01-01T00:00:00.000000Z"})
    with ReviewLog(tmp_path, "ann") as log:
        log.take_in([future])
    with ReviewLog(tmp_path, "ann") as log:
        assert log.append([draft(2)])[0].ts == "2999-01-01T00:00:00.000001Z"


def test_only_own_events_are_reverted(tmp_path: Path) -> None:
    with ReviewLog(tmp_path, "bob") as log:
        log.append([draft(1)])
    with ReviewLog(tmp_path, "ann") as log, pytest.raises(ReviewError, match="isn't one of ann's"):
        log.append([draft(2, verb="revert", target=ulid(1))])


@pytest.mark.parametrize("name", ["", "../ann", "a/b", "a.b", ".ann", "-ann", "ann\n", "ann lee", "é", "a" * 65])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReviewError, match="reviewer name"):
        ReviewLog(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_one_process_writes_a_log(tmp_path: Path) -> None:
    with ReviewLog(tmp_path, "ann"):
        with pytest.raises(ReviewLogBusyError, match=r"ann\.jsonl is written by another process"):
            ReviewLog(tmp_path, "ann")
        ReviewLog(tmp_path, "bob").close()
    ReviewLog(tmp_path, "ann").close()


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_last_line_is_reported_and_hides_nothing(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "ann.jsonl"
    path.write_bytes(event(1).to_line() + event(2, verb="reject").to_line()[:-1][:kept])
    found = read_reviews(tmp_path)
    assert [item.id for item in found.events] == [ulid(1)]
    assert [(item.line, item.torn) for item in found.damages] == [(2, True)]
    with ReviewLog(tmp_path, "ann") as log:
        assert len(log.damages) == 1
        log.append([draft(3)])
    found = read_reviews(tmp_path)
    assert [item.id for item in found.events] == [ulid(1), ulid(3)]
    assert [(item.line, item.torn) for item in found.damages] == [(2, False)]


def test_a_full_disk_loses_nothing_and_leaves_no_torn_line(tmp_path: Path) -> None:
    # A limit on the file's size stands for the full disk: the kernel takes a part of the line and refuses the rest.
    script = f"""
import resource, signal
from pathlib import Path
from cointeract_shards.reviews.event import Draft
from cointeract_shards.reviews.log import ReviewLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = ReviewLog(Path({str(tmp_path)!r}), "ann")
log.append([Draft(sample="clip-1", sha={SHA!r}, verb="accept")])
size = log.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, resource.RLIM_INFINITY))
try:
    log.append([Draft(sample="clip-2", sha={SHA!r}, verb="accept")])
except OSError as error:
    assert log.path.stat().st_size == size, "a part of the line was left"
else:
    raise AssertionError("the limit did nothing")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append([Draft(sample="clip-3", sha={SHA!r}, verb="accept")])
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    found = read_reviews(tmp_path)
    assert ([item.sample for item in found.events], found.damages) == (["clip-1", "clip-3"], ())


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from cointeract_shards.reviews.event import Draft
from cointeract_shards.reviews.log import ReviewLog
log = ReviewLog(Path({str(tmp_path)!r}), "ann")
while True:
    (stored,) = log.append([Draft(sample="clip-1", sha={SHA!r}, verb="accept")])
    sys.stdout.write(stored.id + "\\n")
    sys.stdout.flush()
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().strip() for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout.read().splitlines()]
    process.wait()
    stored = {item.id for item in read_reviews(tmp_path).events}
    assert set(acknowledged) <= stored
    ReviewLog(tmp_path, "ann").close()


def test_a_log_that_was_replaced_under_its_writer_is_told(tmp_path: Path) -> None:
    with ReviewLog(tmp_path, "ann") as log:
        log.path.rename(tmp_path / "elsewhere")
        with pytest.raises(ReviewError, match="removed or replaced"):
            log.append([draft(1)])


def test_an_event_of_another_version_is_refused_not_dropped(tmp_path: Path) -> None:
    (tmp_path / "ann.jsonl").write_bytes(event(1).to_line().replace(b'"v":1', b'"v":2'))
    with pytest.raises(SchemaVersionError, match="version 2"):
        read_reviews(tmp_path)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"verb": "revert"}, "revert needs"),
        ({"verb": "accept", "target": ulid(1)}, "no other verb"),
        ({"verb": "fix"}, "fix needs a box"),
        ({"verb": "fix", "fix": {**FIX.model_dump(), "box": [0, 0, 0, 5]}}, "x1 < x2"),
        ({"verb": "fix", "fix": {**FIX.model_dump(), "box": [0, 0, 129, 5]}}, "128 x 96"),
        ({"verb": "fix", "fix": {**FIX.model_dump(), "box": [0, 0, float("nan"), 5]}}, "finite"),
        ({"sample": "../clip"}, "pattern"),
        ({"reasons": ["Not a word"]}, "pattern"),
        ({"sha": "abc"}, "pattern"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_drafts_that_mean_nothing_are_refused(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        draft(2, **fields)
