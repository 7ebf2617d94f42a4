"""One label from several reviewers, what is stale, and how far they agree."""

from __future__ import annotations

import pytest

from cointeract_shards.reviews.agreement import agreement
from cointeract_shards.reviews.errors import ReviewError
from cointeract_shards.reviews.fold import Judgement, Label, fold
from cointeract_shards.reviews.policy import ReviewPolicy, settle

from .made_up import OTHER_SHA, SHA, event


def votes(**labels: Label) -> list[Judgement]:
    return [Judgement("clip-1", name, label, sha=SHA) for name, label in labels.items()]


@pytest.mark.parametrize(
    ("policy", "one", "tie", "two_to_one", "all_accept"),
    [
        ("any-reject", "rejected", "rejected", "rejected", "accepted"),
        ("majority", "rejected", None, "accepted", "accepted"),
        ("unanimous", "rejected", None, None, "accepted"),
        ("owner:bob", None, "accepted", "accepted", "accepted"),
    ],
)
def test_policies(policy: str, one: str | None, tie: str | None, two_to_one: str | None, all_accept: str) -> None:
    cases = [
        (votes(ann="reject"), one),
        (votes(ann="reject", bob="accept"), tie),
        (votes(ann="reject", bob="accept", cem="accept"), two_to_one),
        (votes(ann="accept", bob="accept", cem="skip"), all_accept),
    ]
    for judgements, wanted in cases:
        found = settle(judgements, {"clip-1": SHA}, ReviewPolicy.parse(policy)).verdicts["clip-1"]
        assert found.label == wanted
        assert found.conflict == (len({item.label for item in judgements} - {"skip"}) > 1)


def test_a_skip_alone_is_no_verdict() -> None:
    assert not settle(votes(ann="skip"), {"clip-1": SHA}, ReviewPolicy.parse("majority")).verdicts


def test_reasons_are_those_of_the_votes_that_won() -> None:
    events = [
        event(1, "ann", "reject", reasons=("sync", "hands")),
        event(2, "bob", "reject", reasons=("hands", "blur")),
        event(3, "cem", "accept", reasons=("nice",)),
    ]
    found = settle(fold(events).values(), {"clip-1": SHA}, ReviewPolicy.parse("majority")).verdicts["clip-1"]
    assert (found.label, found.reasons, found.reviewers) == (
        "rejected",
        ("blur", "hands", "sync"),
        ("ann", "bob", "cem"),
    )


def test_a_decision_on_other_content_is_stale_unless_asked_for() -> None:
    judgements = votes(ann="reject")
    policy = ReviewPolicy.parse("any-reject")
    found = settle(judgements, {"clip-1": OTHER_SHA}, policy)
    assert (found.verdicts, found.stale) == ({}, tuple(judgements))
    assert settle(judgements, {"clip-1": OTHER_SHA}, policy, keep_stale=True).labelled("rejected") == {"clip-1"}
    assert settle(judgements, {"clip-1": None}, policy).labelled("rejected") == {"clip-1"}
    assert settle(judgements, {"clip-2": SHA}, policy).unknown == tuple(judgements)


@pytest.mark.parametrize("text", ["", "all", "owner", "owner:", "owner:a/b", "Majority"])
def test_unknown_policies_are_refused(text: str) -> None:
    with pytest.raises(ReviewError):
        ReviewPolicy.parse(text)


def test_kappa_of_a_worked_example() -> None:
    # Two readers of 50 proposals: both yes 20, both no 15, only the first yes 5, only the second yes 10; kappa is 0.4.
    pattern = [("accept", "accept")] * 20 + [("accept", "reject")] * 5 + [("reject", "accept")] * 10
    pattern += [("reject", "reject")] * 15
    judgements = [
        Judgement(f"clip-{number}", name, label, sha=SHA)  # type: ignore[arg-type]
        for number, pair in enumerate(pattern)
        for name, label in zip(("ann", "bob"), pair, strict=True)
    ]
    found = agreement(judgements)
    assert (found.samples, found.share) == (50, 0.7)
    (pair,) = found.pairs
    assert pair.cohen_kappa == pytest.approx(0.4)
    # Fleiss takes both readers' rates together: 55 of 100 votes are yes.
    assert found.fleiss_kappa == pytest.approx((0.7 - (0.55**2 + 0.45**2)) / (1 - (0.55**2 + 0.45**2)))


def test_agreement_needs_two() -> None:
    assert agreement(votes(ann="accept", bob="skip")).samples == 0
    always = agreement(votes(ann="accept", bob="accept"))
    assert (always.share, always.fleiss_kappa, always.pairs[0].cohen_kappa) == (1.0, None, None)
