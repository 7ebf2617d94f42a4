"""Which tokens see which, as slices: Eq. 4 and its released variant, for batches whose samples have different parts.

Samples that have the same parts form a group, and attention is called once or twice for a group, never with a mask.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from cointeract_model.layout import Layout, Segment
from cointeract_model.switches import Stage

TokenRange = tuple[int, int]
"""Tokens `start .. stop - 1`."""


@dataclass(frozen=True)
class Presence:
    """Which samples of a batch have the parts that a sample may lack; one entry for each sample."""

    motion: tuple[bool, ...]
    product: tuple[bool, ...]
    hoi: tuple[bool, ...]

    @property
    def batch(self) -> int:
        """Number of samples."""
        return len(self.motion)

    @property
    def hoi_samples(self) -> tuple[int, ...]:
        """Samples that have an HOI stream; the HOI stream's tensors hold these, in this order."""
        return tuple(sample for sample, there in enumerate(self.hoi) if there)


@dataclass(frozen=True)
class VisibilityGroup:
    """Samples with the same parts, and what their queries see."""

    samples: tuple[int, ...]
    """Rows of the RGB stream's batch."""
    hoi_rows: tuple[int, ...]
    """Rows of the HOI stream's batch for the same samples, or none."""
    rgb: tuple[TokenRange, ...]
    """RGB tokens that these samples have. They query, and RGB queries see them."""
    rgb_sees_hoi: bool
    """Whether RGB queries see the HOI stream too (stage 1)."""
    hoi_sees: tuple[TokenRange, ...]
    """RGB tokens that HOI queries see, besides all of the HOI stream."""
    hoi_length: int
    """HOI tokens without padding."""


def visibility(
    layout: Layout, hoi_length: int, presence: Presence, stage: Stage, hoi_keys: Literal["eq4", "release"]
) -> tuple[VisibilityGroup, ...]:
    """Groups of samples that can share one call of attention.

    Args:
        layout: the RGB stream's, of the whole sequence.
        hoi_length: tokens of the HOI stream.
        presence: what each sample has.
        stage: 1, everything sees everything; 2, RGB sees RGB.
        hoi_keys: what HOI queries see in stage 2.
    """
    members: dict[tuple[bool, bool, bool], list[int]] = defaultdict(list)
    for sample, parts in enumerate(zip(presence.motion, presence.product, presence.hoi, strict=True)):
        members[parts].append(sample)
    hoi_row = {sample: row for row, sample in enumerate(presence.hoi_samples)}
    groups = []
    for (motion, product, hoi), samples in members.items():
        there = {Segment.MOTION: motion, Segment.PERSON: True, Segment.TARGET: True, Segment.PRODUCT: product}
        rgb = _merged(layout, {segment for segment, present in there.items() if present})
        joint = stage is Stage.JOINT
        everything = joint or hoi_keys == "eq4"
        released = {Segment.TARGET} | ({Segment.PRODUCT} if product else set())
        groups.append(
            VisibilityGroup(
                samples=tuple(samples),
                hoi_rows=tuple(hoi_row[sample] for sample in samples) if hoi else (),
                rgb=rgb,
                rgb_sees_hoi=joint and hoi,
                hoi_sees=rgb if everything else _merged(layout, released),
                hoi_length=hoi_length,
            )
        )
    return tuple(groups)


def _merged(layout: Layout, segments: set[Segment]) -> tuple[TokenRange, ...]:
    """Ranges of these segments; neighbours become one range, so that their tokens are a view and not a copy."""
    ranges: list[TokenRange] = []
    for span in layout.spans:
        if span.segment not in segments:
            continue
        if ranges and ranges[-1][1] == span.start:
            ranges[-1] = (ranges[-1][0], span.stop)
        else:
            ranges.append((span.start, span.stop))
    return tuple(ranges)
