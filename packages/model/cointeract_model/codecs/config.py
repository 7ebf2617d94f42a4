"""Which codec of each kind to use, with its options. Light to import: neither torch nor a codec's library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Dtype = Literal["float32", "bfloat16"]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlockDctConfig(_Options):
    """Latents without weights: cosine coefficients of blocks. Module `block_dct`."""

    name: Literal["block-dct"] = "block-dct"


class WanVaeConfig(_Options):
    """Latents of the released model. Module `wan_vae`; needs the extra `wan`."""

    name: Literal["wan-vae"] = "wan-vae"
    path: Path = Field(description="folder of the diffusers library (`vae`), or Wan2.1_VAE.pth")
    config: Path | None = Field(default=None, description="folder with config.json for a .pth of other dimensions")
    dtype: Dtype = Field(default="float32", description="what it computes in")
    tiling: bool = Field(default=False, description="overlapping tiles: less memory, slightly other latents")
    device: str = Field(default="cpu", description="such as `cpu`, `cuda` or `cuda:1`")


class HashedTextConfig(_Options):
    """Text without weights: hashes of words and their pieces. Module `hashed_text`."""

    name: Literal["hashed-text"] = "hashed-text"
    dim: int = Field(default=64, ge=8, description="length of a row; the model's text dimension")
    max_tokens: int = Field(default=512, ge=1, description="rows of a prompt at most")


class Umt5Config(_Options):
    """Text features of the released model. Module `umt5`; needs the extra `wan`."""

    name: Literal["umt5"] = "umt5"
    encoder: Path = Field(
        description="folder of the transformers library (`text_encoder`), or models_t5_umt5-xxl-enc-bf16.pth"
    )
    tokenizer: Path = Field(description="folder with the tokenizer's files (`tokenizer`, `google/umt5-xxl`)")
    dtype: Dtype = Field(default="bfloat16", description="what it computes in")
    device: str = Field(default="cpu", description="such as `cpu`, `cuda` or `cuda:1`")


class LogMelConfig(_Options):
    """Sound without weights: log-mel spectra. Module `log_mel`. Features are (layers, stack * bands) a frame."""

    name: Literal["log-mel"] = "log-mel"
    layers: int = Field(default=4, ge=1, description="feature vectors of a frame")
    bands: int = Field(default=32, ge=1, description="mel bands of a window")
    stack: int = Field(default=1, ge=1, description="windows in a feature vector")
    hop: int = Field(default=160, ge=1, description="samples between windows")


class Wav2Vec2Config(_Options):
    """Audio features of the released model. Module `wav2vec2`; needs the extra `wan`."""

    name: Literal["wav2vec2"] = "wav2vec2"
    folder: Path = Field(description="folder of the transformers library, such as wav2vec2-large-xlsr-53-chinese-zh-cn")
    device: str = Field(default="cpu", description="such as `cpu`, `cuda` or `cuda:1`")


LatentCodecConfig = Annotated[BlockDctConfig | WanVaeConfig, Field(discriminator="name")]
TextCodecConfig = Annotated[HashedTextConfig | Umt5Config, Field(discriminator="name")]
AudioCodecConfig = Annotated[LogMelConfig | Wav2Vec2Config, Field(discriminator="name")]


class CodecsConfig(_Options):
    """One codec of each kind. The defaults need no weights."""

    latents: LatentCodecConfig = BlockDctConfig()
    text: TextCodecConfig = HashedTextConfig()
    audio: AudioCodecConfig = LogMelConfig()
