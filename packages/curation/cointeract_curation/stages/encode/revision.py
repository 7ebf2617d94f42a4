"""What encoded features depend on besides code and configuration: codecs' versions, weights and libraries. Light to import.

Keys of the codecs without weights are stated here, since importing those codecs would import torch; a test compares them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.encode.config import EncodeConfig
from cointeract_model.codecs.config import Umt5Config, WanVaeConfig, Wav2Vec2Config
from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_model.codecs.weights import EXTRA, fingerprint, require_path

EMBEDDED_KEYS = {"block-dct": "block-dct-1", "hashed-text": "hashed-text-1", "log-mel": "log-mel-1"}
"""The part of a codec's key that isn't in the configuration."""

LIBRARIES = ("cointeract-model", "torch", "numpy")
"""What every codec computes with."""

CODEC_LIBRARIES = {"wan-vae": "diffusers", "umt5": "transformers", "wav2vec2": "transformers"}
"""What a codec needs besides: module and distribution have the same name."""


def libraries(config: EncodeConfig) -> tuple[str, ...]:
    """Distributions whose numbers the features depend on."""
    names = [codec.name for codec in (config.latents, config.text, config.audio)]
    return (*LIBRARIES, *sorted({CODEC_LIBRARIES[name] for name in names if name in CODEC_LIBRARIES}))


def revision(config: EncodeConfig) -> str:
    """Versions of libraries and codecs, and what tells weights apart.

    Raises:
        ConfigurationError: a library or weights are missing; the message says what to install or where they should lie.
    """
    parts = [distribution_version(*libraries(config))]
    for codec in (config.latents, config.text, config.audio):
        if isinstance(codec, WanVaeConfig | Umt5Config | Wav2Vec2Config):
            parts.append(f"{codec.name}:{_weights(codec)}")
        else:
            parts.append(EMBEDDED_KEYS[codec.name])
    return " ".join(parts)


def _weights(codec: WanVaeConfig | Umt5Config | Wav2Vec2Config) -> str:
    library = CODEC_LIBRARIES[codec.name]
    if find_spec(library) is None:
        raise ConfigurationError(
            f"encode: codec {codec.name} needs the library {library}; install it with pip install '{EXTRA}'"
        )
    try:
        for path in _paths(codec):
            require_path(path, codec.name, "the released weights; `cointeract doctor` tells how to fetch them")
        return fingerprint(*_paths(codec))
    except CodecUnavailableError as error:
        raise ConfigurationError(f"encode: {error}") from error


def _paths(codec: WanVaeConfig | Umt5Config | Wav2Vec2Config) -> list[Path]:
    if isinstance(codec, WanVaeConfig):
        return [codec.path] if codec.config is None else [codec.path, codec.config]
    if isinstance(codec, Umt5Config):
        return [codec.encoder, codec.tokenizer]
    return [codec.folder]
