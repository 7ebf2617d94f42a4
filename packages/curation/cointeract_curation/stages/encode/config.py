"""Configuration of the stage `encode`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from cointeract_curation.core.stage import StageConfig
from cointeract_model.codecs.config import (
    AudioCodecConfig,
    BlockDctConfig,
    HashedTextConfig,
    LatentCodecConfig,
    LogMelConfig,
    TextCodecConfig,
    Umt5Config,
    WanVaeConfig,
    Wav2Vec2Config,
)
from cointeract_shards import members
from cointeract_shards.buckets import Bucket
from cointeract_shards.encoded import HoiPhase, latents_name
from cointeract_shards.tensor_file import StoredDtype

SMALLEST_SIDE = 64
"""Pixels of a side: the coarsest packing of motion takes eight cells of eight pixels."""

DEVICES = ("cpu", "cuda")

LATENTS_FILE, TEXT_FILE, AUDIO_FILE = "latents.safetensors", "text.safetensors", "audio.safetensors"
"""What the stage writes; members of a sample are named after codecs and bucket."""


def _bucket(value: object) -> object:
    return Bucket.parse(value) if isinstance(value, str) else value


class EncodeConfig(StageConfig):
    """What is encoded, with what, at which size."""

    latents: LatentCodecConfig = BlockDctConfig()
    text: TextCodecConfig = HashedTextConfig()
    audio: AudioCodecConfig = LogMelConfig()
    buckets: tuple[Annotated[Bucket, BeforeValidator(_bucket)], ...] = Field(
        default=(Bucket(width=240, height=416), Bucket(width=416, height=240)), min_length=1
    )
    """Training sizes, `240x416` each, width first: a clip takes the nearest (`cointeract_shards.buckets.nearest_bucket`)."""
    dtype: StoredDtype = "float16"
    """What features are stored in."""
    hoi_phase: HoiPhase = "aligned"
    """Which frames HOI and pose latents cover: the target's, or as the released code has it."""
    hoi_prompt: Literal["template", "template_and_prompt"] = "template_and_prompt"
    """The HOI stream's text, as the training's switch of that name has it: `template` for the preset `paper`."""
    pose: bool = False
    """Encode `pose.mp4`, too; the recipe needs the stage `pose`."""
    product_scale: float = Field(default=1.0, gt=0)
    """Share of the picture over which the product's positions are spread."""
    loudness: float | None = Field(default=-23.0, le=0)
    """LUFS that the sound is brought to before it is encoded, as in generation; null: as it is."""
    gpu_share: float = Field(default=1.0, gt=0, le=1)
    """Share of a GPU that a worker takes where a codec computes on one; half lets two workers take turns with decoding."""

    @model_validator(mode="after")
    def _fits_workers(self) -> EncodeConfig:
        for bucket in self.buckets:
            if min(bucket.width, bucket.height) < SMALLEST_SIDE:
                raise ValueError(
                    f"bucket {bucket} is too small for motion; give sides of at least {SMALLEST_SIDE} pixels"
                )
        for role, device in self.devices.items():
            if device not in DEVICES:
                raise ValueError(
                    f"{role}.device is {device!r}; give {' or '.join(DEVICES)}: which GPU a worker has is the engine's to say"
                )
        return self

    @property
    def devices(self) -> dict[str, str]:
        """Where each codec computes; those without weights always on a CPU."""
        chosen = {"latents": self.latents, "text": self.text, "audio": self.audio}
        return {
            role: codec.device if isinstance(codec, WanVaeConfig | Umt5Config | Wav2Vec2Config) else "cpu"
            for role, codec in chosen.items()
        }

    def members(self, bucket: Bucket) -> dict[str, str]:
        """Which of the stage's files becomes which member of a sample at a bucket: file by member."""
        return {
            latents_name(self.latents.name, bucket): LATENTS_FILE,
            members.text_member(self.text.name): TEXT_FILE,
            members.audio_member(self.audio.name): AUDIO_FILE,
        }
