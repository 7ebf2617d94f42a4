"""The Wan 2.1 VAE, the released model's latent codec, through the diffusers library.

Latents are the posterior's mean, without sampling, less the released mean of each channel and divided by its deviation.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_model.codecs import weights
from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_model.codecs.video_input import LATENT_CHANNELS, check_frames, check_latents
from cointeract_shards.constants import VAE_SPATIAL_STRIDE, VAE_TEMPORAL_STRIDE

if TYPE_CHECKING:
    import torch
    from diffusers import AutoencoderKLWan
    from torch import Tensor


class WanVaeCodec:
    """Encodes and decodes one video at a time, also of a batch: the library keeps what it saw of a video on the module itself."""

    name = "wan-vae"
    channels = LATENT_CHANNELS

    def __init__(
        self,
        path: Path,
        dtype: torch.dtype,
        *,
        config: Path | None = None,
        tiling: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        """Load the VAE.

        Args:
            path: a folder of the diffusers library (`vae`, with config.json), or Wan's own `Wan2.1_VAE.pth`.
            dtype: to compute in; float32 where latents are cached, bfloat16 as released.
            config: for Wan's own file, a folder with the config.json of its dimensions and normalisation; None: those of Wan 2.1,
                which the library has as its defaults.
            tiling: work on overlapping tiles of 256 pixels: less memory, slightly other latents.
            device: to compute on.

        Raises:
            CodecUnavailableError: library or weights are missing, or are another model's.
        """
        import torch

        weights.require("diffusers", self.name)
        weights.require_path(path, self.name, "a folder with config.json and weights, or Wan2.1_VAE.pth")
        try:
            model = _from_original(path, config, self.name) if path.is_file() else _from_folder(path, self.name)
        except weights.LOADING_ERRORS as error:
            raise CodecUnavailableError(f"codec {self.name} can't load {path}: {error}") from error
        _check_geometry(model, path)
        weights.check_finite(model, path, self.name)
        if tiling:
            model.enable_tiling()
        self._model = model.to(device=device, dtype=dtype).eval().requires_grad_(requires_grad=False)
        self._mean = torch.tensor(model.config.latents_mean, device=device)[:, None, None, None]
        self._deviation = torch.tensor(model.config.latents_std, device=device)[:, None, None, None]
        self._alone = threading.Lock()
        files = weights.fingerprint(*[path] if config is None else [path, config])
        self.key = f"{self.name}:{files}:{str(dtype).removeprefix('torch.')}{',tiled' if tiling else ''}"

    def encode(self, frames: Tensor) -> Tensor:
        """Latents (B, 16, 1 + (T - 1) / 4, H / 8, W / 8), float32, of frames (B, 3, T, H, W) from -1 to 1.

        Raises:
            CodecInputError: frames of another shape, dtype or range.
        """
        import torch

        check_frames(frames)
        with self._alone, torch.no_grad():
            posteriors = [self._model.encode(video).latent_dist for video in _to(frames, self._model)]
        latents = torch.cat([posterior.mode() for posterior in posteriors]).float()
        normalised: Tensor = (latents - self._mean) / self._deviation
        return normalised.to(frames.device)

    def decode(self, latents: Tensor) -> Tensor:
        """Frames (B, 3, 1 + 4 (L - 1), 8 h, 8 w), float32, -1 to 1, of latents (B, 16, L, h, w).

        Raises:
            CodecInputError: latents of another shape or dtype.
        """
        import torch

        check_latents(latents)
        posterior = latents.to(self._mean.device).float() * self._deviation + self._mean
        with self._alone, torch.no_grad():
            frames = torch.cat([self._model.decode(video).sample for video in _to(posterior, self._model)])
        return frames.float().to(latents.device)


def _to(videos: Tensor, model: AutoencoderKLWan) -> list[Tensor]:
    """Each video by itself, as the model computes."""
    return list(videos.to(device=model.device, dtype=model.dtype).split(1))


def _from_folder(path: Path, codec: str) -> AutoencoderKLWan:
    import diffusers
    import torch

    model, loaded = diffusers.AutoencoderKLWan.from_pretrained(
        path, torch_dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False, output_loading_info=True
    )
    # The library only warns of these, and goes on with random numbers.
    weights.check_tensors(loaded["unexpected_keys"], loaded["missing_keys"], path, codec)
    return model


def _from_original(path: Path, config: Path | None, codec: str) -> AutoencoderKLWan:
    import diffusers
    import torch
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    with torch.device("meta"):
        if config is None:
            model = diffusers.AutoencoderKLWan()
        else:
            weights.require_path(config / "config.json", codec, "the VAE's config.json")
            model = diffusers.AutoencoderKLWan.from_config(diffusers.AutoencoderKLWan.load_config(config))
    tensors = convert_wan_vae_to_diffusers(weights.load_checkpoint(path, codec))
    weights.check_tensors(tensors, model.state_dict(), path, codec)
    model.load_state_dict(tensors, assign=True)
    return model


def _check_geometry(model: AutoencoderKLWan, path: Path) -> None:
    found = (model.config.z_dim, model.config.scale_factor_temporal, model.config.scale_factor_spatial)
    expected = (LATENT_CHANNELS, VAE_TEMPORAL_STRIDE, VAE_SPATIAL_STRIDE)
    if found != expected:
        raise CodecUnavailableError(
            f"the VAE of {path} has channels, temporal and spatial stride {found}; the model takes {expected}, those of Wan 2.1"
        )
