"""A plain reading of the released design: what the model is held against, in numbers, time and memory.

Written from its description, as a function of released names: one sample; the table of rotations made for every head in
complex128 and at every step; six modulation vectors for every token; one attention with a dense mask; router and experts
over all target tokens at every timestep; text, audio and motion embedded at every step.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from cointeract_model.config import ModelConfig

State = dict[str, Tensor]
THETA, TABLE, CUTOFF = 10_000.0, 1024, 900.0


def plain_forward(
    state: State,
    config: ModelConfig,
    inputs: dict[str, Tensor],
    *,
    joint: bool,
    scale: float = 1.0,
    drop_motion: bool = False,
) -> dict[str, Tensor]:
    """Inputs and outputs under the released names, as of `released_io.released_forward`."""
    latents, timestep = inputs["latents"], inputs["timestep"]
    person, target = latents[:, :, :1], latents[:, :, 1:]
    frames, rows, columns = target.shape[2], target.shape[3] // 2, target.shape[4] // 2
    pose = inputs.get("s2v_pose_latents", torch.zeros_like(target))
    kinds = state["trainable_cond_mask.weight"]
    parts = [(_conv(state, "patch_embedding", target) + _conv(state, "cond_encoder", pose) + kinds[0], "target")]
    places = [_grid(range(frames), range(rows), range(columns))]
    parts.append((_conv(state, "patch_embedding", person) + kinds[1], "person"))
    places.append(_grid([30], range(rows), range(columns)))
    if "product_image_latents" in inputs:
        parts.append((_conv(state, "patch_embedding", inputs["product_image_latents"]) + kinds[1], "product"))
        scaled = max(1, round(rows * scale)), max(1, round(columns * scale))
        places.append(_grid([31], _spread(scaled[0], rows), _spread(scaled[1], columns)))
    if not drop_motion:
        motion = inputs["motion_latents"]
        for name, part, times, rate in (
            ("proj", motion[:, :, 18:], [-1], 1),
            ("proj_2x", motion[:, :, 16:18], [-3], 2),
            ("proj_4x", motion[:, :, :16], [-19, -14, -9, -4], 4),
        ):
            parts.append((_conv(state, f"frame_packer.{name}", part) + kinds[2], "motion"))
            height, width = target.shape[3] // (2 * rate), target.shape[4] // (2 * rate)
            places.append(_grid(times, _spread(rows, height), _spread(columns, width)))
    if "depth_latents" in inputs:
        hoi = _conv(state, "depth_patch_embedding", inputs["depth_latents"])
        parts.append((hoi + state["depth_cond_mask.weight"][0], "hoi"))
        places.append(_grid(range(frames), range(rows), range(TABLE - columns, TABLE)))

    tokens = torch.cat([part for part, _ in parts], dim=1)
    of = [kind for part, kind in parts for _ in range(part.shape[1])]
    rotation = _rotation(torch.cat(places), config.head_size, config.heads)
    mask = _mask(of, joint)
    count = parts[0][0].shape[1]
    is_hoi = torch.tensor([kind == "hoi" for kind in of])
    noisy, clean = _times(state, config, timestep)
    vectors = torch.where((torch.arange(len(of)) < count)[None, :, None, None], noisy[1][:, None], clean[1][:, None])
    text = [_text(state, inputs["context"])]
    if "depth_latents" in inputs:
        text.append(_text(state, inputs["depth_context"]))
    audio = _audio(state, config, inputs["audio_embeds"], frames)
    outputs: dict[str, Tensor] = {}
    for block in range(config.layers):
        tokens, logits = _block(state, config, block, tokens, vectors, is_hoi, rotation, mask, text, count, timestep)
        outputs[f"router.{block}"] = logits
        if block in config.audio_layers:
            tokens = _inject(state, config, config.audio_layers.index(block), tokens, audio, count, frames)
    video = _head(state, config, "head", tokens[:, :count], noisy[0], (frames, rows, columns))
    outputs["video"] = torch.cat((person, video), dim=2)
    if "depth_latents" in inputs:
        hoi_time = _times(state, config, inputs["depth_timestep"])[0][0]
        outputs["depth"] = _head(state, config, "depth_head", tokens[:, is_hoi], hoi_time, (frames, rows, columns))
    return outputs


def _block(
    state: State,
    config: ModelConfig,
    block: int,
    tokens: Tensor,
    vectors: Tensor,
    is_hoi: Tensor,
    rotation: Tensor,
    mask: Tensor,
    text: list[Tensor],
    count: int,
    timestep: Tensor,
) -> tuple[Tensor, Tensor]:
    name = f"blocks.{block}"
    table = state[f"{name}.modulation"]
    if is_hoi.any():
        table = torch.where(is_hoi[None, :, None, None], state[f"{name}.depth_modulation"][:, None], table[:, None])
    else:
        table = table[:, None]
    shift, scale, gate, feed_shift, feed_scale, feed_gate = (table + vectors).unbind(2)
    seen = _norm(tokens, config.eps) * (1 + scale) + shift
    tokens = tokens + gate * _attend(state, config, f"{name}.self_attn", seen, seen, rotation, mask)
    normed = functional.layer_norm(
        tokens, tokens.shape[-1:], state[f"{name}.norm3.weight"], state[f"{name}.norm3.bias"], config.eps
    )
    crossed = torch.zeros_like(tokens)
    for rows, own in zip((~is_hoi, is_hoi), text, strict=False):
        crossed[:, rows] = _attend(state, config, f"{name}.cross_attn", normed[:, rows], own)
    tokens = tokens + crossed
    seen = _norm(tokens, config.eps) * (1 + feed_scale) + feed_shift
    fed, logits = _feed_forward(state, f"{name}.ffn", seen, count, timestep)
    return tokens + feed_gate * fed, logits


def _feed_forward(state: State, name: str, tokens: Tensor, count: int, timestep: Tensor) -> tuple[Tensor, Tensor]:
    out = _gelu_pair(state, f"{name}.ffn_base.0", f"{name}.ffn_base.2", tokens)
    target = tokens[:, :count]
    hidden = functional.silu(_linear(state, f"{name}.router.0", target.detach()))
    hidden = functional.layer_norm(
        hidden, hidden.shape[-1:], state[f"{name}.router.2.weight"], state[f"{name}.router.2.bias"]
    )
    logits = _linear(state, f"{name}.router.3", hidden)
    _, hand, face = logits.softmax(-1).unbind(-1)
    routed = sum(
        weight[..., None] * _gelu_pair(state, f"{name}.{expert}.fc1", f"{name}.{expert}.fc2", target)
        for weight, expert in ((hand, "hand_expert"), (face, "face_expert"))
    )
    share = float(timestep[0] < CUTOFF)
    return torch.cat((out[:, :count] + share * routed, out[:, count:]), dim=1), logits


def _attend(
    state: State,
    config: ModelConfig,
    name: str,
    tokens: Tensor,
    context: Tensor,
    rotation: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    query = _rms(_linear(state, f"{name}.q", tokens), state[f"{name}.norm_q.weight"], config.eps)
    key = _rms(_linear(state, f"{name}.k", context), state[f"{name}.norm_k.weight"], config.eps)
    value = _linear(state, f"{name}.v", context)
    query, key, value = (part.unflatten(2, (config.heads, -1)) for part in (query, key, value))
    if rotation is not None:
        query, key = _rotated(query, rotation), _rotated(key, rotation)
    query, key, value = (part.transpose(1, 2) for part in (query, key, value))
    attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return _linear(state, f"{name}.o", attended.transpose(1, 2).flatten(2))


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
    framewise = tokens[:, :count].unflatten(1, (frames, -1))[0]
    modulation = _linear(state, f"audio_injector.injector_adain_layers.{number}.linear", functional.silu(pooled[0]))
    shift, scale = modulation.chunk(2, dim=-1)
    seen = _norm(framewise, 1e-5) * (1 + scale[:, None]) + shift[:, None]
    update = _attend(state, config, f"audio_injector.injector.{number}", seen, local[0])
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
        return functional.silu(_norm(made, config.eps)).transpose(1, 2)

    def rest(values: Tensor) -> Tensor:
        return convolved(convolved(values, "conv2", 2), "conv3", 2).transpose(1, 2)[:, 19 : 19 + frames]

    local = rest(convolved(mixed, "conv1_local", 1, config.audio_tokens)).transpose(0, 1)[None]
    padding = state[f"{name}.encoder.padding_tokens"].expand(1, frames, 1, -1)
    pooled = _linear(state, f"{name}.encoder.final_linear", rest(convolved(mixed, "conv1_global", 1)))
    return pooled, torch.cat((local, padding), dim=2)


def _head(
    state: State, config: ModelConfig, name: str, tokens: Tensor, time: Tensor, sizes: tuple[int, int, int]
) -> Tensor:
    shift, scale = (state[f"{name}.modulation"] + time[:, None]).chunk(2, dim=1)
    patches = _linear(state, f"{name}.head", _norm(tokens, config.eps) * (1 + scale) + shift)
    frames, rows, columns = sizes
    cells = patches.view(1, frames, rows, columns, 2, 2, config.latent_channels)
    return torch.einsum("bfhwyzc->bcfhywz", cells).reshape(1, config.latent_channels, frames, 2 * rows, 2 * columns)


def _times(state: State, config: ModelConfig, timestep: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    half = config.timestep_size // 2
    both = torch.cat((timestep.double(), torch.zeros(1, dtype=torch.float64)))
    angles = both[:, None] * torch.exp(-math.log(THETA) * torch.arange(half, dtype=torch.float64) / half)
    embedded = torch.cat((angles.cos(), angles.sin()), dim=1).float()
    embedded = _linear(state, "time_embedding.2", functional.silu(_linear(state, "time_embedding.0", embedded)))
    vectors = _linear(state, "time_projection.1", functional.silu(embedded)).unflatten(1, (6, -1))
    return (embedded[:1], vectors[:1]), (embedded[1:], vectors[1:])


def _text(state: State, rows: Tensor) -> Tensor:
    return _gelu_pair(state, "text_embedding.0", "text_embedding.2", rows)


def _mask(of: list[str], joint: bool) -> Tensor:
    hoi = torch.tensor([kind == "hoi" for kind in of])
    for_hoi = torch.tensor([kind in {"hoi", "target", "product"} for kind in of])
    mask = torch.where(hoi[:, None], for_hoi[None], ~hoi[None])
    return torch.ones_like(mask) if joint else mask


def _spread(extent: int, count: int) -> list[int]:
    """`count` whole numbers from 0 to `extent - 1`, truncated."""
    return [int(index * (extent - 1) / (count - 1)) if count > 1 else 0 for index in range(count)]


def _grid(times: object, rows: object, columns: object) -> Tensor:
    return torch.cartesian_prod(*(torch.tensor(list(axis), dtype=torch.float64) for axis in (times, rows, columns)))


def _rotation(places: Tensor, head: int, heads: int) -> Tensor:
    """(S, heads, head / 2), complex128."""
    turns = []
    for axis, pairs in enumerate((head // 2 - 2 * (head // 6), head // 6, head // 6)):
        frequency = 1 / THETA ** (torch.arange(pairs, dtype=torch.float64) / pairs)
        turns.append(torch.polar(torch.ones(1, dtype=torch.float64), places[:, axis, None] * frequency))
    return torch.cat(turns, dim=1)[:, None].repeat(1, heads, 1)


def _rotated(heads: Tensor, rotation: Tensor) -> Tensor:
    pairs = torch.view_as_complex(heads.double().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * rotation).flatten(-2).to(heads.dtype)


def _conv(state: State, name: str, latents: Tensor) -> Tensor:
    weight = state[f"{name}.weight"]
    return functional.conv3d(latents, weight, state[f"{name}.bias"], weight.shape[2:]).flatten(2).transpose(1, 2)


def _linear(state: State, name: str, values: Tensor) -> Tensor:
    return functional.linear(values, state[f"{name}.weight"], state[f"{name}.bias"])


def _gelu_pair(state: State, first: str, second: str, values: Tensor) -> Tensor:
    return _linear(state, second, functional.gelu(_linear(state, first, values), approximate="tanh"))


def _norm(values: Tensor, eps: float) -> Tensor:
    return functional.layer_norm(values, values.shape[-1:], eps=eps)


def _rms(values: Tensor, weight: Tensor, eps: float) -> Tensor:
    return values * torch.rsqrt(values.pow(2).mean(-1, keepdim=True) + eps) * weight
