"""What stands of a history of events, whoever copied which files where."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_shards.reviews.event import ReviewEvent
from cointeract_shards.reviews.fold import fixes_of, fold
from cointeract_shards.reviews.read import parse_log, union

from .made_up import FIX, OTHER_SHA, event, histories, long_history, ulid


def label(*events: ReviewEvent) -> str | None:
    return fold(events)["clip-1", "ann"].label


def test_the_last_verb_stands() -> None:
    assert label(event(1, verb="accept"), event(2, verb="reject")) == "reject"
    assert label(event(2, verb="accept"), event(1, verb="reject")) == "accept"
    assert label(event(1, verb="reject"), event(2, verb="clear")) is None


def test_undo_and_redo_to_any_depth() -> None:
    accept, reject = event(1, verb="accept"), event(2, verb="reject")
    undo = event(3, verb="revert", target=reject.id)
    redo = event(4, verb="revert", target=undo.id)
    undo_again = event(5, verb="revert", target=redo.id)
    assert label(accept, reject, undo) == "accept"
    assert label(accept, reject, undo, redo) == "reject"
    assert label(accept, reject, undo, redo, undo_again) == "accept"
    assert ("clip-1", "ann") not in fold([accept, event(2, verb="revert", target=accept.id)])


def test_nobody_undoes_for_another() -> None:
    assert label(event(1), event(2, "bob", "revert", target=ulid(1))) == "accept"


def test_reverts_that_name_each_other_end() -> None:
    assert fold([event(1, verb="revert", target=ulid(2)), event(2, verb="revert", target=ulid(1)), event(3)])


def test_other_reasons_keep_the_label_and_what_it_was_given_to() -> None:
    found = fold(
        [
            event(1, verb="reject", reasons=("sync",), note="late"),
            event(2, verb="relabel", reasons=("hands",), axes={"identity": "fail"}, sha=OTHER_SHA),
            event(3, verb="note", note="very late"),
        ]
    )["clip-1", "ann"]
    assert (found.label, found.reasons, found.axes, found.note) == (
        "reject",
        ("hands",),
        {"identity": "fail"},
        "very late",
    )
    assert found.sha == event(1).sha
    assert found.event == ulid(3)


def test_the_newest_box_of_a_part_and_frame_stands_until_it_is_taken_back() -> None:
    first = event(1, verb="fix")
    newer = event(2, "bob", "fix", fix=FIX.model_copy(update={"box": (0, 0, 5, 5)}))
    hand = event(3, "bob", "fix", fix=FIX.model_copy(update={"part": "left_hand"}))
    found = fixes_of([first, newer, hand])["clip-1"]
    assert [(item.fix.part, item.reviewer) for item in found] == [("left_hand", "bob"), ("object", "bob")]
    undone = event(4, "bob", "revert", target=newer.id)
    assert [item.reviewer for item in fixes_of([first, newer, undone])["clip-1"]] == ["ann"]


@given(histories(), histories(), histories())
def test_merging_is_a_set_union(a: list[ReviewEvent], b: list[ReviewEvent], c: list[ReviewEvent]) -> None:
    assert union(a, b) == union(b, a)
    assert union(union(a, b), c) == union(a, union(b, c))
    assert union(a, a) == union(a)
    assert fold(union(a, b)) == fold([*b, *a, *b])


@given(histories(), st.randoms())
def test_the_order_of_lines_doesn_t_matter(events: list[ReviewEvent], random: object) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(events)


@given(histories())
def test_a_log_reads_back_as_it_was_written(events: list[ReviewEvent]) -> None:
    assert parse_log(b"".join(item.to_line() for item in events), "log") == (events, [])


@given(histories(), st.integers(0, 5000))
def test_a_log_cut_anywhere_keeps_every_whole_line(events: list[ReviewEvent], cut: int) -> None:
    data = b"".join(item.to_line() for item in events)[:cut]
    found, damages = parse_log(data, "log")
    whole = data.count(b"\n")
    assert found[:whole] == events[:whole]
    assert len(found) - whole + len(damages) == (0 if data == b"" or data.endswith(b"\n") else 1)


@settings(deadline=None, max_examples=20)
@given(histories(most=8))
def test_a_reverted_event_might_as_well_not_be_there(events: list[ReviewEvent]) -> None:
    for item in events:
        undone = [*events, event(99, item.reviewer, "revert", target=item.id)]
        without = [other for other in events if other.id != item.id]
        if item.verb != "revert" and not any(other.target == item.id for other in events):
            assert fold(undone) == fold(without)


def test_in_a_long_history_each_reviewer_has_a_verdict_on_each_sample() -> None:
    assert len(fold(long_history(100_000, reviewers=8, samples=9973))) == 8 * 9973
