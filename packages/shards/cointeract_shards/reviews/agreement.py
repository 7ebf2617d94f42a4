"""How far reviewers agree on the samples that several of them judged: shares, and kappa, which takes chance away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from cointeract_shards.reviews.fold import Judgement

_TOGETHER = 2
"""A sample tells of agreement if so many reviewers voted on it."""


@dataclass(frozen=True)
class PairAgreement:
    """Two reviewers on the samples that both voted on."""

    first: str
    second: str
    samples: int
    share: float
    """Share of samples with equal votes."""
    cohen_kappa: float | None
    """None where both always say the same one thing: chance alone would do that."""


@dataclass(frozen=True)
class Agreement:
    """All reviewers on the samples that at least two of them voted on."""

    samples: int
    share: float | None
    """Share of pairs of votes on one sample that are equal; None without such a sample."""
    fleiss_kappa: float | None
    pairs: tuple[PairAgreement, ...]


def agreement(judgements: Iterable[Judgement]) -> Agreement:
    """Agreement of accepts and rejects; skips are no votes.

    Fleiss' kappa (Fleiss 1971) takes a sample's own number of votes where they differ from sample to sample; Cohen's (Cohen 1960)
    compares two reviewers on what both judged.
    """
    votes: dict[str, dict[str, bool]] = {}
    for judgement in judgements:
        if judgement.label in ("accept", "reject"):
            votes.setdefault(judgement.sample, {})[judgement.reviewer] = judgement.label == "accept"
    shared = {sample: found for sample, found in votes.items() if len(found) >= _TOGETHER}
    if not shared:
        return Agreement(0, None, None, ())
    equal = sum(_equal_pairs(found) for found in shared.values())
    pairs = sum(len(found) * (len(found) - 1) for found in shared.values())
    return Agreement(len(shared), equal / pairs, _fleiss(shared), tuple(_pairs(shared)))


def _equal_pairs(votes: Mapping[str, bool]) -> int:
    """Ordered pairs of equal votes."""
    return sum(count * (count - 1) for count in Counter(votes.values()).values())


def _fleiss(shared: Mapping[str, Mapping[str, bool]]) -> float | None:
    observed = sum(_equal_pairs(found) / (len(found) * (len(found) - 1)) for found in shared.values()) / len(shared)
    totals = Counter(vote for found in shared.values() for vote in found.values())
    chance = sum((count / totals.total()) ** 2 for count in totals.values())
    return _kappa(observed, chance)


def _pairs(shared: Mapping[str, Mapping[str, bool]]) -> Iterable[PairAgreement]:
    reviewers = sorted({name for found in shared.values() for name in found})
    for first, second in combinations(reviewers, 2):
        both = [(found[first], found[second]) for found in shared.values() if first in found and second in found]
        if both:
            share = sum(a == b for a, b in both) / len(both)
            accepts = [sum(vote[side] for vote in both) / len(both) for side in (0, 1)]
            chance = accepts[0] * accepts[1] + (1 - accepts[0]) * (1 - accepts[1])
            yield PairAgreement(first, second, len(both), share, _kappa(share, chance))


def _kappa(observed: float, chance: float) -> float | None:
    return None if chance == 1 else (observed - chance) / (1 - chance)
