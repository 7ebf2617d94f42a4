"""All that can be told of a data set's reviews at once: who judged how much, how far they agree, and where they don't."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ManifestError
from cointeract_shards.manifest import read_manifest_table
from cointeract_shards.manifest_columns import member_lists
from cointeract_shards.reviews.agreement import Agreement, agreement
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.reviews.fold import Judgement, fixes_of, fold
from cointeract_shards.reviews.merge import reviews_folder
from cointeract_shards.reviews.policy import ReviewPolicy, is_stale, settle
from cointeract_shards.reviews.read import Damage, read_reviews


@dataclass(frozen=True)
class ReviewerCounts:
    """What one reviewer thinks now. Stale labels are among the others."""

    reviewer: str
    accept: int
    reject: int
    skip: int
    stale: int


@dataclass(frozen=True)
class Conflict:
    """A sample on which votes differ."""

    sample: str
    accept: tuple[str, ...]
    reject: tuple[str, ...]
    label: str | None
    """Under the policy."""


@dataclass(frozen=True)
class Overview:
    """Reviews under a policy. Votes are counted where they aren't stale."""

    policy: str
    events: int
    samples: int
    """With a vote."""
    accepted: int
    rejected: int
    unsettled: int
    """With votes that the policy can't settle."""
    unknown: int
    """Votes on samples that the data set doesn't have."""
    fixed_boxes: int
    reasons: dict[str, int]
    """How many samples people reject for a reason."""
    reviewers: tuple[ReviewerCounts, ...]
    agreement: Agreement
    conflicts: tuple[Conflict, ...]
    damages: tuple[Damage, ...]

    def to_mapping(self) -> dict[str, Any]:
        """Plain data for a script."""
        return asdict(self)


def overview(root: storage.Location, policy: ReviewPolicy) -> Overview:
    """The reviews of a data set, or of a folder of logs, of which nothing can be stale.

    Raises:
        ContractError: the manifest or an event can't be read.
    """
    reviews = read_reviews(reviews_folder(root))
    judgements = list(fold(reviews.events).values())
    content = contents(root)
    known: dict[str, str | None] = dict.fromkeys(item.sample for item in judgements) if content is None else {**content}
    settled = settle(judgements, known, policy)
    labels = Counter(verdict.label for verdict in settled.verdicts.values())
    counted = [item for item in judgements if item.sample in settled.verdicts]
    counted = [item for item in counted if not is_stale(item, known[item.sample])]
    reasons = Counter(
        reason for verdict in settled.verdicts.values() if verdict.label == "rejected" for reason in verdict.reasons
    )
    by_sample: dict[str, list[Judgement]] = {}
    for item in counted:
        by_sample.setdefault(item.sample, []).append(item)
    return Overview(
        str(policy),
        len(reviews.events),
        len(settled.verdicts),
        labels["accepted"],
        labels["rejected"],
        labels[None],
        len(settled.unknown),
        sum(len(boxes) for boxes in fixes_of(reviews.events).values()),
        dict(reasons.most_common()),
        tuple(_counts(judgements, known)),
        agreement(counted),
        tuple(
            Conflict(
                sample,
                tuple(sorted(item.reviewer for item in by_sample[sample] if item.label == "accept")),
                tuple(sorted(item.reviewer for item in by_sample[sample] if item.label == "reject")),
                settled.verdicts[sample].label,
            )
            for sample in settled.conflicts
        ),
        reviews.damages,
    )


def contents(root: storage.Location) -> dict[str, str | None] | None:
    """The content that each sample of a data set has now, by the manifest; None where there is no manifest.

    A manifest from before there were reviews states members only; of what isn't packed it tells nothing.

    Raises:
        ContractError: the manifest can't be read.
    """
    path = storage.join(root, DatasetLayout.MANIFEST_NAME)
    if not storage.exists(path):
        return None
    table = read_manifest_table(path)
    if "clip_id" not in table.column_names:
        raise ManifestError(f"{path} lacks the column clip_id; write the manifest again")
    clips: list[str] = table.column("clip_id").to_pylist()
    if "content_sha256" in table.column_names:
        return dict(zip(clips, table.column("content_sha256").to_pylist(), strict=True))
    members = member_lists(table.column("members").combine_chunks(), lambda name, _, __, sha256: (name, sha256))
    return {clip: content_sha256(dict(found)) if found else None for clip, found in zip(clips, members, strict=True)}


def _counts(judgements: list[Judgement], known: dict[str, str | None]) -> list[ReviewerCounts]:
    counted: dict[str, Counter[str]] = {}
    for item in judgements:
        of_reviewer = counted.setdefault(item.reviewer, Counter())
        if item.label is not None:
            of_reviewer[item.label] += 1
            of_reviewer["stale"] += is_stale(item, known.get(item.sample))
    return [
        ReviewerCounts(name, found["accept"], found["reject"], found["skip"], found["stale"])
        for name, found in sorted(counted.items())
    ]
