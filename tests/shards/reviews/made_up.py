"""Events for tests: any number of reviewers, samples and verbs, with reverts and reverts of reverts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from cointeract_shards.reviews.event import Draft, Fix, ReviewEvent, Verb, stamped
from cointeract_shards.reviews.log import timestamp
from cointeract_shards.reviews.ulid import ALPHABET

START = datetime(2026, 1, 1, tzinfo=UTC)
SHA = hashlib.sha256(b"as seen").hexdigest()
OTHER_SHA = hashlib.sha256(b"made again").hexdigest()
FIX = Fix(part="object", frame=3, box=(10, 20, 60, 80), width=128, height=96)


def ulid(number: int) -> str:
    """The identifier of a number below 2^25."""
    digits = [ALPHABET[number >> shift & 31] for shift in (20, 15, 10, 5, 0)]
    return "01M8BNVYEWG7B39DW7096" + "".join(digits)


def event(
    number: int, reviewer: str = "ann", verb: Verb = "accept", sample: str = "clip-1", **fields: object
) -> ReviewEvent:
    """The event of a number, made so many seconds after the start."""
    if verb == "fix":
        fields.setdefault("fix", FIX)
    draft = Draft.model_validate({"id": ulid(number), "sample": sample, "sha": SHA, "verb": verb, **fields})
    return stamped(draft, reviewer, timestamp(START + timedelta(seconds=number)))


def long_history(count: int, reviewers: int, samples: int) -> list[ReviewEvent]:
    """So many events, a second apart, of reviewers and samples in turn; every third accepts."""
    made = event(0)
    return [
        made.model_copy(
            update={
                "id": ulid(number),
                "ts": timestamp(START + timedelta(seconds=number)),
                "reviewer": f"r{number % reviewers}",
                "sample": f"clip-{number % samples}",
                "verb": "reject" if number % 3 else "accept",
            }
        )
        for number in range(count)
    ]


@st.composite
def histories(draw: st.DrawFn, most: int = 12) -> list[ReviewEvent]:
    """Events in time; a revert names any earlier event."""
    events: list[ReviewEvent] = []
    for number in range(draw(st.integers(0, most))):
        reviewer = draw(st.sampled_from(["ann", "bob", "cem"]))
        sample = draw(st.sampled_from(["clip-1", "clip-2"]))
        verb = draw(st.sampled_from(["accept", "reject", "skip", "clear", "relabel", "note", "fix", "revert"]))
        if verb == "revert" and not events:
            verb = "accept"
        fields: dict[str, object] = {}
        if verb == "revert":
            fields["target"] = draw(st.sampled_from(events)).id
        if verb in ("reject", "relabel"):
            fields["reasons"] = tuple(draw(st.sets(st.sampled_from(["sync", "hands"]))))
        events.append(event(number, reviewer, verb, sample, **fields))
    return events
