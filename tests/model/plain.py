"""A plain reading of the released design: what the model is held against, in numbers, time and memory.

Written from its description, as a function of released names: one sample; the table of rotations made for every head in
complex128 and at every step; queries and keys turned in float64; six modulation tensors with a row for every token in
every block; one attention with a dense mask; router and experts over all target tokens at every timestep; two copies of all
tokens where audio enters; text, audio and motion embedded at every step.

As the released module trains, it needs no mask: stage 1 is one call, and stage 2 is two, of which the second projects keys
and values of the RGB tokens that it sees again. `masked=False` does that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.config import ModelConfig
from tests.model.plain_parts import THETA, State, attend, conv, gelu_pair, grid, linear, norm, rotation, spread

TABLE, CUTOFF = 1024, 900.0


@dataclass(frozen=True, eq=False)
class Step:
    """What every block needs: rows of `visible` are queries (S, S), and the HOI stream's tokens come last."""

    rotation: Tensor
    visible: Tensor
    masked: bool
    lengths: tuple[int, int, int]
    """Tokens of the target, which come first, of the other RGB parts, and of HOI."""
    noisy: tuple[Tensor, Tensor]
    clean: tuple[Tensor, Tensor]
    text: list[Tensor]
    timestep: Tensor


def plain_forward(
    state: State,
    config: ModelConfig,
    inputs: dict[str, Tensor],
    *,
    joint: bool,
    scale: float = 1.0,
    drop_motion: bool = False,
    masked: bool = True,
) -> dict[str, Tensor]:
    """Inputs and outputs under the released names, as of `released_io.released_forward`."""
    latents = inputs["latents"]
    frames, rows, columns = latents.shape[2] - 1, latents.shape[3] // 2, latents.shape[4] // 2
    tokens, step = prepare(state, config, inputs, joint=joint, scale=scale, drop_motion=drop_motion, masked=masked)
    audio = _audio(state, config, inputs["audio_embeds"], frames)
    outputs: dict[str, Tensor] = {}
    count = step.lengths[0]
    for block in range(config.layers):
        tokens, logits = plain_block(state, config, block, tokens, step)
        outputs[f"router.{block}"] = logits
        if block in config.audio_layers:
            tokens = _inject(state, config, config.audio_layers.index(block), tokens, audio, count, frames)
    video = _head(state, config, "head", tokens[:, :count], step.noisy[0], (frames, rows, columns))
    outputs["video"] = torch.cat((latents[:, :, :1], video), dim=2)
    if "depth_latents" in inputs:
        hoi, hoi_time = tokens[:, -step.lengths[2] :], _times(state, config, inputs["depth_timestep"])[0][0]
        outputs["depth"] = _head(state, config, "depth_head", hoi, hoi_time, (frames, rows, columns))
    return outputs


def prepare(
    state: State,
    config: ModelConfig,
    inputs: dict[str, Tensor],
    *,
    joint: bool,
    scale: float = 1.0,
    drop_motion: bool = False,
    masked: bool = True,
) -> tuple[Tensor, Step]:
    """The tokens that enter the first block, and what every block needs."""
    latents = inputs["latents"]
    person, target = latents[:, :, :1], latents[:, :, 1:]
    frames, rows, columns = target.shape[2], target.shape[3] // 2, target.shape[4] // 2
    pose = inputs.get("s2v_pose_latents", torch.zeros_like(target))
    kinds = state["trainable_cond_mask.weight"]
    parts = [(conv(state, "patch_embedding", target) + conv(state, "cond_encoder", pose) + kinds[0], "target")]
    places = [grid(range(frames), range(rows), range(columns))]
    parts.append((conv(state, "patch_embedding", person) + kinds[1], "person"))
    places.append(grid([30], range(rows), range(columns)))
    if "product_image_latents" in inputs:
        parts.append((conv(state, "patch_embedding", inputs["product_image_latents"]) + kinds[1], "product"))
        scaled = max(1, round(rows * scale)), max(1, round(columns * scale))
        places.append(grid([31], spread(scaled[0], rows), spread(scaled[1], columns)))
    if not drop_motion:
        motion = inputs["motion_latents"]
        for name, part, times, rate in (
            ("proj", motion[:, :, 18:], [-1], 1),
            ("proj_2x", motion[:, :, 16:18], [-3], 2),
            ("proj_4x", motion[:, :, :16], [-19, -14, -9, -4], 4),
        ):
            parts.append((conv(state, f"frame_packer.{name}", part) + kinds[2], "motion"))
            height, width = target.shape[3] // (2 * rate), target.shape[4] // (2 * rate)
            places.append(grid(times, spread(rows, height), spread(columns, width)))
    if "depth_latents" in inputs:
        hoi = conv(state, "depth_patch_embedding", inputs["depth_latents"])
        parts.append((hoi + state["depth_cond_mask.weight"][0], "hoi"))
        places.append(grid(range(frames), range(rows), range(TABLE - columns, TABLE)))

    of = [kind for part, kind in parts for _ in range(part.shape[1])]
    hoi_count, count = of.count("hoi"), of.count("target")
    noisy, clean = _times(state, config, inputs["timestep"])
    text = [_text(state, inputs["context"])]
    if hoi_count:
        text.append(_text(state, inputs["depth_context"]))
    step = Step(
        rotation=rotation(torch.cat(places), config.head_size, config.heads),
        visible=_visible(of, joint),
        masked=masked,
        lengths=(count, len(of) - count - hoi_count, hoi_count),
        noisy=noisy,
        clean=clean,
        text=text,
        timestep=inputs["timestep"],
    )
    return torch.cat([part for part, _ in parts], dim=1), step


def plain_block(state: State, config: ModelConfig, block: int, tokens: Tensor, step: Step) -> tuple[Tensor, Tensor]:
    """Tokens (1, S, D) after a block, and the router's logits."""
    name = f"blocks.{block}"
    shift, scale, gate, feed_shift, feed_scale, feed_gate = _modulation(state, name, step)
    seen = norm(tokens, config.eps) * (1 + scale) + shift
    tokens = tokens + gate * _self_attend(state, config, f"{name}.self_attn", seen, step)
    normed = functional.layer_norm(
        tokens, tokens.shape[-1:], state[f"{name}.norm3.weight"], state[f"{name}.norm3.bias"], config.eps
    )
    streams = normed.split((sum(step.lengths[:2]), step.lengths[2]), dim=1)
    crossed = [
        attend(state, config, f"{name}.cross_attn", own, text) for own, text in zip(streams, step.text, strict=False)
    ]
    tokens = tokens + torch.cat(crossed, dim=1)
    seen = norm(tokens, config.eps) * (1 + feed_scale) + feed_shift
    fed, logits = _feed_forward(state, f"{name}.ffn", seen, step.lengths[0], step.timestep)
    return tokens + feed_gate * fed, logits


def _modulation(state: State, name: str, step: Step) -> list[Tensor]:
    table = state[f"{name}.modulation"]
    kinds = [table + step.noisy[1], table + step.clean[1]]
    if step.lengths[2]:
        kinds.append(state[f"{name}.depth_modulation"] + step.clean[1])
    return [
        torch.cat(
            [kind[:, None, vector].expand(1, length, -1) for kind, length in zip(kinds, step.lengths, strict=False)],
            dim=1,
        )
        for vector in range(6)
    ]


def _self_attend(state: State, config: ModelConfig, name: str, tokens: Tensor, step: Step) -> Tensor:
    if step.masked or step.visible.all():
        mask = step.visible if step.masked else None
        return attend(state, config, name, tokens, tokens, step.rotation, step.rotation, mask)
    rgb, hoi = tokens.split((sum(step.lengths[:2]), step.lengths[2]), dim=1)
    rgb_rotation, hoi_rotation = step.rotation.split((rgb.shape[1], hoi.shape[1]))
    attended = [attend(state, config, name, rgb, rgb, rgb_rotation, rgb_rotation)]
    if step.lengths[2]:
        kinds, runs = torch.unique_consecutive(step.visible[-1], return_counts=True)
        keys = [part for part, kind in zip(tokens.split(runs.tolist(), dim=1), kinds, strict=True) if kind]
        rotation = step.rotation[step.visible[-1]]
        attended.append(attend(state, config, name, hoi, torch.cat(keys, dim=1), hoi_rotation, rotation))
    return torch.cat(attended, dim=1)


def _feed_forward(state: State, name: str, tokens: Tensor, count: int, timestep: Tensor) -> tuple[Tensor, Tensor]:
    out = gelu_pair(state, f"{name}.ffn_base.0", f"{name}.ffn_base.2", tokens)
    target = tokens[:, :count]
    hidden = functional.silu(linear(state, f"{name}.router.0", target.detach()))
    hidden = functional.layer_norm(
        hidden, hidden.shape[-1:], state[f"{name}.router.2.weight"], state[f"{name}.router.2.bias"]
    )
    logits = linear(state, f"{name}.router.3", hidden)
    _, hand, face = logits.softmax(-1).unbind(-1)
    routed = sum(
        weight[..., None] * gelu_pair(state, f"{name}.{expert}.fc1", f"{name}.{expert}.fc2", target)
        for weight, expert in ((hand, "hand_expert"), (face, "face_expert"))
    )
    share = float(timestep[0] < CUTOFF)
    return torch.cat((out[:, :count] + share * routed, out[:, count:]), dim=1), logits


def _inject(
    state: State,
    config: ModelConfig,
    number: int,
    tokens: Tensor,
    audio: tuple[Tensor, Tensor],
    count: int,
    frames: int,
) -> Tensor:
    pooled, local = audio
    framewise = tokens.clone()[:, :count].unflatten(1, (frames, -1))[0]
    modulation = linear(state, f"audio_injector.injector_adain_layers.{number}.linear", functional.silu(pooled[0]))
    shift, scale = modulation.chunk(2, dim=-1)
    seen = norm(framewise, 1e-5) * (1 + scale[:, None]) + shift[:, None]
    update = attend(state, config, f"audio_injector.injector.{number}", seen, local[0])
    changed = tokens.clone()
    changed[:, :count] += update.flatten(0, 1)[None]
    return changed


def _audio(state: State, config: ModelConfig, states: Tensor, frames: int) -> tuple[Tensor, Tensor]:
    name = "casual_audio_encoder"
    states = torch.cat((states[..., :1].repeat(1, 1, 1, 73), states), dim=-1)
    weights = functional.silu(state[f"{name}.weights"])
    mixed = (states * weights).sum(1) / weights.sum()

    def convolved(values: Tensor, conv: str, stride: int, tokens: int = 1) -> Tensor:
        weight, bias = state[f"{name}.encoder.{conv}.conv.weight"], state[f"{name}.encoder.{conv}.conv.bias"]
        made = functional.conv1d(functional.pad(values, (2, 0), mode="replicate"), weight, bias, stride)
        made = made.reshape(-1, made.shape[1] // tokens, made.shape[2]).transpose(1, 2)
        return functional.silu(norm(made, config.eps)).transpose(1, 2)

    def rest(values: Tensor) -> Tensor:
        return convolved(convolved(values, "conv2", 2), "conv3", 2).transpose(1, 2)[:, 19 : 19 + frames]

    local = rest(convolved(mixed, "conv1_local", 1, config.audio_tokens)).transpose(0, 1)[None]
    padding = state[f"{name}.encoder.padding_tokens"].expand(1, frames, 1, -1)
    pooled = linear(state, f"{name}.encoder.final_linear", rest(convolved(mixed, "conv1_global", 1)))
    return pooled, torch.cat((local, padding), dim=2)


def _head(
    state: State, config: ModelConfig, name: str, tokens: Tensor, time: Tensor, sizes: tuple[int, int, int]
) -> Tensor:
    shift, scale = (state[f"{name}.modulation"] + time[:, None]).chunk(2, dim=1)
    patches = linear(state, f"{name}.head", norm(tokens, config.eps) * (1 + scale) + shift)
    frames, rows, columns = sizes
    cells = patches.view(1, frames, rows, columns, 2, 2, config.latent_channels)
    return torch.einsum("bfhwyzc->bcfhywz", cells).reshape(1, config.latent_channels, frames, 2 * rows, 2 * columns)


def _times(state: State, config: ModelConfig, timestep: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    half = config.timestep_size // 2
    both = torch.cat((timestep.double(), torch.zeros(1, dtype=torch.float64)))
    angles = both[:, None] * torch.exp(-math.log(THETA) * torch.arange(half, dtype=torch.float64) / half)
    embedded = torch.cat((angles.cos(), angles.sin()), dim=1).float()
    embedded = linear(state, "time_embedding.2", functional.silu(linear(state, "time_embedding.0", embedded)))
    vectors = linear(state, "time_projection.1", functional.silu(embedded)).unflatten(1, (6, -1))
    return (embedded[:1], vectors[:1]), (embedded[1:], vectors[1:])


def _text(state: State, rows: Tensor) -> Tensor:
    return gelu_pair(state, "text_embedding.0", "text_embedding.2", rows)


def _visible(of: list[str], joint: bool) -> Tensor:
    hoi = torch.tensor([kind == "hoi" for kind in of])
    for_hoi = torch.tensor([kind in {"hoi", "target", "product"} for kind in of])
    visible = torch.where(hoi[:, None], for_hoi[None], ~hoi[None])
    return torch.ones_like(visible) if joint else visible
