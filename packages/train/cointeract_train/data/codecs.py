"""The codecs of a run: what they are called, and themselves where something is encoded on the fly."""

from __future__ import annotations

from functools import cached_property

from cointeract_model.codecs.build import build_audio_codec, build_latent_codec, build_text_codec
from cointeract_model.codecs.protocols import AudioCodec, Codec, LatentCodec, TextCodec
from cointeract_train.data.cached import CachesWanted
from cointeract_train.data.config import CacheIdentity, DataConfig
from cointeract_train.data.errors import DataError


class Codecs:
    """Builds each codec when it is first asked for; one object for each process.

    Raises (all properties):
        CodecUnavailableError: its library or weights are missing.
        DataError: its key isn't the one that `config.caches` states.
    """

    def __init__(self, config: DataConfig) -> None:
        self._config = config

    @cached_property
    def latents(self) -> LatentCodec:
        """Of videos and pictures."""
        codec = build_latent_codec(self._config.codecs.latents)
        _check(codec, self._config.caches.latents)
        return codec

    @cached_property
    def text(self) -> TextCodec:
        """Of prompts."""
        codec = build_text_codec(self._config.codecs.text)
        _check(codec, self._config.caches.text)
        return codec

    @cached_property
    def audio(self) -> AudioCodec:
        """Of sound."""
        codec = build_audio_codec(self._config.codecs.audio)
        _check(codec, self._config.caches.audio)
        return codec


def caches_wanted(config: DataConfig) -> CachesWanted:
    """Which caches are wanted: as stated, or those of the configured codecs, which are loaded to tell.

    Raises:
        CodecUnavailableError: a codec's library or weights are missing.
    """
    codecs, stated = Codecs(config), config.caches
    return CachesWanted(
        latents=stated.latents or _identity(codecs.latents),
        text=stated.text or _identity(codecs.text),
        audio=stated.audio or _identity(codecs.audio),
    )


def _identity(codec: Codec) -> CacheIdentity:
    return CacheIdentity(name=codec.name, key=codec.key)


def _check(codec: Codec, stated: CacheIdentity | None) -> None:
    if stated is not None and stated != _identity(codec):
        raise DataError(
            f"data.caches states codec {stated.name!r} with the key {stated.key!r}, data.codecs gives {codec.name!r} with {codec.key!r}; "
            "features of both would be mixed: correct one of them"
        )
