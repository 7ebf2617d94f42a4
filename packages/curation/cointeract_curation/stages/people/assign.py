"""Which hand is the person's left and which the right, for a whole clip at once.

Single frames mislead: the detector's label flips on a hand that holds something, and wrists cross. So the sides of
all frames are chosen together: the cheapest path through the frames (Viterbi), where a frame's choice costs by how
badly its hands fit the labels of their track and the arms of the body, and a step from frame to frame costs by how
far each side's hand jumps and whether a tracked hand changes side.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from cointeract_curation.stages.people.link import Spot, link
from cointeract_curation.stages.people.observe import arm_distances
from cointeract_curation.stages.people.records import WRISTS, Body, Float, Hand, Side

MISSING = 2.5
"""Cost of leaving a side without a hand: a hand worse than this is somebody else's or none."""
ARM_SIGMA = 0.09
"""Metres: spread of a hand's middle around where its arm points."""
ARM_LIMIT = 4.0
"""Most that a hand far from its arm costs beyond the arm's visibility."""
FOREIGN_REACH = 0.45
"""Metres: a hand farther than this from a visible arm isn't this person's hand of that side."""
ARM_VISIBLE = 0.5
FOREIGN = 50.0
LABEL_DOUBT = 0.1
"""The detector's label is wrong this often at least, whatever it says."""
VOTE_FRAMES = 10
"""A hand's label is the mean over its track's detections this many frames around."""
JUMP_LIMIT = 1.5
"""Most that a jump of one side's hand costs; in hand sizes beyond the first."""
JUMP_MEMORY = 6.0
"""Frames after which a jump costs half."""
SWITCH = 5.0
"""Cost of a tracked hand changing from one side to the other."""
TRACK_REACH = 1.5
TRACK_SIZE_RATIO = 2.5
TRACK_GAP = 6
"""Frames that a tracked hand may be away, or one look where looks are far apart."""

Choice = tuple[int | None, int | None]
"""Indices of the left and the right hand among a frame's hands."""


@dataclass(frozen=True)
class HandSides:
    """For each frame looked at: the index of the left and right hand, or None.

    ``corrected`` counts the hands whose own label named the other side, ``switches`` how often a tracked hand changed
    side, ``others`` the frames that show a hand which is neither.
    """

    choices: tuple[Choice, ...]
    corrected: int
    switches: int
    others: int


def assign_sides(
    frames: Sequence[int],
    hands: Sequence[Sequence[Hand]],
    bodies: Sequence[Body | None],
    foreign: Sequence[Collection[int]],
) -> HandSides:
    """Choose the person's own left and right hand in every frame looked at.

    Args:
        frames: numbers of the frames looked at, rising.
        hands: the hands found in each, all in the same pixels.
        bodies: the person's body in each, None where it isn't seen or is somebody else's.
        foreign: indices of the hands in each that are somebody else's for sure.
    """
    tracks = link(
        frames,
        [[Spot(hand.centre, hand.size, hand.leftness) for hand in seen] for seen in hands],
        reach=TRACK_REACH,
        size_ratio=TRACK_SIZE_RATIO,
        max_gap=max(TRACK_GAP, 2 * max(np.diff(frames).tolist(), default=0)),
    )
    votes = _votes(frames, hands, tracks)
    unary = [_unary(seen, vote, body) for seen, vote, body in zip(hands, votes, bodies, strict=True)]
    for cost, elsewhere in zip(unary, foreign, strict=True):
        cost[list(elsewhere)] += FOREIGN
    choices, switches = _cheapest_path(frames, hands, tracks, unary)
    corrected = sum(
        (hands[t][index].leftness > 0.5) != (side is Side.LEFT)  # noqa: PLR2004 - one half is the middle of a probability
        for t, choice in enumerate(choices)
        for side, index in zip(Side, choice, strict=True)
        if index is not None
    )
    others = sum(
        len(seen) > sum(index is not None for index in choice) for seen, choice in zip(hands, choices, strict=True)
    )
    return HandSides(choices=tuple(choices), corrected=corrected, switches=switches, others=others)


def _votes(
    frames: Sequence[int], hands: Sequence[Sequence[Hand]], tracks: Sequence[Sequence[int]]
) -> list[list[float]]:
    """The belief that each hand is a left one, averaged along its track."""
    seen: dict[int, list[tuple[int, float]]] = {}
    for frame, here, numbers in zip(frames, hands, tracks, strict=True):
        for hand, number in zip(here, numbers, strict=True):
            seen.setdefault(number, []).append((frame, hand.leftness))
    return [
        [float(np.mean([left for at, left in seen[number] if abs(at - frame) <= VOTE_FRAMES])) for number in numbers]
        for frame, numbers in zip(frames, tracks, strict=True)
    ]


def _unary(hands: Sequence[Hand], votes: Sequence[float], body: Body | None) -> Float:
    """(hands, 2): what it costs to call each hand the left or the right one."""
    cost = np.zeros((len(hands), len(Side)))
    for index, (hand, vote) in enumerate(zip(hands, votes, strict=True)):
        left = float(np.clip(vote, LABEL_DOUBT, 1.0 - LABEL_DOUBT))
        cost[index] = -np.log([left, 1.0 - left])
        if body is None:
            continue
        apart = arm_distances(body, hand)
        for side in Side:
            visibility = float(body.visibility[WRISTS[side]])
            cost[index, side] += visibility * min(0.5 * (apart[side] / ARM_SIGMA) ** 2, ARM_LIMIT)
            if visibility >= ARM_VISIBLE and apart[side] > FOREIGN_REACH:
                cost[index, side] += FOREIGN
    return cost


def _cheapest_path(
    frames: Sequence[int], hands: Sequence[Sequence[Hand]], tracks: Sequence[Sequence[int]], unary: Sequence[Float]
) -> tuple[list[Choice], int]:
    """The choices of all frames, and how many times they move a tracked hand to the other side."""
    survivors = [_Survivor()]
    for frame, here, numbers, cost in zip(frames, hands, tracks, unary, strict=True):
        grown = []
        for choice in _choices(len(here)):
            own = sum(
                MISSING if index is None else float(cost[index, side]) for side, index in zip(Side, choice, strict=True)
            )
            steps = [survivor.step(frame, here, numbers, choice) for survivor in survivors]
            totals = [survivor.cost + step for survivor, step in zip(survivors, steps, strict=True)]
            best = int(np.argmin(totals))
            grown.append(survivors[best].grow(frame, here, numbers, choice, totals[best] + own))
        survivors = grown
    winner = min(survivors, key=lambda survivor: survivor.cost)
    return list(winner.choices), winner.switches


@dataclass(frozen=True)
class _Held:
    """The last hand of a side: its frame, track, and where it was."""

    frame: int
    track: int
    centre: Float
    size: float


@dataclass(frozen=True)
class _Survivor:
    """The cheapest way to one choice of the newest frame, with what it remembers of the frames before.

    Memory reaches through frames in which a hand isn't seen; it belongs to the way and not to the choice, so the
    search is per-survivor processing (Raheli et al. 1995): as good as exact here, where few ways differ in what they
    remember.
    """

    cost: float = 0.0
    choices: tuple[Choice, ...] = ()
    held: tuple[_Held | None, _Held | None] = (None, None)
    side_of: tuple[tuple[int, Side], ...] = ()
    switches: int = 0

    def step(self, frame: int, hands: Sequence[Hand], tracks: Sequence[int], choice: Choice) -> float:
        """What the step to a choice costs: jumps of each side's hand, and tracked hands that change side."""
        cost = SWITCH * self._switched(tracks, choice)
        for held, index in zip(self.held, choice, strict=True):
            if held is None or index is None or held.track == tracks[index]:
                continue
            size = max(held.size, hands[index].size)
            apart = float(np.linalg.norm(hands[index].centre - held.centre))
            sizes = apart / size if size > 0.0 else JUMP_LIMIT + 1.0
            cost += min(max(sizes - 1.0, 0.0), JUMP_LIMIT) / (1.0 + (frame - held.frame) / JUMP_MEMORY)
        return cost

    def grow(self, frame: int, hands: Sequence[Hand], tracks: Sequence[int], choice: Choice, cost: float) -> _Survivor:
        """This way, one frame longer."""
        sides = dict(self.side_of)
        held = list(self.held)
        for side, index in zip(Side, choice, strict=True):
            if index is not None:
                sides[tracks[index]] = side
                held[side] = _Held(frame, tracks[index], hands[index].centre, hands[index].size)
        return _Survivor(
            cost,
            (*self.choices, choice),
            (held[Side.LEFT], held[Side.RIGHT]),
            tuple(sides.items()),
            self.switches + self._switched(tracks, choice),
        )

    def _switched(self, tracks: Sequence[int], choice: Choice) -> int:
        was = dict(self.side_of)
        return sum(
            index is not None and was.get(tracks[index], side) is not side
            for side, index in zip(Side, choice, strict=True)
        )


def _choices(count: int) -> list[Choice]:
    options: list[int | None] = [*range(count), None]
    return [(left, right) for left, right in itertools.product(options, options) if left is None or left != right]
