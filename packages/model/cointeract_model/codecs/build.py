"""From a configuration to codecs. Only the library of the codec that is asked for is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cointeract_model.codecs.config import (
    AudioCodecConfig,
    BlockDctConfig,
    HashedTextConfig,
    LatentCodecConfig,
    LogMelConfig,
    TextCodecConfig,
)
from cointeract_model.codecs.protocols import AudioCodec, LatentCodec, TextCodec

if TYPE_CHECKING:
    import torch


def build_latent_codec(config: LatentCodecConfig) -> LatentCodec:
    """The latent codec that is named, with its weights loaded.

    Raises:
        CodecUnavailableError: its library or weights are missing; the message says which extra or folder.
    """
    if isinstance(config, BlockDctConfig):
        from cointeract_model.codecs.block_dct import BlockDctCodec

        return BlockDctCodec()
    from cointeract_model.codecs.wan_vae import WanVaeCodec

    return WanVaeCodec(
        config.path, _dtype(config.dtype), config=config.config, tiling=config.tiling, device=config.device
    )


def build_text_codec(config: TextCodecConfig) -> TextCodec:
    """The text codec that is named, with its weights loaded.

    Raises:
        CodecUnavailableError: its library or weights are missing; the message says which extra or folder.
    """
    if isinstance(config, HashedTextConfig):
        from cointeract_model.codecs.hashed_text import HashedTextCodec

        return HashedTextCodec(config.dim, config.max_tokens)
    from cointeract_model.codecs.umt5 import Umt5Codec

    return Umt5Codec(config.encoder, config.tokenizer, _dtype(config.dtype), config.device)


def build_audio_codec(config: AudioCodecConfig) -> AudioCodec:
    """The audio codec that is named, with its weights loaded.

    Raises:
        CodecUnavailableError: its library or weights are missing; the message says which extra or folder.
    """
    if isinstance(config, LogMelConfig):
        from cointeract_model.codecs.log_mel import LogMelCodec

        return LogMelCodec(config.layers, config.bands, config.stack, config.hop)
    from cointeract_model.codecs.wav2vec2 import Wav2Vec2Codec

    return Wav2Vec2Codec(config.folder, config.device)


def _dtype(name: str) -> torch.dtype:
    import torch

    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]
