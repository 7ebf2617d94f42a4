"""Identifiers of events: ULIDs, 48 bits of time in milliseconds and 80 random bits in 26 characters (github.com/ulid/spec)."""

from __future__ import annotations

import secrets
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
LENGTH = 26
PATTERN = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
"""The first character holds 3 bits only: 26 characters of 5 bits are two more than 128."""

_RANDOM_BITS = 80
_CHARACTER_BITS = 5
_NS_PER_MS = 1_000_000


def new_ulid() -> str:
    """A fresh identifier; those of later milliseconds sort later."""
    number = (time.time_ns() // _NS_PER_MS) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    shifts = range((LENGTH - 1) * _CHARACTER_BITS, -1, -_CHARACTER_BITS)
    return "".join(ALPHABET[number >> shift & (len(ALPHABET) - 1)] for shift in shifts)
