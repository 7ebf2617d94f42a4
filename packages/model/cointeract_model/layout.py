"""Where each part of a stream's tokens lies in its sequence.

The RGB stream is `[motion, person | target, product]` and the HOI stream follows it, so that each set of keys that a
query may see is one slice: RGB sees all of the first, Eq. 4 shows everything to HOI, and the released rule shows HOI the
RGB stream from the target on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Segment(Enum):
    """A part of a stream."""

    MOTION = auto()
    PERSON = auto()
    TARGET = auto()
    PRODUCT = auto()
    HOI = auto()
    PADDING = auto()
    """Fills up a length that several processes can't share evenly; nothing ever sees it."""


@dataclass(frozen=True)
class Span:
    """Tokens `start .. stop - 1` of a sequence."""

    segment: Segment
    start: int
    stop: int
    offset: int = 0
    """Place of the first of them in its segment; not 0 only where a sequence was cut."""

    @property
    def length(self) -> int:
        """Number of tokens."""
        return self.stop - self.start


@dataclass(frozen=True)
class Layout:
    """The spans of one stream, in order and without gaps."""

    spans: tuple[Span, ...]

    @staticmethod
    def of(*lengths: tuple[Segment, int]) -> Layout:
        """Segments one after another; those without tokens are left out."""
        spans = []
        start = 0
        for segment, length in lengths:
            if length:
                spans.append(Span(segment, start, start + length))
            start += length
        return Layout(tuple(spans))

    @property
    def length(self) -> int:
        """Number of tokens."""
        return self.spans[-1].stop if self.spans else 0

    def find(self, segment: Segment) -> Span:
        """The span of a segment; an empty one at the end where the sequence has none of it."""
        for span in self.spans:
            if span.segment is segment:
                return span
        return Span(segment, self.length, self.length)

    def padded_to(self, length: int) -> Layout:
        """With padding at the end, up to `length` tokens."""
        if length == self.length:
            return self
        return Layout((*self.spans, Span(Segment.PADDING, self.length, length)))

    def cut(self, start: int, stop: int) -> Layout:
        """The part `start .. stop - 1`, counted from its own beginning."""
        spans = []
        for span in self.spans:
            first, last = max(span.start, start), min(span.stop, stop)
            if first < last:
                spans.append(Span(span.segment, first - start, last - start, span.offset + first - span.start))
        return Layout(tuple(spans))
