"""What a rule sees: one sample with its members decoded when first asked for, or the facts of all samples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cointeract_shards import media, members
from cointeract_shards.errors import ContractError
from cointeract_shards.manifest import ManifestRow
from cointeract_shards.records import Meta, Tracks
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import IndexEntry

_T = TypeVar("_T")


class SampleView:
    """One sample under check. A member that doesn't parse reads as None, and `problems` says why.

    Args:
        sample: with its members in memory.
        shard: `<split>/<file name>` of its shard.
        entries: its members in the shard's index.
        row: its manifest row, or None where there is no manifest or no such row.
    """

    def __init__(self, sample: Sample, shard: str, entries: list[IndexEntry], row: ManifestRow | None) -> None:
        self.sample = sample
        self.shard = shard
        self.entries = entries
        self.row = row
        self.problems: dict[str, str] = {}
        self._videos: dict[str, media.Video | None] = {}

    def has(self, name: str) -> bool:
        """Whether the sample has a member."""
        return name in self.sample.members

    @cached_property
    def meta(self) -> Meta | None:
        """`meta.json`, or None if it is missing or invalid."""
        return self._parsed(members.META, Meta.from_bytes)

    @cached_property
    def tracks(self) -> Tracks | None:
        """`tracks.json`, or None if it is missing or invalid."""
        return self._parsed(members.TRACKS, Tracks.from_bytes)

    @cached_property
    def raw_tracks(self) -> dict[str, Any]:
        """`tracks.json` as it stands, numbers that aren't finite included; empty if it isn't a JSON object."""
        if not self.has(members.TRACKS):
            return {}
        try:
            content = json.loads(self.sample.read(members.TRACKS))
        except ValueError:
            return {}  # the rule over the record reports it
        return content if isinstance(content, dict) else {}

    @cached_property
    def audio(self) -> media.Audio | None:
        """`audio.wav`, or None if it is missing or not a WAV file."""
        return self._parsed(members.AUDIO, media.read_audio)

    def video(self, name: str) -> media.Video | None:
        """A video, decoded, or None if it is missing or doesn't decode."""
        if name not in self._videos:
            self._videos[name] = self._parsed(name, media.decode_video)
        return self._videos[name]

    def image(self, name: str) -> NDArray[np.uint8] | None:
        """A picture, `(height, width, 3)` RGB, or None if it is missing or doesn't decode."""
        return self._parsed(name, media.decode_image)

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each member as it was read."""
        return {name: hashlib.sha256(self.sample.read(name)).hexdigest() for name in self.sample.members}

    def _parsed(self, name: str, parse: Callable[..., _T]) -> _T | None:
        if not self.has(name):
            return None
        try:
            return parse(self.sample.read(name), where=name)
        except ContractError as error:
            self.problems[name] = str(error)
            return None


@dataclass(frozen=True)
class SampleFacts:
    """What is kept of each sample for the rules over all of them."""

    key: str
    split: str
    shard: str
    """File name of the shard."""
    source_sha256: str | None
    identity: str | None
    entries: tuple[IndexEntry, ...]

    @property
    def place(self) -> str:
        """`<split>/<file name>` of the shard."""
        return f"{self.split}/{self.shard}" if self.split else self.shard


@dataclass(frozen=True)
class SetView:
    """All samples, and the manifest where there is one."""

    samples: tuple[SampleFacts, ...]
    rows: Mapping[str, ManifestRow] | None
    unread_shards: frozenset[str]
    """Shards that couldn't be read; what they should hold isn't reported a second time."""
