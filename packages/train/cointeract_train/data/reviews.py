"""What people's reviews say of samples, under the policy that the configuration names."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import ManifestRow, ReviewLabel
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.reviews.fold import Judgement, fold
from cointeract_shards.reviews.policy import ReviewPolicy, settle
from cointeract_shards.reviews.read import read_reviews
from cointeract_train.data.config import DataConfig

log = logging.getLogger(__name__)


class SampleReviews:
    """Labels of a split's samples.

    Without a policy, and where a data set comes without its folder of reviews, they are those that it was packed with.

    Args:
        root: of the data set.
        config: of the data.

    Raises:
        ContractError: a review is of a version that isn't known.
    """

    def __init__(self, root: storage.Location, config: DataConfig) -> None:
        self._policy = None if config.reviews is None else ReviewPolicy.parse(config.reviews)
        self._keep_stale = config.keep_stale_reviews
        self._judgements: dict[str, list[Judgement]] = {}
        self._live = False
        self._stale = self._conflicts = 0
        folder = storage.join(root, DatasetLayout.REVIEWS_NAME)
        if self._policy is None:
            return
        self._live = storage.exists(folder)
        reviews = read_reviews(folder)
        for damage in reviews.damages:
            log.warning("%s, line %d was not read: %s", damage.path, damage.line, damage.reason)
        for judgement in fold(reviews.events).values():
            self._judgements.setdefault(judgement.sample, []).append(judgement)

    def label(self, key: str, row: ManifestRow | None, member_sha256: Mapping[str, str]) -> ReviewLabel | None:
        """What people say of a sample, None where they say nothing that counts.

        Args:
            key: of the sample.
            row: of the manifest, if there is one.
            member_sha256: digest by member.
        """
        if not self._live:
            return None if row is None else row.review_label
        judgements = self._judgements.get(key)
        if not judgements:
            return None
        content = row.content_sha256 if row is not None and row.content_sha256 else content_sha256(member_sha256)
        policy = self._policy or ReviewPolicy("any-reject")
        found = settle(judgements, {key: content}, policy, keep_stale=self._keep_stale)
        self._stale += len(found.stale)
        self._conflicts += len(found.conflicts)
        verdict = found.verdicts.get(key)
        return None if verdict is None else verdict.label

    def tell(self, split: str) -> None:
        """Say what was obeyed; what was left out by it is counted with all else that is."""
        if self._policy is None:
            return
        if not self._live:
            log.warning("split %r: there is no folder of reviews; the manifest's labels stand in", split)
            return
        log.info("split %r: reviews are obeyed under %s, %d in conflict", split, self._policy, self._conflicts)
        if self._stale:
            log.warning(
                "split %r: %d reviews are of what samples were before they were made again, and don't count: "
                "review them again, or set data.keep_stale_reviews",
                split,
                self._stale,
            )
