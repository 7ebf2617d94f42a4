"""What the transformer takes, and the one place that checks it.

B samples; T target latent frames of C channels and h x w cells (h and w even). `Conditions` stay the same through a
generation; `NoisyLatents` change at every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cointeract_model.config import ModelConfig
from cointeract_model.errors import InputError
from cointeract_model.grid import FAR_RATE, Grid
from cointeract_model.visibility import Presence
from cointeract_shards.constants import MOTION_LATENT_FRAMES, PATCH_SIZE, VAE_TEMPORAL_STRIDE

MAX_TIMESTEP = 1000.0
TIMESTEP_DTYPES = (torch.float32, torch.float64, torch.int64, torch.int32)
LATENT_DIMENSIONS = 5


@dataclass(frozen=True, eq=False)
class Text:
    """Encoded prompts."""

    rows: Tensor
    """(B, L, text_size). Rows of zeros after the end of a prompt are attended: the released text encoder gives 512 rows."""
    lengths: tuple[int, ...] | None = None
    """Rows of each sample that count, at least 1; rows beyond are never seen. None: all L of every sample."""

    def lengths_or_all(self) -> tuple[int, ...]:
        """`lengths`, or L for each sample."""
        return self.lengths if self.lengths is not None else (self.rows.shape[1],) * len(self.rows)


@dataclass(frozen=True, eq=False)
class Conditions:
    """What a clip is conditioned on. Latents are normalised as the codec gives them."""

    person: Tensor
    """(B, C, 1, h, w): the person reference."""
    text: Text
    audio: Tensor
    """(B, audio_states, audio_size, F) hidden states at 25 Hz from the target's first frame on; F is 4 T, or 4 T + 1, of
    which the last is not used."""
    product: Tensor | None = None
    """(B, C, 1, h, w): the product reference."""
    motion: Tensor | None = None
    """(B, C, 19, h, w): the latents before the target, oldest first; h and w at least 8."""
    pose: Tensor | None = None
    """(B, C, T, h, w), added to the target. Zeros are "no pose", for one sample as for all (None)."""
    hoi_text: Text | None = None
    """The prompt of the HOI stream, one for each sample. None is a batch without HOI."""
    product_scale: tuple[float, ...] | None = None
    """Share of the picture that the product's positions are spread over, one for each sample; None is 1."""
    product_present: tuple[bool, ...] | None = None
    """Which samples have the product; None is all where `product` is given. The others' rows are not looked at."""
    motion_present: tuple[bool, ...] | None = None
    """Likewise for `motion`."""
    hoi_present: tuple[bool, ...] | None = None
    """Likewise for `hoi_text` and the HOI latents."""

    @property
    def batch(self) -> int:
        """Number of samples."""
        return len(self.person)

    def presence(self) -> Presence:
        """Which samples have what."""
        return Presence(
            motion=_present(self.motion is not None, self.motion_present, self.batch),
            product=_present(self.product is not None, self.product_present, self.batch),
            hoi=_present(self.hoi_text is not None, self.hoi_present, self.batch),
        )

    def scales(self) -> tuple[float, ...]:
        """Product scale of each sample."""
        return self.product_scale if self.product_scale is not None else (1.0,) * self.batch


@dataclass(frozen=True, eq=False)
class NoisyLatents:
    """What is denoised."""

    target: Tensor
    """(B, C, T, h, w)."""
    timestep: Tensor
    """(B,) from 0 to 1000, not in half precision: bfloat16 holds 294 of 1,000 timesteps apart."""
    hoi: Tensor | None = None
    """(B, C, T, h, w), given exactly where the conditions have an HOI prompt."""
    hoi_timestep: Tensor | None = None
    """(B,) where it isn't `timestep`."""


def check_conditions(conditions: Conditions, config: ModelConfig) -> Grid:
    """The grid of these conditions.

    Raises:
        InputError: a part doesn't fit the model or the others.
    """
    batch, person = conditions.batch, conditions.person
    if person.ndim != LATENT_DIMENSIONS or person.shape[1] != config.latent_channels or person.shape[2] != 1:
        raise InputError(f"person is {_shape(person)}, not (B, {config.latent_channels}, 1, h, w)")
    if batch == 0:
        raise InputError("the batch is empty: person has no samples")
    height, width = person.shape[3:]
    if height < PATCH_SIZE or width < PATCH_SIZE or height % PATCH_SIZE or width % PATCH_SIZE:
        raise InputError(f"latents of {height}x{width} cells don't fit tokens of 2x2: give even sizes from 2")
    grid = Grid(_target_frames(conditions.audio, batch, config), height, width)
    _check_floats("person", person)
    _check_latents("product", conditions.product, conditions, config, 1)
    _check_latents("motion", conditions.motion, conditions, config, MOTION_LATENT_FRAMES)
    _check_latents("pose", conditions.pose, conditions, config, grid.frames)
    smallest = PATCH_SIZE * FAR_RATE
    if conditions.motion is not None and min(height, width) < smallest:
        raise InputError(f"motion needs latents of at least {smallest}x{smallest} cells, not {height}x{width}")
    _check_text("text", conditions.text, batch, config)
    if conditions.hoi_text is not None:
        if not config.hoi:
            raise InputError("hoi_text is given, but the model was built without HOI parts (config.hoi is False)")
        _check_text("hoi_text", conditions.hoi_text, batch, config)
    for name, part, flags in (
        ("product_present", conditions.product, conditions.product_present),
        ("motion_present", conditions.motion, conditions.motion_present),
        ("hoi_present", conditions.hoi_text, conditions.hoi_present),
        ("product_scale", conditions.product, conditions.product_scale),
    ):
        if flags is not None and part is None:
            raise InputError(f"{name} is {flags}, but there is nothing that it speaks of")
        if flags is not None and len(flags) != batch:
            raise InputError(f"{name} has {len(flags)} entries for {batch} samples")
    return grid


def check_noisy(noisy: NoisyLatents, grid: Grid, presence: Presence, config: ModelConfig) -> None:
    """Check a step's latents against the conditions.

    Raises:
        InputError: they don't belong together.
    """
    expected = (presence.batch, config.latent_channels, grid.frames, grid.height, grid.width)
    hoi_there = any(presence.hoi)
    if (noisy.hoi is not None) != hoi_there:
        given, wanted = ("given", "no") if noisy.hoi is not None else ("missing", "an")
        raise InputError(f"HOI latents are {given}, but the conditions have {wanted} HOI prompt: give both or neither")
    for name, latents in (("target", noisy.target), ("hoi", noisy.hoi)):
        if latents is None:
            continue
        if tuple(latents.shape) != expected:
            raise InputError(f"{name} is {_shape(latents)}, but the conditions are for {expected} (B, C, T, h, w)")
        _check_floats(name, latents)
    for name, timestep in (("timestep", noisy.timestep), ("hoi_timestep", noisy.hoi_timestep)):
        if timestep is None:
            continue
        if tuple(timestep.shape) != (presence.batch,):
            raise InputError(f"{name} is {_shape(timestep)}, not ({presence.batch},): one for each sample")
        if timestep.dtype not in TIMESTEP_DTYPES:
            raise InputError(f"{name} is {timestep.dtype}, which can't tell 1,000 timesteps apart: give float32")


def timestep_values(timestep: Tensor) -> tuple[float, ...]:
    """Timesteps as numbers. Waits for their device; they may stay on the CPU.

    Raises:
        InputError: outside 0 to 1000, or not finite.
    """
    values = tuple(float(value) for value in timestep.tolist())
    if not all(0 <= value <= MAX_TIMESTEP for value in values):
        raise InputError(f"timesteps {values} aren't all from 0 to 1000: give sigma times 1000")
    return values


def _target_frames(audio: Tensor, batch: int, config: ModelConfig) -> int:
    expected = (batch, config.audio_states, config.audio_size)
    if tuple(audio.shape[:-1]) != expected:
        raise InputError(f"audio is {_shape(audio)}, not {(*expected, 'F')} (B, states, features, frames)")
    frames, rest = divmod(audio.shape[-1], VAE_TEMPORAL_STRIDE)
    if frames < 1 or rest > 1:
        raise InputError(f"audio has {audio.shape[-1]} frames; T target latents need 4 T or 4 T + 1")
    _check_floats("audio", audio)
    return frames


def _check_latents(name: str, latents: Tensor | None, conditions: Conditions, config: ModelConfig, frames: int) -> None:
    if latents is None:
        return
    expected = (conditions.batch, config.latent_channels, frames, *conditions.person.shape[3:])
    if tuple(latents.shape) != expected:
        raise InputError(f"{name} is {_shape(latents)}, not {expected} (B, C, frames, h, w)")
    _check_floats(name, latents)


def _check_text(name: str, text: Text, batch: int, config: ModelConfig) -> None:
    rows = text.rows
    if rows.ndim != len("BLC") or len(rows) != batch or rows.shape[1] == 0 or rows.shape[2] != config.text_size:
        raise InputError(f"{name} is {_shape(rows)}, not ({batch}, L, {config.text_size}) with L from 1")
    lengths = text.lengths_or_all()
    if len(lengths) != batch or not all(1 <= length <= rows.shape[1] for length in lengths):
        raise InputError(f"{name} has lengths {lengths} for {batch} samples of {rows.shape[1]} rows: give 1 .. L each")
    _check_floats(name, rows)


def _check_floats(name: str, tensor: Tensor) -> None:
    if not tensor.is_floating_point():
        raise InputError(f"{name} is {tensor.dtype}: give floating point numbers")


def _present(given: bool, flags: Sequence[bool] | None, batch: int) -> tuple[bool, ...]:
    return tuple(flags) if flags is not None else (given,) * batch


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)
