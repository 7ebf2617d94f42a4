"""Numbers as a reader wants them."""

from __future__ import annotations

import math
import re

MINUTE_S = 60.0
HOUR_S = 3600.0
SIGNIFICANT_DIGITS = 4
WHOLE_ABOVE = 10_000.0


def count(value: int) -> str:
    """A whole number with separated thousands."""
    return f"{value:,}"


def units(number_of: int, noun: str) -> str:
    """A number with its noun, which takes an s unless there is one."""
    return f"{count(number_of)} {noun}" + ("" if number_of == 1 else "s")


def percent(part: float, whole: float) -> str:
    """The share of ``part`` in ``whole``; a dash where there is no whole. Only nothing is 0 % and only everything 100 %."""
    if whole == 0:
        return "-"
    share = 100.0 * part / whole
    if part > 0 and share < 0.1:  # noqa: PLR2004 - one decimal is shown
        return "<0.1 %"
    if part < whole and share > 99.9:  # noqa: PLR2004
        return ">99.9 %"
    return f"{share:.0f} %" if part in (0, whole) else f"{share:.1f} %"


def number(value: float) -> str:
    """A measured value with four significant digits, or all digits before the point where there are more."""
    if math.isclose(value, round(value), abs_tol=1e-9) and abs(value) < 1e15:  # noqa: PLR2004 - exact as a float
        return f"{round(value):,}"
    if abs(value) >= WHOLE_ABOVE:
        return f"{value:,.0f}"
    return f"{value:.{SIGNIFICANT_DIGITS}g}"


def duration(seconds: float) -> str:
    """A length of time in the two largest units that it has."""
    if seconds < MINUTE_S:
        return f"{seconds:.3g} s"
    if seconds < HOUR_S:
        minutes, rest = divmod(round(seconds), int(MINUTE_S))
        return f"{minutes} min {rest:02d} s"
    hours, rest = divmod(round(seconds), int(HOUR_S))
    return f"{hours:,} h {rest // int(MINUTE_S):02d} min"


def timecode(seconds: float) -> str:
    """A place in a video as ``h:mm:ss.s``, without the hours where there are none."""
    minutes, rest = divmod(seconds, MINUTE_S)
    hours, minutes = divmod(int(minutes), int(MINUTE_S))
    clock = f"{minutes:02d}:{rest:04.1f}"
    return f"{hours}:{clock}" if hours else clock


def anchor(*parts: str) -> str:
    """An id inside the page, made of letters, digits, ``_`` and ``-`` only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", "-".join(parts))
