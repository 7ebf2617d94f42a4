"""From several reviewers' judgements to one label for each sample, under a policy that is chosen at export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

from cointeract_shards.manifest import ReviewLabel
from cointeract_shards.reviews.errors import ReviewError
from cointeract_shards.reviews.event import check_reviewer
from cointeract_shards.reviews.fold import Judgement

Rule = Literal["any-reject", "majority", "unanimous", "owner"]
OWNER_PREFIX = "owner:"
FORMS = "any-reject, majority, unanimous or owner:NAME"


@dataclass(frozen=True)
class ReviewPolicy:
    """How votes become a label. A skip is no vote, and without a label the algorithm's decision stands.

    - `any-reject`: rejected as soon as one reviewer rejects, accepted if all who voted accept.
    - `majority`: what more reviewers say; a tie gives no label.
    - `unanimous`: what all who voted say; disagreement gives no label.
    - `owner`: what that reviewer says, whatever others say.
    """

    rule: Rule
    owner: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The policy of a name such as `majority` or `owner:ann`.

        Raises:
            ReviewError: no such policy, or an owner's name that isn't one.
        """
        if text.startswith(OWNER_PREFIX):
            return cls("owner", check_reviewer(text.removeprefix(OWNER_PREFIX)))
        match text:
            case "any-reject" | "majority" | "unanimous":
                return cls(text)
        raise ReviewError(f"review policy {text!r} isn't known; give {FORMS}")

    def __str__(self) -> str:
        return f"{OWNER_PREFIX}{self.owner}" if self.rule == "owner" else self.rule

    def label(self, votes: Mapping[str, bool]) -> ReviewLabel | None:
        """The label of a sample from its votes by reviewer, True for accept."""
        if self.rule == "owner":
            votes = {name: vote for name, vote in votes.items() if name == self.owner}
        accepts = sum(votes.values())
        rejects = len(votes) - accepts
        if not votes:
            return None
        if self.rule == "any-reject":
            return "rejected" if rejects else "accepted"
        if self.rule == "majority":
            return None if accepts == rejects else ("accepted" if accepts > rejects else "rejected")
        return None if accepts and rejects else ("accepted" if accepts else "rejected")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people say of a sample, all together."""

    label: ReviewLabel | None
    """None: no vote, or none that the policy can settle."""
    reasons: tuple[str, ...]
    """Those that the votes for the label give, or all votes where there is no label; sorted."""
    reviewers: tuple[str, ...]
    """Who voted, sorted."""
    conflict: bool
    """Some accept and some reject, whatever the policy makes of it."""


@dataclass(frozen=True)
class Settlement:
    """Verdicts by sample, of the samples that have a vote, sorted; and the judgements that were left out."""

    verdicts: Mapping[str, Verdict]
    stale: tuple[Judgement, ...] = ()
    """On content that the sample no longer has."""
    unknown: tuple[Judgement, ...] = ()
    """On samples that the data set doesn't have."""

    def labelled(self, label: ReviewLabel) -> frozenset[str]:
        """Samples with a label."""
        return frozenset(sample for sample, verdict in self.verdicts.items() if verdict.label == label)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Samples that some accept and some reject, sorted."""
        return tuple(sample for sample, verdict in self.verdicts.items() if verdict.conflict)


def settle(
    judgements: Iterable[Judgement],
    content: Mapping[str, str | None],
    policy: ReviewPolicy,
    *,
    keep_stale: bool = False,
) -> Settlement:
    """One verdict for each sample.

    Args:
        judgements: of any reviewers, each (sample, reviewer) once.
        content: `content_sha256` by sample of the data set as it is now; None where it isn't known, which makes nothing stale.
        policy: how votes become a label.
        keep_stale: count judgements on other content, too.
    """
    votes: dict[str, list[Judgement]] = {}
    stale: list[Judgement] = []
    unknown: list[Judgement] = []
    for judgement in sorted(judgements, key=lambda item: (item.sample, item.reviewer)):
        if judgement.label in (None, "skip"):
            continue
        if judgement.sample not in content:
            unknown.append(judgement)
        elif is_stale(judgement, content[judgement.sample]) and not keep_stale:
            stale.append(judgement)
        else:
            votes.setdefault(judgement.sample, []).append(judgement)
    verdicts = {sample: _verdict(found, policy) for sample, found in votes.items()}
    return Settlement(verdicts, tuple(stale), tuple(unknown))


def is_stale(judgement: Judgement, sha: str | None) -> bool:
    """Whether a label was given to other content than `sha`."""
    return judgement.label is not None and sha is not None and judgement.sha != sha


def _verdict(votes: list[Judgement], policy: ReviewPolicy) -> Verdict:
    by_reviewer = {vote.reviewer: vote.label == "accept" for vote in votes}
    label = policy.label(by_reviewer)
    heard = [vote for vote in votes if policy.owner is None or vote.reviewer == policy.owner]
    wanted = heard if label is None else [vote for vote in heard if (vote.label == "accept") == (label == "accepted")]
    return Verdict(
        label,
        tuple(sorted({reason for vote in wanted for reason in vote.reasons})),
        tuple(sorted(by_reviewer)),
        len(set(by_reviewer.values())) > 1,
    )
