"""What `show_hoi` shows beside the video: the HOI stream, and where the router sends each token (Fig. 6 of the paper)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_model.generation.decode import ClipFrames, Frames
from cointeract_model.router import CLASSES
from cointeract_shards.constants import TOKEN_PIXELS

COLOURS = {"head": (255.0, 70.0, 60.0), "hand": (60.0, 200.0, 255.0)}
"""Of tokens that go to these experts; base has none."""

DIMMED = 0.4
"""Brightness of the video under the colours."""


def panels(clip: ClipFrames) -> dict[str, Frames]:
    """Everything there is to see of a clip, by name: `rgb`, and where there are `hoi` and `routing`; (80, H, W, 3) each."""
    shown = {"rgb": clip.rgb}
    if clip.hoi is not None:
        shown["hoi"] = clip.hoi
    if clip.routing is not None:
        shown["routing"] = coloured(clip.rgb, clip.routing)
    return shown


def coloured(video: Frames, routing: NDArray[np.float32]) -> Frames:
    """The video, dimmed, with head in red and hand in blue as strong as their probability.

    Args:
        video: (T, H, W, 3).
        routing: (T, H / 16, W / 16, 3) probabilities in the order base, hand, head.
    """
    result = np.empty_like(video)
    for number, (picture, tokens) in enumerate(zip(video, routing, strict=True)):
        shares = tokens.repeat(TOKEN_PIXELS, axis=0).repeat(TOKEN_PIXELS, axis=1)
        mixed = DIMMED * picture.astype(np.float32)
        for part, colour in COLOURS.items():
            mixed += (1 - DIMMED) * shares[..., CLASSES.index(part), None] * np.array(colour, np.float32)
        result[number] = mixed.clip(0, np.iinfo(np.uint8).max).round()
    return result


def side_by_side(shown: dict[str, Frames]) -> Frames:
    """One video of all panels, (T, H, n W, 3)."""
    return np.concatenate(list(shown.values()), axis=2)
