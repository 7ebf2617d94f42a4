"""The released module's inputs and outputs on our model: how its weights and numbers are checked against ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cointeract_model import switches as presets
from cointeract_model.checkpoints.names import from_released
from cointeract_model.config import ModelConfig
from cointeract_model.inputs import Conditions, NoisyLatents, Text
from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer

_FIELDS = {
    "dim": "hidden_size",
    "num_heads": "heads",
    "ffn_dim": "feed_forward_size",
    "num_layers": "layers",
    "audio_inject_layers": "audio_layers",
    "text_dim": "text_size",
    "audio_dim": "audio_size",
    "expert_hidden_dim": "expert_size",
    "freq_dim": "timestep_size",
    "eps": "eps",
    "in_channels": "latent_channels",
    "num_audio_token": "audio_tokens",
}
"""The released module's arguments to fields of `ModelConfig`."""


def released_config(arguments: Mapping[str, Any], *, hoi: bool = True) -> ModelConfig:
    """Our dimensions from the released module's arguments; `patch_size` is always 1 x 2 x 2 and left out."""
    known = {_FIELDS[name]: value for name, value in arguments.items() if name != "patch_size"}
    return ModelConfig.model_validate({"expert_size": None, **known, "hoi": hoi})


def released_model(config: ModelConfig, state: Mapping[str, Tensor]) -> Transformer:
    """A model of the preset `release` with a whole state dict of released names, ready to evaluate.

    Raises:
        TensorNameError: a tensor of another model.
        RuntimeError: a tensor is missing, or has another shape.
    """
    model = Transformer(config, presets.release())
    model.load_state_dict(from_released(state, config.audio_layers))
    return model.eval()


def released_forward(
    model: Transformer,
    inputs: Mapping[str, Tensor],
    *,
    stage: Stage,
    product_scale: float = 1.0,
    drop_motion: bool = False,
) -> dict[str, Tensor]:
    """One forward pass, with names and layouts of the released function.

    Args:
        model: any transformer.
        inputs: `latents` (B, C, 1 + T, h, w) with the person reference first; `timestep` (B,); `context` (B, L, text);
            `audio_embeds` (B, states, features, F); `motion_latents`; optionally `product_image_latents`,
            `s2v_pose_latents`, and for HOI `depth_latents`, `depth_context` (else `context`), `depth_timestep`
            (else `timestep`).
        stage: whether the streams see one another.
        product_scale: of every sample.
        drop_motion: leave the motion out, as for the first clip of a video.

    Returns:
        `video` (B, C, 1 + T, h, w) with the person reference first, `depth` (B, C, T, h, w) where there is HOI, and
        `router.N` (B, T h/2 w/2, 3) for each block of a model with a router.
    """
    latents = inputs["latents"]
    person, target = latents[:, :, :1], latents[:, :, 1:]
    product = inputs.get("product_image_latents")
    conditions = Conditions(
        person=person,
        text=Text(inputs["context"]),
        audio=inputs["audio_embeds"],
        product=product,
        motion=None if drop_motion else inputs.get("motion_latents"),
        pose=inputs.get("s2v_pose_latents"),
        hoi_text=Text(inputs.get("depth_context", inputs["context"])) if "depth_latents" in inputs else None,
        product_scale=None if product is None else (product_scale,) * len(latents),
    )
    noisy = NoisyLatents(target, inputs["timestep"], inputs.get("depth_latents"), inputs.get("depth_timestep"))
    prediction = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    outputs = {"video": torch.cat((person, prediction.velocity.to(person.dtype)), dim=2)}
    if prediction.hoi_velocity is not None:
        outputs["depth"] = prediction.hoi_velocity
    outputs |= {f"router.{block}": logits for block, logits in enumerate(prediction.router_logits)}
    return outputs
