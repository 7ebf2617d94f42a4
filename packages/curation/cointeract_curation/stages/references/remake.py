"""Makes a reference from one frame after another until one passes the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cointeract_curation.stages.references.protocol import Made
from cointeract_curation.stages.references.rank import RankedFrame
from cointeract_curation.triplet.axes import Axis, Judged


@dataclass(frozen=True)
class Attempt:
    """One try: the frame, what spoke for it, what the checks say, and what was made."""

    ranked: RankedFrame
    judged: Mapping[Axis, Judged]
    margin: float | None
    """How far the worst axis lies above its threshold (negative: below); None where no axis could be judged."""
    made: Made = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether every axis that could be judged reaches its threshold. Abstaining is no reason to try another frame."""
        return self.margin is None or self.margin >= 0


@dataclass(frozen=True)
class Chosen:
    """All tries, and which of them was kept."""

    attempts: tuple[Attempt, ...]
    index: int

    @property
    def kept(self) -> Attempt:
        """The try that was kept."""
        return self.attempts[self.index]


def remake(
    frames: Sequence[RankedFrame],
    make: Callable[[int], Made],
    judge: Callable[[int, Made], Mapping[Axis, Judged]],
    retry_below: Mapping[Axis, float],
) -> Chosen:
    """Make references from ``frames`` (at least one) in turn; keep the first that passes, else the one with the best margin."""
    attempts: list[Attempt] = []
    for ranked in frames:
        made = make(ranked.frame)
        judged = judge(ranked.frame, made)
        attempts.append(Attempt(ranked, judged, worst_margin(judged, retry_below), made))
        if attempts[-1].passed:
            return Chosen(tuple(attempts), len(attempts) - 1)
    # Of equals the earlier one, since its frame ranks higher.
    best = max(range(len(attempts)), key=lambda index: (attempts[index].margin or 0.0, -index))
    return Chosen(tuple(attempts), best)


def worst_margin(judged: Mapping[Axis, Judged], retry_below: Mapping[Axis, float]) -> float | None:
    """The least of value minus threshold over the axes that have both."""
    margins = [
        item.value - retry_below[axis]
        for axis, item in judged.items()
        if item.value is not None and axis in retry_below
    ]
    return min(margins, default=None)
