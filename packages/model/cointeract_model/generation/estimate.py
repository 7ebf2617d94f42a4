"""What a video needs of memory and time, said before it begins.

Memory is that of the largest moment: the model's weights, the contexts that are kept over a clip's steps, and either a block of
the transformer at work or the latent codec decoding. Time is the counted operations (`flops`) over what the device reaches in a
product of matrices, so it is a floor; what a video really takes shows once its first steps are done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cointeract_model.checkpoints.find import find_files
from cointeract_model.flops import Workload, step_flops
from cointeract_model.generation.denoise import guidance_of
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.parts import DTYPES, Parts
from cointeract_model.generation.prepare import Prepared
from cointeract_model.generation.settings import TINY, GenerationSettings
from cointeract_model.grid import Grid
from cointeract_model.switches import Stage
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES, TARGET_LATENT_FRAMES, VAE_SPATIAL_STRIDE

GIB = 2**30
FLOAT_BYTES = 4

BLOCK_COPIES = {4: 13, 2: 19}
"""Tensors of all tokens' features that live at once in a block, besides the feed-forward network's, by bytes of a number. Measured
on a CPU: 9 to 12.6 in float32, 19 in bfloat16, whose norms are taken in float32."""

FEED_FORWARD_COPIES = 2
"""Before and after its activation."""

VAE_PIXEL_BYTES = 25_000
"""That Wan's VAE needs for a pixel of the picture while it decodes in float32, measured on a CPU; bfloat16 takes half."""

FRAME_COPIES = 4
"""Float32 frames that live at once: decoded pieces, the whole of them, clamped, and the motion."""

MATRIX = 1024
REPEATS = 4
"""The product of matrices that a device's speed is taken from, and how often it is made."""


@dataclass(frozen=True)
class Estimate:
    """Of one video.

    Attributes:
        weights: bytes of the model's weights, on the device already.
        working: bytes beside them at the largest moment.
        free: bytes that the device has left now.
        seconds: that the transformer takes at least.
        passes: forward passes of it.
    """

    weights: int
    working: int
    free: int
    seconds: float
    passes: int

    def __str__(self) -> str:
        return (
            f"weights {self.weights / GIB:.3g} GiB, work {self.working / GIB:.3g} GiB of {self.free / GIB:.3g} GiB free, "
            f"{self.passes} forward passes, at least {self.seconds:.0f} s"
        )

    def check(self) -> None:
        """Refuse what can't fit.

        Raises:
            GenerationError: less memory is free than the work needs.
        """
        if self.working > self.free:
            raise GenerationError(
                f"about {self.working / GIB:.1f} GiB are needed beside the weights, and {self.free / GIB:.1f} GiB are free: give a "
                "smaller size or another device, leave out --show-hoi, or go on with --ignore-memory"
            )


def estimate(prepared: Prepared, parts: Parts) -> Estimate:
    """Memory and time of a video, with everything loaded."""
    settings, model = parts.settings, parts.model
    grid = Grid(TARGET_LATENT_FRAMES, settings.height // VAE_SPATIAL_STRIDE, settings.width // VAE_SPATIAL_STRIDE)
    hoi = Stage.ASYMMETRIC if settings.show_hoi else None
    rows, product = parts.text.max_tokens, prepared.product is not None
    works = [
        Workload(grid, motion=clip > 0, product=product, hoi=hoi, text_rows=rows) for clip in range(prepared.clips)
    ]
    passes = settings.steps * len(guidance_of(parts).weights)
    flops = passes * sum(sum(step_flops(model.config, model.switches, work).values()) for work in works)
    return Estimate(
        weights=sum(parameter.numel() * parameter.element_size() for parameter in model.parameters()),
        working=working_bytes(works[-1], parts, contexts=len(guidance_of(parts).weights)),
        free=free_bytes(parts.device),
        seconds=flops / device_speed(parts.device, parts.dtype),
        passes=passes * prepared.clips,
    )


def working_bytes(work: Workload, parts: Parts, contexts: int) -> int:
    """Memory beside the weights at the largest moment of a clip."""
    config, settings, size = parts.model.config, parts.settings, parts.dtype.itemsize
    tokens = work.rgb_tokens + work.hoi_tokens
    kept = contexts * (work.rgb_tokens - work.grid.target_tokens + work.text_rows) * config.hidden_size * size
    features = BLOCK_COPIES[size] * config.hidden_size + FEED_FORWARD_COPIES * config.feed_forward_size
    pixels = settings.height * settings.width
    frames = FRAME_COPIES * len("rgb") * FLOAT_BYTES * (MOTION_FRAMES + TARGET_FRAMES - 1) * pixels
    decoding = 0
    if settings.codecs.latents.name == "wan-vae" and torch.device(settings.codecs.latents.device) == parts.device:
        decoding = VAE_PIXEL_BYTES * DTYPES[settings.codecs.latents.dtype].itemsize // FLOAT_BYTES * pixels
    return kept + max(tokens * features * size, frames + decoding)


def check_weights(settings: GenerationSettings) -> None:
    """Refuse a checkpoint that the device can't hold, from the headers of its files, before anything of it is read.

    Raises:
        GenerationError: less memory is free than the weights need.
        CheckpointError: there is no checkpoint.
    """
    if settings.model == TINY:
        return
    placed = settings.placed(gpu=torch.cuda.is_available())
    paths = [Path(path) for path in (placed.model, placed.base) if path is not None]
    needed = stored_numbers([file for path in paths for file in find_files(path)]) * DTYPES[str(placed.dtype)].itemsize
    free = free_bytes(torch.device(str(placed.device)))
    if needed > free:
        raise GenerationError(
            f"the weights of {placed.model!r} need {needed / GIB:.1f} GiB in {placed.dtype}, and {free / GIB:.1f} GiB are free on "
            f"{placed.device}: use bfloat16 or another device, or go on with --ignore-memory"
        )


def stored_numbers(files: Sequence[Path]) -> int:
    """Numbers in all tensors of safetensors files; a file cut short, which loading names, counts as none."""
    from safetensors import SafetensorError, safe_open

    total = 0
    for file in files:
        try:
            with safe_open(file, framework="pt") as tensors:
                total += sum(torch.Size(tensors.get_slice(name).get_shape()).numel() for name in tensors.keys())  # noqa: SIM118
        except (SafetensorError, OSError):
            continue
    return total


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device; on the CPU what the machine can give without swapping, within the container's limit."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        stated = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = int(stated["MemAvailable"].split()[0]) * 1024
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if limit.is_file() and used.is_file() and (most := limit.read_text().strip()) != "max":
        free = min(free, int(most) - int(used.read_text()))
    return free


def device_speed(device: torch.device, dtype: torch.dtype) -> float:
    """Floating point operations a second in a product of 1,024 x 1,024 matrices."""
    left = torch.ones(MATRIX, MATRIX, device=device, dtype=dtype)
    left @ left  # the first one also loads the library
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    begun = time.perf_counter()
    for _ in range(REPEATS):
        left @ left
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return REPEATS * 2 * MATRIX**3 / max(time.perf_counter() - begun, 1e-9)
