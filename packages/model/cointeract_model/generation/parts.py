"""The model and the codecs that a generation uses: loaded once, for one video or a whole batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from cointeract_model.checkpoints.load import load_model
from cointeract_model.codecs.build import build_audio_codec, build_latent_codec, build_text_codec
from cointeract_model.codecs.protocols import AudioCodec, LatentCodec, TextCodec
from cointeract_model.config import ModelConfig, tiny
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.settings import TINY, GenerationSettings
from cointeract_model.switches import paper, release
from cointeract_model.transformer import Transformer

PRESETS = {"paper": paper, "release": release}
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}

TINY_SEED = 0
TINY_DEVIATION = 0.2
"""Of the weights that a new model starts at zero. With them at zero no condition would reach the output."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What makes videos, and the settings with nothing left open."""

    model: Transformer
    latents: LatentCodec
    text: TextCodec
    audio: AudioCodec
    settings: GenerationSettings

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return torch.device(str(self.settings.device))

    @property
    def dtype(self) -> torch.dtype:
        """What the model computes in; noisy latents stay in float32."""
        return DTYPES[str(self.settings.dtype)]


def load_parts(settings: GenerationSettings) -> Parts:
    """Load codecs and model, and settle what the settings left open.

    Raises:
        GenerationError: there is no such device, or model and codecs don't fit together.
        CheckpointError: there is no such model, or its weights are damaged or another model's.
        CodecUnavailableError: a codec's library or weights are missing.
    """
    placed = settings.placed(gpu=torch.cuda.is_available())
    _check_device(str(placed.device))
    text, audio = build_text_codec(placed.codecs.text), build_audio_codec(placed.codecs.audio)
    latents = build_latent_codec(placed.codecs.latents)
    model = _model(placed, text, audio).eval()
    _check_fit(model.config, latents, text, audio)
    if placed.show_hoi and not model.config.hoi:
        raise GenerationError("show_hoi is set, but the model was built without an HOI stream: leave it out")
    return Parts(model, latents, text, audio, placed.resolved(model.switches))


def tiny_model(settings: GenerationSettings, text: TextCodec, audio: AudioCodec) -> Transformer:
    """The tiny model with inputs of the codecs' sizes. Untrained, and equal each time; every condition reaches the output."""
    config = tiny(text_size=text.dim, audio_size=audio.dim).model_copy(update={"audio_states": audio.layers})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(TINY_SEED)
        model = Transformer(config, PRESETS[settings.preset or "paper"]())
        for name, parameter in model.named_parameters():
            if not name.endswith("bias") and not bool(parameter.detach().any()):
                nn.init.normal_(parameter, std=TINY_DEVIATION)
    return model


def _model(settings: GenerationSettings, text: TextCodec, audio: AudioCodec) -> Transformer:
    device, dtype = str(settings.device), DTYPES[str(settings.dtype)]
    if settings.model == TINY:
        return tiny_model(settings, text, audio).to(device, dtype)
    switches = None if settings.preset is None else PRESETS[settings.preset]()
    base = None if settings.base is None else Path(settings.base)
    return load_model(Path(settings.model), base=base, switches=switches, device=device, dtype=dtype)


def _check_device(device: str) -> None:
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # PyTorch asserts where it was built without the device
        raise GenerationError(
            f"device is {device!r}, which can't be used here ({error}): give cpu or another one"
        ) from error


def _check_fit(config: ModelConfig, latents: LatentCodec, text: TextCodec, audio: AudioCodec) -> None:
    for what, needed, given, codec in (
        ("channels of latents", config.latent_channels, latents.channels, latents.name),
        ("numbers in a row of text", config.text_size, text.dim, text.name),
        ("feature vectors of a frame of sound", config.audio_states, audio.layers, audio.name),
        ("numbers in a feature vector of sound", config.audio_size, audio.dim, audio.name),
    ):
        if needed != given:
            raise GenerationError(
                f"the model needs {needed} {what}, but {codec} makes {given}: choose the codec that the model was trained "
                "with, or its options, under `codecs`"
            )
