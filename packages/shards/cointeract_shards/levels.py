"""Levels of a sample: which members each one requires. A consumer asks for the level it needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from cointeract_shards import members
from cointeract_shards.records import Level

LEVELS: tuple[Level, ...] = get_args(Level)
"""From least to most complete; each holds all that the ones before it hold."""

CLIP_MEMBERS = (members.RGB, members.AUDIO, members.TRACKS, members.META)
TRIPLET_MEMBERS = (members.HOI, members.OBJECT_MASKS, members.BODY, members.PERSON, members.PRODUCT)
CACHE_PREFIXES = ("latents.", "text.", "audio.")
"""Level `encoded` has at least one `<prefix><name>.safetensors` of each."""
CACHE_SUFFIX = ".safetensors"


def reaches(level: Level, wanted: Level) -> bool:
    """Whether a sample of `level` has everything that `wanted` asks for."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def required_members(level: Level, has_motion: bool) -> tuple[str, ...]:
    """Fixed member names that a sample of `level` must have, sorted.

    The caches of level `encoded` carry the codec's name, so they are checked by `missing_members` instead.
    """
    required = set(CLIP_MEMBERS)
    if has_motion:
        required.add(members.MOTION)
    if reaches(level, "triplet"):
        required.update(TRIPLET_MEMBERS)
    return tuple(sorted(required))


def missing_members(present: Collection[str], level: Level, has_motion: bool) -> tuple[str, ...]:
    """What a sample with the members `present` lacks for `level`; a cache is named as `latents.*.safetensors`."""
    missing = [name for name in required_members(level, has_motion) if name not in present]
    if reaches(level, "encoded"):
        missing += [
            f"{prefix}*{CACHE_SUFFIX}"
            for prefix in CACHE_PREFIXES
            if not any(name.startswith(prefix) and name.endswith(CACHE_SUFFIX) for name in present)
        ]
    return tuple(missing)
