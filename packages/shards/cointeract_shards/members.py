"""Names: sample keys, member names, and where webdataset cuts one from the other.

webdataset splits a file name at its first dot: `clip-1.latents.wan.safetensors` is member `latents.wan.safetensors`
    of key `clip-1`, and it lower-cases the member name. Names that would not survive that are refused here.
"""

from __future__ import annotations

import re

from cointeract_shards.errors import SampleKeyError

RGB = "rgb.mp4"
MOTION = "motion.mp4"
AUDIO = "audio.wav"
HOI = "hoi.mp4"
PERSON = "person.png"
PRODUCT = "product.png"
TRACKS = "tracks.json"
OBJECT_MASKS = "object_masks.json"
BODY = "body.npz"
META = "meta.json"
POSE = "pose.mp4"
"""Skeleton video of the released trainer's optional pose condition; no level requires it."""

MAX_KEY_LENGTH = 128
"""Longest key: with the longest member name it stays within a file name of 255 bytes."""

MAX_MEMBER_LENGTH = 120

KEY_PATTERN = rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_KEY_LENGTH - 1}}}$"
"""A sample key of a permitted length, for records that hold one."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MEMBER = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")


def check_key(key: str) -> str:
    """Return `key`, or raise if it can't name a sample.

    Raises:
        SampleKeyError: a dot (webdataset would cut the key there), a slash, another character outside letters,
            digits, `_`
            and `-`, an empty key, or one over `MAX_KEY_LENGTH`.
    """
    if "." in key:
        raise SampleKeyError(
            f"sample key {key!r} has a dot: webdataset cuts names at the first dot; use '-' or '_' instead"
        )
    if not _KEY.fullmatch(key):
        raise SampleKeyError(
            f"sample key {key!r} is not made of letters, digits, '_' and '-', starting with a letter or digit"
        )
    if len(key) > MAX_KEY_LENGTH:
        raise SampleKeyError(f"sample key {key!r} has {len(key)} characters, more than {MAX_KEY_LENGTH}; shorten it")
    return key


def check_member(name: str) -> str:
    """Return the member name, or raise if it can't be stored.

    Raises:
        SampleKeyError: no extension, upper case (webdataset lower-cases names), a slash or other character, or too
            long.
    """
    if not _MEMBER.fullmatch(name):
        raise SampleKeyError(
            f"member name {name!r} must be lower case letters, digits, '_' and '-' with an extension, such as 'rgb.mp4'"
        )
    if len(name) > MAX_MEMBER_LENGTH:
        raise SampleKeyError(
            f"member name {name!r} has {len(name)} characters, more than {MAX_MEMBER_LENGTH}; shorten it"
        )
    return name


def split_name(file_name: str) -> tuple[str, str]:
    """Key and member of a file name in a shard, cut where webdataset cuts it.

    Raises:
        SampleKeyError: the name has no dot, so it belongs to no sample.
    """
    folder, slash, base = file_name.rpartition("/")
    key, dot, member = base.partition(".")
    if not dot or not key or not member:
        raise SampleKeyError(f"file {file_name!r} in a shard has no '<key>.<member>' name; remove it from the shard")
    return f"{folder}{slash}{key}", member


def latents_member(codec: str) -> str:
    """Name of the cached video latents of a codec: `latents.<codec>.safetensors`."""
    return check_member(f"latents.{codec}.safetensors")


def text_member(encoder: str) -> str:
    """Name of the cached text features: `text.<encoder>.safetensors`."""
    return check_member(f"text.{encoder}.safetensors")


def audio_member(encoder: str) -> str:
    """Name of the cached audio features: `audio.<encoder>.safetensors`."""
    return check_member(f"audio.{encoder}.safetensors")
