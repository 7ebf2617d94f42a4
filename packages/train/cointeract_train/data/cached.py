"""Features of a draw from a sample's caches, if they are of the right codec, bucket and frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.switches import Switches
from cointeract_shards import members
from cointeract_shards.encoded import AudioFeatures, CacheInfo, LatentsInfo, TextRows, VideoLatents, latents_name
from cointeract_shards.tensor_file import Floats
from cointeract_train.data.catalogue import Entry
from cointeract_train.data.config import CacheIdentity, DataConfig
from cointeract_train.data.errors import SampleError
from cointeract_train.data.features import Part, Visuals, Wanted, Words


class UnfitCacheError(SampleError):
    """A cache that is whole, but of another codec, other frames or other words than wanted."""


@dataclass(frozen=True)
class CachesWanted:
    """The codec of each part, by name and key."""

    latents: CacheIdentity
    text: CacheIdentity
    audio: CacheIdentity

    def identity(self, part: Part) -> CacheIdentity:
        """The codec of a part."""
        return {"latents": self.latents, "text": self.text, "audio": self.audio}[part]

    def member(self, part: Part, entry: Entry) -> str:
        """The member that would hold a part of a sample."""
        name = self.identity(part).name
        if part == "latents":
            return latents_name(name, entry.bucket)
        return members.text_member(name) if part == "text" else members.audio_member(name)


class CacheReader:
    """Turns caches into features.

    Args:
        config: of the data.
        wanted: which caches.
    """

    def __init__(self, config: DataConfig, wanted: CachesWanted) -> None:
        self._config = config
        self.wanted = wanted
        self._switches = Switches(hoi_prompt=config.hoi_prompt)

    def visuals(self, entry: Entry, data: bytes, wanted: Wanted) -> Visuals:
        """Latents of a draw.

        Raises:
            UnfitCacheError: of another codec, bucket or phase, or without a pose that the sample has.
            ContractError: not such a file, or damaged.
        """
        where = entry.where(self.wanted.member("latents", entry))
        cache = VideoLatents.from_bytes(data, where=where)
        self._check_latents(entry, cache.info, where)
        if wanted.motion and not cache.info.motion:
            raise UnfitCacheError(f"{where}: is without motion, and the sample has {members.MOTION}; encode it again")
        return Visuals(
            target=_tensor(_given(cache.with_motion if wanted.motion else cache.without_motion)),
            person=_tensor(cache.person),
            product=_tensor(cache.product),
            product_scale=cache.info.product_scale,
            hoi=_tensor(_given(cache.hoi_with_motion if wanted.motion else cache.hoi_without_motion))
            if self._config.hoi
            else None,
            motion=_tensor(_given(cache.motion)) if wanted.motion else None,
            pose=_tensor(_given(cache.pose_with_motion if wanted.motion else cache.pose_without_motion))
            if wanted.pose
            else None,
        )

    def words(self, entry: Entry, data: bytes, wanted: Wanted) -> Words:
        """Rows of a draw's texts; those of the empty prompt where text is dropped.

        Raises:
            UnfitCacheError: of another codec, or of another HOI prompt.
            ContractError: not such a file, or damaged.
        """
        where = entry.where(self.wanted.member("text", entry))
        cache = TextRows.from_bytes(data, where=where)
        _check_codec(cache.info, self.wanted.text, where)
        prompt = cache.info.prompt if wanted.text else ""
        if not wanted.text and cache.info.empty:
            raise UnfitCacheError(f"{where}: {cache.info.empty!r} stands for dropped text, not the empty prompt")
        rows = cache.prompt if wanted.text else cache.empty
        if not self._config.hoi:
            return Words(_tensor(rows), None)
        hoi_prompt = self._switches.hoi_prompt_of(prompt)
        known = {cache.info.hoi_empty: cache.hoi_empty, cache.info.hoi_prompt: cache.hoi}
        if hoi_prompt not in known:
            raise UnfitCacheError(
                f"{where}: its HOI prompt is {cache.info.hoi_prompt!r:.80}, training wants {hoi_prompt!r:.80}; encode it again, or "
                "change hoi_prompt"
            )
        return Words(_tensor(rows), _tensor(known[hoi_prompt]))

    def audio(self, entry: Entry, data: bytes) -> Tensor:
        """Features (layers, dim, 81).

        Raises:
            UnfitCacheError: of another codec or loudness.
            ContractError: not such a file, or damaged.
        """
        where = entry.where(self.wanted.member("audio", entry))
        cache = AudioFeatures.from_bytes(data, where=where)
        _check_codec(cache.info, self.wanted.audio, where)
        if cache.info.loudness != self._config.loudness:
            raise UnfitCacheError(
                f"{where}: of sound brought to {cache.info.loudness} LUFS, training wants {self._config.loudness}; encode it again, or "
                "change loudness"
            )
        return _tensor(cache.features)

    def _check_latents(self, entry: Entry, info: LatentsInfo, where: str) -> None:
        _check_codec(info, self.wanted.latents, where)
        if info.bucket != entry.bucket:
            raise UnfitCacheError(
                f"{where}: holds latents of bucket {info.bucket}, not {entry.bucket}; encode it again"
            )
        if info.hoi_phase != self._config.hoi_phase:
            raise UnfitCacheError(
                f"{where}: hoi_phase is {info.hoi_phase}, training wants {self._config.hoi_phase}; encode it again, or change hoi_phase"
            )
        if self._config.pose and members.POSE in entry.members and not info.pose:
            raise UnfitCacheError(
                f"{where}: is without pose, and the sample has {members.POSE}; encode it again with pose"
            )


def _check_codec(info: CacheInfo, wanted: CacheIdentity, where: str) -> None:
    if (info.codec, info.key) != (wanted.name, wanted.key):
        raise UnfitCacheError(
            f"{where}: is of codec {info.codec!r} with the key {info.key!r}, training wants {wanted.name!r} with {wanted.key!r}; encode "
            "it again, or state that key in data.caches"
        )


def _given(array: Floats | None) -> Floats:
    """An array that the record promises; `from_bytes` has checked that it is there."""
    if array is None:
        raise SampleError("latents lack a tensor that their record promises")
    return array


def _tensor(array: Floats) -> Tensor:
    # What was read can't be written to, which torch has no notion of; a copy costs less than numpy's own conversion.
    return torch.from_numpy(array.copy()).to(torch.float32)
