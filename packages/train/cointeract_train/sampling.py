"""A held-out clip, denoised from noise by the model as it is, and what there is to see of it beside the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cointeract_model.codecs.joint import decode_hoi, decode_with_motion, decode_without_motion
from cointeract_model.codecs.protocols import LatentCodec
from cointeract_model.flow.euler import EulerSolver
from cointeract_model.flow.latents import Latents, draw_noise, seeded
from cointeract_model.flow.schedule import FlowSchedule
from cointeract_model.flow.solver import denoise
from cointeract_model.generation.decode import Frames, as_bytes
from cointeract_model.generation.sheet import Sheet
from cointeract_model.generation.sound import TRACK_RATE
from cointeract_model.generation.views import coloured, side_by_side
from cointeract_model.generation.write import VideoFile
from cointeract_model.inputs import NoisyLatents
from cointeract_model.routing_maps import routing_maps
from cointeract_model.switches import Stage
from cointeract_model.transformer import Transformer
from cointeract_shards.constants import FPS, VAE_TEMPORAL_STRIDE
from cointeract_train.batch import Stacked, conditions_to

SHEET, VIDEO = ".png", ".mp4"


@torch.no_grad()
def sampled_panels(
    model: Transformer, stacked: Stacked, codec: LatentCodec, *, steps: int, stage: Stage
) -> dict[str, Frames]:
    """Denoise both streams of one clip, without guidance, from the noise of the example's seed.

    Args:
        model: on its device.
        stacked: one example.
        codec: of the latents.
        steps: of the solver, at the model's shift of sampling.
        stage: how the streams see one another.

    Returns:
        (80, H, W, 3) frames by name: `real` and `rgb`; where the clip has them `real hoi` and `hoi`; `routing`, the
        generated frames with the router's head and hand at the last step, for a model with experts.
    """
    device = next(model.parameters()).device
    conditions = conditions_to(stacked.conditions, device)
    context = model.encode(conditions)
    schedule = FlowSchedule.shifted(steps, model.switches.sampling_shift)
    last, experts = float(schedule.timesteps[-1]), model.config.expert_size is not None
    routing: list[tuple[Tensor, ...]] = []

    def velocity(latents: Latents, timestep: float) -> Latents:
        noisy = NoisyLatents(latents[0], torch.tensor([timestep]), latents[1] if len(latents) > 1 else None)
        watched = experts and timestep == last
        prediction = model(noisy, context, stage=stage, router_logits=watched)
        if watched:
            routing.append(prediction.router_logits)
        hoi = prediction.hoi_velocity
        return (prediction.velocity,) if hoi is None else (prediction.velocity, hoi)

    noise = tuple(stream.to(device) for stream in draw_noise(stacked.clean, seeded(stacked.seeds)))
    made = tuple(stream.cpu() for stream in denoise(velocity, noise, schedule, EulerSolver()))
    shown = {"real": _decoded(codec, stacked, stacked.clean[0]), "rgb": _decoded(codec, stacked, made[0])}
    if len(made) > 1:
        shown |= {"real hoi": _bytes(decode_hoi(codec, stacked.clean[1])), "hoi": _bytes(decode_hoi(codec, made[1]))}
    if routing:
        maps = routing_maps(routing[0], context.grid)[0].repeat_interleave(VAE_TEMPORAL_STRIDE, dim=1)
        shown["routing"] = coloured(shown["rgb"], maps.permute(1, 2, 3, 0).cpu().numpy())
    return shown


def references(stacked: Stacked, codec: LatentCodec) -> dict[str, Frames]:
    """The pictures that one example is conditioned on, (1, H, W, 3) by name."""
    conditions = stacked.conditions
    shown = {"person": _bytes(codec.decode(conditions.person))}
    if conditions.product is not None:
        shown["product"] = _bytes(codec.decode(conditions.product))
    return shown


def write_sample(path: Path, shown: dict[str, Frames], pictures: dict[str, Frames]) -> None:
    """Write `<path>.png`, frames in time below one another, and `<path>.mp4`, all panels side by side, without sound.

    Args:
        path: without suffix; its folder is made.
        shown: of `sampled_panels`.
        pictures: of `references`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = len(shown["rgb"])
    sheet = Sheet(frames, pictures)
    sheet.add(0, shown)
    sheet.save(path.with_name(path.name + SHEET))
    silence = np.zeros((1, frames * TRACK_RATE // FPS), np.float32)
    with VideoFile(path.with_name(path.name + VIDEO), silence) as video:
        video.append(side_by_side(shown))


def _decoded(codec: LatentCodec, stacked: Stacked, target: Tensor) -> Frames:
    conditions = stacked.conditions
    if conditions.motion is not None:
        return _bytes(decode_with_motion(codec, conditions.motion, target))
    return _bytes(decode_without_motion(codec, conditions.person, target))


def _bytes(video: Tensor) -> Frames:
    return as_bytes(video.clamp(-1, 1))
