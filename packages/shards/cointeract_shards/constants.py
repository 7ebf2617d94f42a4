"""Numbers of the sample contract: time, sound and latent geometry of one training sample."""

from __future__ import annotations

FPS = 25
"""Frames per second of every stored video; constant. The released trainer's guide calls 25 fps fixed."""

TARGET_FRAMES = 81
"""Frames of a target window: 3.24 s at 25 fps; `1 + 4 * 20`, so that the VAE makes 21 latents of it."""

MOTION_FRAMES = 73
"""Frames of the motion context directly before the target; the frame packer of Wan2.2-S2V takes 73."""

SAMPLE_RATE = 16_000
"""Audio samples per second, mono; what wav2vec 2.0 expects."""

AUDIO_SAMPLE_BYTES = 2
"""Bytes of one stored audio sample: 16 bit signed PCM."""

VAE_TEMPORAL_STRIDE = 4
"""Frames per latent after the first, which has a latent of its own (Wan VAE)."""

VAE_SPATIAL_STRIDE = 8
"""Pixels per latent cell along each side (Wan VAE)."""

LATENT_CHANNELS = 16
"""Channels of a latent (Wan VAE)."""

PATCH_SIZE = 2
"""Latent cells per transformer token along each side."""

TOKEN_PIXELS = VAE_SPATIAL_STRIDE * PATCH_SIZE
"""Pixels per transformer token along each side: 16."""


def audio_samples(frames: int) -> int:
    """Number of audio samples that `frames` video frames last: `frames * 16000 / 25`, exact because 16000 / 25 is 640.

    Raises:
        ValueError: `frames` is negative.
    """
    if frames < 0:
        raise ValueError(f"a duration of {frames} frames is negative: give 0 or more")
    return frames * (SAMPLE_RATE // FPS)


def latent_frames(frames: int) -> int:
    """Number of VAE latents of `frames` video frames: one for the first frame and one for each four after it.

    Raises:
        ValueError: `frames` isn't `1 + 4 n`, so the VAE can't encode it.
    """
    if frames < 1 or (frames - 1) % VAE_TEMPORAL_STRIDE:
        raise ValueError(f"{frames} frames can't be encoded: the VAE takes 1 + 4 n frames, such as 73, 81 or 153")
    return 1 + (frames - 1) // VAE_TEMPORAL_STRIDE


AUDIO_SAMPLES = audio_samples(TARGET_FRAMES)
"""Audio samples of one target window: 51,840."""

LATENT_FRAMES = latent_frames(TARGET_FRAMES)
"""Latents of a target encoded alone: 21."""

MOTION_LATENT_FRAMES = latent_frames(MOTION_FRAMES)
"""Latents of the motion context: 19."""

TARGET_LATENT_FRAMES = LATENT_FRAMES - 1
"""Latents the model predicts: 20. The first of the 21 is the person reference."""
