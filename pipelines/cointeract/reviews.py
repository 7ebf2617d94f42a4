"""`cointeract reviews`: what people decided, how far they agree, and bringing their logs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cointeract.terminal import say

if TYPE_CHECKING:
    from cointeract_shards.reviews.overview import Overview

SHOWN_CONFLICTS = 20
SHOWN_REASONS = 10


def reviews(
    dataset: Annotated[str, typer.Argument(help="Folder or URL of a data set, or of logs of reviews.")],
    merge: Annotated[
        list[str] | None,
        typer.Option("--merge", help="First take in the reviews of this data set or folder. May be given many times."),
    ] = None,
    policy: Annotated[
        str, typer.Option("--policy", help="any-reject, majority, unanimous or owner:NAME.")
    ] = "any-reject",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")] = False,
) -> None:
    """Show reviews: counts, agreement, conflicts. With --merge, take in those of others; doing so again changes nothing.

    Example: cointeract reviews dataset --policy majority

    Example: cointeract reviews dataset --merge ann/dataset --merge bob/reviews
    """
    from pathlib import Path

    from cointeract_shards import storage
    from cointeract_shards.dataset import DatasetLayout
    from cointeract_shards.reviews.errors import ReviewError
    from cointeract_shards.reviews.merge import merge_reviews
    from cointeract_shards.reviews.overview import overview
    from cointeract_shards.reviews.policy import ReviewPolicy

    wanted = ReviewPolicy.parse(policy)
    if not storage.exists(storage.join(dataset)):
        raise ReviewError(f"there is nothing at {dataset}; give a data set, or a folder of logs")
    merged: dict[str, int] = {}
    if merge:
        if storage.is_url(dataset):
            raise ReviewError(
                f"{dataset} is a URL: events are appended, so merge into a local folder and copy it there"
            )
        merged = merge_reviews(
            Path(dataset, DatasetLayout.REVIEWS_NAME), [storage.join(source) for source in merge]
        ).new
    found = overview(storage.join(dataset), wanted)
    value = {**found.to_mapping(), "merged": merged} if merge else found.to_mapping()
    taken = [f"new events of {name}: {number}" for name, number in merged.items()]
    say(value, as_json=as_json, text=escape("\n".join([*taken, *_lines(found)])))


def _lines(found: Overview) -> list[str]:
    lines = [
        f"{found.samples} samples judged, {found.events} events; under {found.policy}: {found.accepted} accepted, "
        f"{found.rejected} rejected, {found.unsettled} unsettled"
    ]
    lines += [f"{found.unknown} votes are on samples that the data set doesn't have"] if found.unknown else []
    lines += [f"{found.fixed_boxes} corrected boxes"] if found.fixed_boxes else []
    if found.reviewers:
        lines += ["", f"{'reviewer':<20} accept  reject  skip  stale"]
        lines += [
            f"{who.reviewer:<20} {who.accept:>6}  {who.reject:>6}  {who.skip:>4}  {who.stale:>5}"
            for who in found.reviewers
        ]
    if found.reasons:
        lines += ["", "rejected for:"]
        lines += [f"{number:>6}  {reason}" for reason, number in list(found.reasons.items())[:SHOWN_REASONS]]
    both = found.agreement
    if both.samples and both.share is not None:
        lines += [
            "",
            f"agreement on {both.samples} samples: {both.share:.0%}, Fleiss' kappa {_kappa(both.fleiss_kappa)}",
        ]
        lines += [
            f"  {pair.first} and {pair.second}, {pair.samples} samples: {pair.share:.0%}, Cohen's kappa {_kappa(pair.cohen_kappa)}"
            for pair in both.pairs
        ]
    if found.conflicts:
        lines += ["", f"{len(found.conflicts)} conflicts:"]
        lines += [
            f"  {item.sample}: accepted by {', '.join(item.accept)}; rejected by {', '.join(item.reject)}"
            for item in found.conflicts[:SHOWN_CONFLICTS]
        ]
        rest = len(found.conflicts) - SHOWN_CONFLICTS
        lines += [f"  and {rest} more; --json lists all"] if rest > 0 else []
    lines += [f"not read: {damage.reason}" for damage in found.damages]
    return lines


def _kappa(value: float | None) -> str:
    return "undefined (everybody always says the same)" if value is None else f"{value:.2f}"
