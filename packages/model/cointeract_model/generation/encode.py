"""Second step: what a clip is conditioned on, encoded once and kept over all denoising steps."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.codecs.audio_input import fit_sound
from cointeract_model.codecs.joint import Phase, target_audio
from cointeract_model.codecs.text_rows import pad_rows
from cointeract_model.context import Context
from cointeract_model.flow.guidance import Condition, Guidance
from cointeract_model.generation.clips import sound_window
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.prepare import Prepared
from cointeract_model.generation.sound import Sound
from cointeract_model.inputs import Conditions, Text
from cointeract_shards.constants import SAMPLE_RATE, TARGET_FRAMES, audio_samples


@dataclass(frozen=True, eq=False)
class References:
    """What holds for all clips of a video.

    Attributes:
        person: (1, 16, 1, h, w) latents.
        product: likewise, or None.
        rows: of each prompt that is used, (1, R, text dim) with zero rows at the end.
    """

    person: Tensor
    product: Tensor | None
    rows: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class EncodedClip:
    """A clip, ready to be denoised.

    Attributes:
        contexts: the model's context for each forward pass that guidance needs.
        motion: (1, 16, 19, h, w) latents of the frames before it; None for the first clip.
    """

    contexts: dict[Condition, Context]
    motion: Tensor | None


@torch.inference_mode()
def encode_references(prepared: Prepared, parts: Parts) -> References:
    """Encode pictures and prompts of a video."""
    prompts = {parts.settings.negative_prompt, *prepared.request.prompts}
    if parts.settings.show_hoi:
        prompts |= {parts.model.switches.hoi_prompt_of(prompt) for prompt in prompts}
    return References(
        person=parts.latents.encode(prepared.person),
        product=None if prepared.product is None else parts.latents.encode(prepared.product),
        rows={prompt: pad_rows([parts.text.encode(prompt)], parts.text.max_tokens) for prompt in sorted(prompts)},
    )


@torch.inference_mode()
def encode_clip(
    clip: int, before: Tensor | None, prepared: Prepared, references: References, guidance: Guidance, parts: Parts
) -> EncodedClip:
    """Contexts of one clip.

    Args:
        clip: its number, from 0.
        before: (1, 3, 73, H, W) frames before it; None for the first clip.
        prepared: the request.
        references: of the video.
        guidance: which forward passes there are; only theirs are encoded.
        parts: model and codecs.
    """
    motion = None if before is None else parts.latents.encode(before)
    audio = clip_audio(clip, prepared.sound, parts)
    prompt, negative = prepared.request.prompt_of(clip), parts.settings.negative_prompt
    contexts = {}
    for condition in guidance.weights:
        said = prompt if condition is Condition.BOTH else negative
        heard = torch.zeros_like(audio) if condition is Condition.NONE else audio
        contexts[condition] = parts.model.encode(_conditions(said, heard, motion, prepared, references, parts))
    return EncodedClip(contexts, motion)


def clip_audio(clip: int, sound: Sound, parts: Parts) -> Tensor:
    """Features (1, layers, dim, 80) of the frames that the clip makes. Before the sound and after it lies silence."""
    begin, end = (frame * audio_samples(1) for frame in sound_window(clip))
    samples = torch.from_numpy(sound.samples[max(begin, 0) : end])
    window = fit_sound(functional.pad(samples, (max(-begin, 0), 0)), TARGET_FRAMES)
    features = parts.audio.encode(window, SAMPLE_RATE, TARGET_FRAMES)
    phase = Phase(str(parts.settings.phase))
    return target_audio(features, with_motion=clip > 0, phase=phase)[None]


def _conditions(
    prompt: str, audio: Tensor, motion: Tensor | None, prepared: Prepared, references: References, parts: Parts
) -> Conditions:
    def placed(tensor: Tensor) -> Tensor:
        return tensor.to(parts.device, parts.dtype)

    hoi = parts.model.switches.hoi_prompt_of(prompt) if parts.settings.show_hoi else None
    product = references.product
    return Conditions(
        person=placed(references.person),
        text=Text(placed(references.rows[prompt])),
        audio=placed(audio),
        product=None if product is None else placed(product),
        motion=None if motion is None else placed(motion),
        hoi_text=None if hoi is None else Text(placed(references.rows[hoi])),
        product_scale=None if product is None else (prepared.request.product_scale,),
    )
