"""The measured judge: every axis from pixels, masks and landmarks."""

from __future__ import annotations

from collections.abc import Callable, Collection

from cointeract_curation.triplet.axes import Axis, Judged, Triplet
from cointeract_curation.triplet.face_finder import FaceFinder
from cointeract_curation.triplet.hand_finder import HandFinder
from cointeract_curation.triplet.identity import judge_identity
from cointeract_curation.triplet.no_hand import judge_hand
from cointeract_curation.triplet.object_views import make_view
from cointeract_curation.triplet.plausible_size import judge_size
from cointeract_curation.triplet.product_gone import judge_absence
from cointeract_curation.triplet.product_isolated import judge_isolation
from cointeract_curation.triplet.product_region import product_region
from cointeract_curation.triplet.product_same import judge_sameness
from cointeract_curation.triplet.safe import judge_safety

NO_PERSON = Judged(0.0, "there is no person.png")
NO_PRODUCT = Judged(0.0, "there is no product.png")
NO_OBJECT = Judged(0.0, "the clip shows no object")
BLANK = Judged(0.0, "product.png is blank")


class MeasuredJudge:
    """Measured checks, one file an axis. What is missing scores 0, what can't be measured None.

    One judge serves any number of clips; it belongs to one thread.
    """

    name = "measured"

    def __init__(self) -> None:
        self._faces, self._hands = FaceFinder(), HandFinder()

    def __call__(self, triplet: Triplet) -> dict[str, float | None]:
        """The score of every axis by name, None where nothing can be said of it."""
        return {axis.value: judged.value for axis, judged in self.judge(triplet, tuple(Axis)).items()}

    def judge(self, triplet: Triplet, axes: Collection[Axis]) -> dict[Axis, Judged]:
        """Score a triplet on some axes, with reasons."""
        checks: dict[Axis, Callable[[Triplet], Judged]] = {
            Axis.IDENTITY: self._identity,
            Axis.PRODUCT_GONE: self._gone,
            Axis.PRODUCT_SAME: self._same,
            Axis.PRODUCT_ISOLATED: self._isolated,
            Axis.NO_HAND: self._hand,
            Axis.PLAUSIBLE_SIZE: lambda triplet: judge_size(triplet.clip),
            Axis.SAFE: self._safe,
        }
        return {axis: checks[axis](triplet) for axis in Axis if axis in axes}

    def close(self) -> None:
        """Let go of the detectors."""
        self._faces.close()
        self._hands.close()

    def _identity(self, triplet: Triplet) -> Judged:
        if triplet.person is None:
            return NO_PERSON
        return judge_identity(triplet.clip, triplet.person, self._faces.find(triplet.person))

    def _gone(self, triplet: Triplet) -> Judged:
        return NO_PERSON if triplet.person is None else judge_absence(triplet.clip, triplet.person)

    def _same(self, triplet: Triplet) -> Judged:
        if triplet.product is None:
            return NO_PRODUCT
        if not triplet.clip.views:
            return NO_OBJECT
        region = product_region(triplet.product)
        if not region.mask.any():
            return BLANK
        return judge_sameness(make_view(triplet.product, region.mask), triplet.clip.views)

    def _isolated(self, triplet: Triplet) -> Judged:
        return NO_PRODUCT if triplet.product is None else judge_isolation(product_region(triplet.product))

    def _hand(self, triplet: Triplet) -> Judged:
        if triplet.product is None:
            return NO_PRODUCT
        region = product_region(triplet.product)
        if not region.mask.any():
            return Judged(None, "product.png is blank")
        return judge_hand(triplet.product, region, triplet.clip.skin, self._hands.count(triplet.product))

    def _safe(self, triplet: Triplet) -> Judged:
        counts = [
            0 if picture is None else len(self._faces.find(picture)) for picture in (triplet.person, triplet.product)
        ]
        return judge_safety(triplet.person, triplet.product, counts[0], counts[1], triplet.clip.nudity)
