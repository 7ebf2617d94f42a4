"""The Range header: one run of bytes, as RFC 9110, section 14, has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(?P<first>\d*)\s*-\s*(?P<last>\d*)\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """Bytes `start` to `end` of a file, the end not included."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        """Value of the header Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class UnsatisfiableError(ValueError):
    """A range that lies outside of the file: status 416."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range that is asked for, or None where the whole file is to be sent.

    `a-b`, `a-` and `-n` are understood, and an end behind the file is its end. A header that isn't one range of bytes (another
    unit, several ranges, a last byte before the first) is ignored, as the RFC allows.

    Args:
        header: value of the header Range, None without one.
        size: bytes of the file.

    Raises:
        UnsatisfiableError: it begins behind the end of the file, or asks for its last 0 bytes.
    """
    found = None if header is None else _ONE_RANGE.fullmatch(header)
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        wanted = int(found["last"])
        if wanted == 0 or size == 0:
            raise UnsatisfiableError(f"the last {wanted} bytes of {size} are none")
        return ByteRange(max(0, size - wanted), size)
    start = int(found["first"])
    last = int(found["last"]) if found["last"] else size - 1
    if found["last"] and last < start:
        return None
    if start >= size:
        raise UnsatisfiableError(f"byte {start} lies behind the end of {size} bytes")
    return ByteRange(start, min(last, size - 1) + 1)
