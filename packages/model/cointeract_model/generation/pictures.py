"""Reference pictures as the model takes them: upright, RGB, on white, in the video's size."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cointeract_model.generation.errors import GenerationError

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

logger = logging.getLogger(__name__)

SMALLEST_SIDE = 64
"""Pixels of a picture's shorter side below which there is nothing to see in it."""

WHITE = (255, 255, 255)
ORIENTATION = 0x0112
"""The EXIF tag that says how a camera was held."""
UPRIGHT = 1

DEEP_GREY = 65535
"""White in a grey picture of 16 bits."""
WHITE_BYTE = 255


def load_picture(path: Path, name: str) -> Image.Image:
    """An upright RGB picture. Transparency is laid over white; this, a rotation by EXIF and a left-out animation are logged.

    Args:
        path: any format that Pillow reads; grey, with a palette, CMYK and 16 bits of grey too.
        name: what the picture is, for messages.

    Raises:
        GenerationError: no such file, not a picture, cut short, or a side below 64 pixels.
    """
    from PIL import Image, ImageOps

    if not path.is_file():
        raise GenerationError(f"{name} is {str(path)!r}, but there is no such file")
    try:
        with Image.open(path) as opened:
            frames = getattr(opened, "n_frames", 1)
            opened.load()
            orientation = opened.getexif().get(ORIENTATION, UPRIGHT)
            upright = ImageOps.exif_transpose(opened)
            picture = _as_rgb(upright, name, path)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, GenerationError):
            raise
        raise GenerationError(
            f"{name} {str(path)!r} doesn't decode as a picture ({error}): save it again as PNG"
        ) from error
    if frames > 1:
        logger.warning("%s %s has %d frames; the first is used", name, path, frames)
    if orientation != UPRIGHT:
        logger.info("%s %s was turned upright (EXIF orientation %s)", name, path, orientation)
    if min(picture.size) < SMALLEST_SIDE:
        width, height = picture.size
        raise GenerationError(
            f"{name} {str(path)!r} has {width}x{height} pixels: give at least {SMALLEST_SIDE} on each side"
        )
    return picture


def cover(picture: Image.Image, height: int, width: int) -> Image.Image:
    """Scaled until it covers height x width, and cut to that around its middle: the person, as in training."""
    from PIL import Image

    scale = max(height / picture.height, width / picture.width)
    scaled = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BILINEAR)
    left, top = (scaled.width - width) // 2, (scaled.height - height) // 2
    return scaled.crop((left, top, left + width, top + height))


def contain(picture: Image.Image, height: int, width: int) -> Image.Image:
    """Scaled until it just fits into height x width, white around it: the product, whole and in its proportions."""
    from PIL import Image

    scale = min(height / picture.height, width / picture.width)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    canvas = Image.new("RGB", (width, height), WHITE)
    canvas.paste(picture.resize(size, Image.Resampling.BILINEAR), ((width - size[0]) // 2, (height - size[1]) // 2))
    return canvas


def as_frame(picture: Image.Image) -> Tensor:
    """(1, 3, 1, H, W) float32 from -1 to 1: one frame of a video."""
    import torch

    pixels = torch.from_numpy(np.array(picture, dtype=np.float32))
    return (pixels / (WHITE_BYTE / 2) - 1).permute(2, 0, 1)[None, :, None].contiguous()


def _as_rgb(picture: Image.Image, name: str, path: Path) -> Image.Image:
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        if picture.mode == "F" or grey.min() < 0 or grey.max() > DEEP_GREY:
            raise GenerationError(
                f"{name} {str(path)!r} has {picture.mode} pixels of unknown range: save it as 8-bit PNG"
            )
        picture = Image.fromarray((grey * (WHITE_BYTE / DEEP_GREY)).round().astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    canvas = Image.new("RGBA", layer.size, (*WHITE, WHITE_BYTE))
    if layer.getextrema()[-1] != (WHITE_BYTE, WHITE_BYTE):
        logger.info("%s %s is transparent in places; it was laid over white", name, path)
    return Image.alpha_composite(canvas, layer).convert("RGB")
