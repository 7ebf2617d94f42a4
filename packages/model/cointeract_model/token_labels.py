"""The router's labels: which region the boxes of a sample say each target token shows.

A box belongs to pixel frame `4 k + 2` of the target and to latent k. With motion, latent k covers frames 4k .. 4k+3, and
without, 4k+1 .. 4k+4: frame 4k+2 lies in both, so one rule serves both. Hands win where they overlap the head.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_model.router import HAND, HEAD
from cointeract_shards.boxes import BASE_LABEL, box_tokens, key_frames
from cointeract_shards.constants import TARGET_LATENT_FRAMES, TOKEN_PIXELS
from cointeract_shards.records import Box, Track, Tracks

FrameBox = tuple[int, Box]
"""A pixel frame of the target, and a box in it."""

BoxEnds = Literal["exclusive", "inclusive"]


def token_labels(
    head: Iterable[FrameBox],
    hands: Iterable[FrameBox],
    original_hw: tuple[int, int],
    target_hw: tuple[int, int],
    *,
    latents: int = TARGET_LATENT_FRAMES,
    box_ends: BoxEnds = "exclusive",
) -> Tensor:
    """Labels (latents * rows * columns,), int64: base 0, hand 1, head 2; time first, then rows, then columns.

    Args:
        head: boxes (x1, y1, x2, y2) of the head in pixels of the original video.
        hands: of both hands.
        original_hw: height and width that the boxes refer to.
        target_hw: height and width in pixels of the latents' video, multiples of 16; the original is scaled to cover
            them and its centre cut out.
        latents: target latent frames.
        box_ends: `inclusive` marks the token at a box's end too, as released; `exclusive` only tokens that share an
            area with the box (`Switches.box_ends`).

    Raises:
        ContractError: `target_hw` isn't a positive multiple of 16.
    """
    rows, columns = target_hw[0] // TOKEN_PIXELS, target_hw[1] // TOKEN_PIXELS
    labels = np.full(latents * rows * columns, BASE_LABEL, dtype=np.int64)
    for label, boxes in ((HEAD, head), (HAND, hands)):
        for frame, box in boxes:
            tokens = box_tokens(box, frame, original_hw, target_hw, latents)
            if box_ends == "exclusive":
                tokens = _sharing_area(tokens, box, original_hw, target_hw)
            labels[tokens] = label
    return torch.from_numpy(labels)


def labels_of_tracks(
    tracks: Tracks,
    target_hw: tuple[int, int],
    *,
    latents: int = TARGET_LATENT_FRAMES,
    box_ends: BoxEnds = "exclusive",
) -> Tensor:
    """Labels of a sample's `tracks.json`; see `token_labels`. Its face is the head, the object plays no part."""
    frames = [frame for frame in key_frames(latents) if frame < tracks.frames]
    head = _boxes(tracks.face, frames)
    hands = _boxes(tracks.left_hand, frames) + _boxes(tracks.right_hand, frames)
    original = (tracks.height, tracks.width)
    return token_labels(head, hands, original, target_hw, latents=latents, box_ends=box_ends)


def _boxes(track: Track, frames: Iterable[int]) -> list[FrameBox]:
    points = [(frame, track[frame]) for frame in frames]
    return [(frame, point.box) for frame, point in points if point is not None and point.box is not None]


def _sharing_area(
    tokens: NDArray[np.int64], box: Box, original_hw: tuple[int, int], target_hw: tuple[int, int]
) -> NDArray[np.int64]:
    """Those tokens that share an area with the box, rather than an edge."""
    (height, width), (target_h, target_w) = original_hw, target_hw
    scale = max(target_w / width, target_h / height)
    left, top = (round(width * scale) - target_w) / 2, (round(height * scale) - target_h) / 2
    rows, columns = target_h // TOKEN_PIXELS, target_w // TOKEN_PIXELS
    x, y = tokens % columns * TOKEN_PIXELS, tokens // columns % rows * TOKEN_PIXELS
    across = (x < box[2] * scale - left) & (x + TOKEN_PIXELS > box[0] * scale - left)
    down = (y < box[3] * scale - top) & (y + TOKEN_PIXELS > box[1] * scale - top)
    has_area = box[2] > box[0] and box[3] > box[1]
    shared: NDArray[np.int64] = tokens[across & down & has_area]
    return shared
