"""Small models with every parameter random, and conditions to feed them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cointeract_model.config import ModelConfig, tiny
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.switches import Switches, paper
from cointeract_model.transformer import Transformer

FRAMES, HEIGHT, WIDTH = 2, 8, 8
PARAMETER_SCALE = 0.2


@dataclass(frozen=True)
class Case:
    """What a sample has."""

    motion: bool = True
    product: bool = True
    pose: bool = True
    hoi: bool = True
    text_rows: int = 5
    timestep: float = 500.0
    scale: float = 1.0
    frames: int = FRAMES
    height: int = HEIGHT
    width: int = WIDTH


def random_model(
    switches: Switches | None = None,
    config: ModelConfig | None = None,
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Transformer:
    """A tiny model; zero-initialised parameters are random too, so that every part shows in the output."""
    model = Transformer(config or tiny(), switches or paper())
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * PARAMETER_SCALE)
        for name, parameter in model.named_parameters():
            if ".norm_" in name or "_norm.weight" in name or "state_weights" in name:
                parameter.add_(1)
    return model.to(dtype).eval()


def random_inputs(case: Case, config: ModelConfig | None = None, *, seed: int = 0) -> tuple[Conditions, NoisyLatents]:
    """One sample."""
    config = config or tiny()
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    def latents(frames: int) -> Tensor:
        return normal(1, config.latent_channels, frames, case.height, case.width)

    # Everything is drawn, so that leaving a part out changes nothing else.
    person, product, motion, pose = latents(1), latents(1), latents(19), latents(case.frames)
    target, hoi = latents(case.frames), latents(case.frames)
    audio = normal(1, config.audio_states, config.audio_size, 4 * case.frames)
    text, hoi_text = normal(1, case.text_rows, config.text_size), normal(1, case.text_rows + 1, config.text_size)
    conditions = Conditions(
        person=person,
        text=Text(text),
        audio=audio,
        product=product if case.product else None,
        motion=motion if case.motion else None,
        pose=pose if case.pose else None,
        hoi_text=Text(hoi_text) if case.hoi else None,
        product_scale=(case.scale,) if case.product else None,
    )
    return conditions, NoisyLatents(target, torch.tensor([case.timestep]), hoi if case.hoi else None)


def released_inputs(conditions: Conditions, noisy: NoisyLatents) -> dict[str, Tensor]:
    """The same sample under the released names."""
    inputs = {
        "latents": torch.cat((conditions.person, noisy.target), dim=2),
        "timestep": noisy.timestep,
        "context": conditions.text.rows,
        "audio_embeds": conditions.audio,
        "motion_latents": conditions.motion,
        "product_image_latents": conditions.product,
        "s2v_pose_latents": conditions.pose,
    }
    if conditions.hoi_text is not None:
        inputs |= {
            "depth_latents": noisy.hoi,
            "depth_context": conditions.hoi_text.rows,
            "depth_timestep": noisy.timestep,
        }
    return {name: value for name, value in inputs.items() if value is not None}


def without_hoi(conditions: Conditions, noisy: NoisyLatents) -> tuple[Conditions, NoisyLatents]:
    """The same sample as if there were no HOI stream."""
    return replace(conditions, hoi_text=None), replace(noisy, hoi=None)
