"""Loads the features of a draw: from caches where they fit, otherwise encoded on the fly, which is said and counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from torch import Tensor

from cointeract_shards import members
from cointeract_shards.levels import CACHE_SUFFIX
from cointeract_shards.records import Meta, Tracks
from cointeract_shards.storage import Location
from cointeract_train.data.cached import CacheReader, CachesWanted, UnfitCacheError
from cointeract_train.data.catalogue import Entry
from cointeract_train.data.config import DataConfig
from cointeract_train.data.encoding import SampleEncoder, media_of
from cointeract_train.data.errors import SampleError
from cointeract_train.data.features import PARTS, Features, Part, Visuals, Wanted, Words
from cointeract_train.data.ranges import Ranges, open_ranges, read_members

log = logging.getLogger(__name__)

_Feature = TypeVar("_Feature", Visuals, Words, Tensor)


class FeatureLoader:
    """Loads features in one process.

    Args:
        config: of the data.
        shards_root: folder of all shards.
        caches: which caches are wanted.
    """

    def __init__(self, config: DataConfig, shards_root: Location, caches: CachesWanted) -> None:
        self._config = config
        self._ranges = open_ranges(shards_root)
        self._reader = CacheReader(config, caches)
        self._encoder = SampleEncoder(config)
        self._told: set[Part] = set()
        self.encoded: Counter[Part] = Counter()
        """How often each part was encoded on the fly, up to now."""

    def load(self, entry: Entry, wanted: Wanted, *, verify: bool) -> Features:
        """The features of a draw.

        Args:
            entry: the sample.
            wanted: with motion or without, and so on.
            verify: compare what is read with its SHA-256.

        Raises:
            DataError: the shard is gone.
            SampleError: a member violates the contract, or a cache doesn't fit and `on_the_fly` is `never`.
            ContractError: likewise, of a record or cache.
        """
        content = _Content(self._ranges, entry, verify=verify)
        content.take([members.TRACKS, *(name for part in PARTS for name in self._sources(part, entry, wanted))])
        reader, encoder = self._reader, self._encoder
        visuals = self._part(
            "latents",
            content,
            wanted,
            lambda data: reader.visuals(entry, data, wanted),
            lambda: encoder.visuals(entry, content.found, content.meta, wanted),
        )
        words = self._part(
            "text",
            content,
            wanted,
            lambda data: reader.words(entry, data, wanted),
            lambda: encoder.words(entry, content.meta, wanted),
        )
        audio = self._part(
            "audio",
            content,
            wanted,
            lambda data: reader.audio(entry, data),
            lambda: encoder.audio(entry, content.found, content.meta),
        )
        tracks = Tracks.from_bytes(content.found[members.TRACKS], where=entry.where(members.TRACKS))
        return Features(visuals, words, audio, tracks)

    def _part(
        self,
        part: Part,
        content: _Content,
        wanted: Wanted,
        from_cache: Callable[[bytes], _Feature],
        encode: Callable[[], _Feature],
    ) -> _Feature:
        entry, member = content.entry, self._reader.wanted.member(part, content.entry)
        if self._cached(part, entry):
            try:
                return from_cache(content.found[member])
            except UnfitCacheError as error:
                if self._config.on_the_fly == "never":
                    raise
                self._tell(part, error)
        elif self._config.on_the_fly == "never":
            raise SampleError(missing_cache(entry, member))
        content.take(_media(part, wanted, self._config))
        self.encoded[part] += 1
        return encode()

    def _sources(self, part: Part, entry: Entry, wanted: Wanted) -> list[str]:
        """Members that the part is made of, if its cache fits."""
        if self._cached(part, entry):
            return [self._reader.wanted.member(part, entry)]
        return _media(part, wanted, self._config) if self._config.on_the_fly != "never" else []

    def _cached(self, part: Part, entry: Entry) -> bool:
        return self._config.on_the_fly != "always" and self._reader.wanted.member(part, entry) in entry.members

    def _tell(self, part: Part, error: UnfitCacheError) -> None:
        """Say once for each part that caches don't fit; what has no cache was counted before the run."""
        if part not in self._told:
            self._told.add(part)
            log.warning("%s are encoded on the fly although they are cached: %s", part, error)


class _Content:
    """Members of one sample, each read once."""

    def __init__(self, ranges: Ranges, entry: Entry, *, verify: bool) -> None:
        self._ranges, self._verify = ranges, verify
        self.entry = entry
        self.found: dict[str, bytes] = {}
        self._meta: Meta | None = None

    def take(self, names: Iterable[str]) -> None:
        """Read those that aren't there yet, in one go."""
        new = [name for name in dict.fromkeys(names) if name not in self.found]
        if new:
            self.found |= read_members(self._ranges, self.entry, new, verify=self._verify)

    @property
    def meta(self) -> Meta:
        """`meta.json`, once it was taken."""
        if self._meta is None:
            self._meta = Meta.from_bytes(self.found[members.META], where=self.entry.where(members.META))
        return self._meta


def missing_cache(entry: Entry, member: str) -> str:
    """The message for a sample without a cache where none may be made."""
    there = ", ".join(sorted(name for name in entry.members if name.endswith(CACHE_SUFFIX))) or "no caches"
    return (
        f"sample {entry.key}, shard {entry.shard}: has no {member}, and on_the_fly is never; it has {there}. Give that bucket and codec, "
        "run the stage encode for these, or allow on_the_fly"
    )


def _media(part: Part, wanted: Wanted, config: DataConfig) -> list[str]:
    return [members.META, *media_of(part, wanted, config)]
