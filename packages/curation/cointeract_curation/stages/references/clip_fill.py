"""Fills a hole with what other frames of the clip show there.

As in flow-guided video completion (Xu et al., Deep Flow-Guided Video Inpainting, 2019): the motion around the hole is continued
smoothly into it, and pixels are fetched along it from frames in which neither product nor hands lie there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.crop import Crop
from cointeract_curation.stages.references.pull_push import fill_smoothly
from cointeract_curation.triplet.clip import HandledClip

Floats32 = NDArray[np.float32]
Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

FLOW_SIDE = 240
"""Longer side, in pixels, of the picture that motion is measured in: motion around a hole is smooth."""
LEAST_UNCOVERED = 0.04
"""Share of the hole that a frame must show to be worth the motion measurement."""
KEEP_CLEAR = 0.012
"""How far, as a share of the picture's longer side, a donor's pixel stays away from product and hands: blur and shadow."""
HAND_THICKNESS = 1.5
"""How thick the hands of a donor are drawn, relative to the real ones."""
GOOD_MATCH = 10.0
"""Grey levels by which a pixel around the hole may differ from its donor for the motion there to be believed."""
WORST_MATCH = 14.0
"""Mean difference around the hole, grey levels, beyond which a frame gives nothing."""
BEST_DONORS = 3
"""How many of the best donors of a pixel make its value, as their median."""
HALF = 0.5
NOTHING = 0.01
"""Share of a resampled pixel below which it counts as free."""
LARGEST_MOTION = 40.0
"""Largest motion, in pixels of the small picture, that is believed."""
LIGHT_CHANGE = 30.0
"""Grey levels up to which a difference at the hole's rim is one of light; a larger one is one of content."""


@dataclass(frozen=True)
class Donation:
    """What one other frame shows in a crop: colours (h, w, 3), where they count (h, w), and the mismatch around the hole."""

    colours: Floats32
    valid: Mask
    mismatch: float


def donors_of(clip: HandledClip, frame: int, hole: Mask, most: int) -> list[int]:
    """At most ``most`` frames that uncover a part of the hole, spread over the clip."""
    found = []
    pixels = max(1, int(hole.sum()))
    for other in range(clip.count):
        if other != frame and (hole & ~clip.mask(other)).sum() / pixels >= LEAST_UNCOVERED:
            found.append(other)
    if len(found) <= most:
        return found
    return [found[round(place)] for place in np.linspace(0, len(found) - 1, most)]


def fill_from_clip(clip: HandledClip, frame: int, hole: Mask, crop: Crop, most: int) -> tuple[Picture, Mask]:
    """The crop of a frame with what other frames show in its hole, and what is still open.

    Args:
        clip: the clip.
        frame: the frame to fill.
        hole: (H, W) pixels of the whole picture to be replaced.
        crop: the part of the picture to work in.
        most: how many other frames may be asked.

    Returns:
        the crop (h, w, 3) uint8 RGB, and (h, w) pixels of the hole that no frame showed.
    """
    here = clip.frames[frame][crop.slices].astype(np.float32)
    gap = hole[crop.slices]
    # Hands move differently from what is behind them: they say nothing about the motion in the hole.
    unsure = gap | clip.hands(frame, HAND_THICKNESS)[crop.slices]
    donations = []
    for other in donors_of(clip, frame, hole, most):
        donation = _ask(clip, frame, other, gap, unsure, crop)
        if donation is not None and donation.mismatch <= WORST_MATCH and bool((donation.valid & gap).any()):
            donations.append(donation)
    donations.sort(key=lambda donation: donation.mismatch)
    if not donations:
        return clip.frames[frame][crop.slices].copy(), gap.copy()
    composed, covered = _compose(donations, gap)
    # Light and gain differ a little between frames: what differs at the rim is taken off smoothly.
    differs = here - donations[0].colours
    rim = _rim(gap) & ~unsure & donations[0].valid & (np.abs(differs).max(axis=2) < LIGHT_CHANGE)
    offset = fill_smoothly(differs * rim[..., None], rim.astype(np.float32))
    filled = np.where((gap & covered)[..., None], composed + offset, here)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8), gap & ~covered


def _ask(clip: HandledClip, frame: int, other: int, gap: Mask, unsure: Mask, crop: Crop) -> Donation | None:
    import cv2

    height, width = gap.shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    there = clip.frames[other][crop.slices]
    pair = [
        cv2.resize(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for picture in (clip.frames[frame][crop.slices], there)
    ]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(pair[0], pair[1], None)
    covered = _covered(clip, other, crop)
    small_unsure = cv2.resize(unsure.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=2).astype(np.float32)
    landed = grid + flow
    small_covered = cv2.resize(covered.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    hits = cv2.remap(small_covered, landed, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1)
    fetched = cv2.remap(pair[1], landed, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    apart = np.abs(fetched.astype(np.float32) - pair[0])
    believed = ~small_unsure & (hits < HALF) & (apart < GOOD_MATCH)
    believed &= np.linalg.norm(flow, axis=2) < LARGEST_MOTION
    if not believed.any():
        return None
    continued = fill_smoothly(flow * believed[..., None], believed.astype(np.float32))
    moved = cv2.resize(continued, (width, height), interpolation=cv2.INTER_LINEAR)
    moved *= np.array([width / size[0], height / size[1]], np.float32)
    target = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32) + moved
    colours = cv2.remap(there, target, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    hidden = cv2.remap(
        covered.astype(np.float32), target, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1
    )
    valid = hidden < NOTHING
    near = _near(gap) & ~unsure & valid
    if not near.any():
        return None
    mismatch = float(np.abs(colours - clip.frames[frame][crop.slices])[near].mean())
    return Donation(colours, valid, mismatch)


def _covered(clip: HandledClip, frame: int, crop: Crop) -> Mask:
    import cv2

    reach = 2 * round(KEEP_CLEAR * max(clip.height, clip.width)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    occupied = (clip.mask(frame) | clip.hands(frame, HAND_THICKNESS))[crop.slices]
    return np.asarray(cv2.dilate(occupied.astype(np.uint8), kernel), bool)


def _near(gap: Mask) -> Mask:
    """Pixels within a tenth of the crop's size around the gap."""
    import cv2

    reach = 2 * max(2, round(0.1 * max(gap.shape))) + 1
    return np.asarray(cv2.dilate(gap.astype(np.uint8), np.ones((reach, reach), np.uint8)), bool) & ~gap


def _rim(gap: Mask) -> Mask:
    import cv2

    return np.asarray(cv2.dilate(gap.astype(np.uint8), np.ones((7, 7), np.uint8)), bool) & ~gap


def _compose(donations: list[Donation], gap: Mask) -> tuple[Floats32, Mask]:
    """The median of the best donors of each pixel, and where there is any."""
    stack = np.full((len(donations), int(gap.sum()), 3), np.nan, np.float32)
    for index, donation in enumerate(donations):
        stack[index, donation.valid[gap]] = donation.colours[gap][donation.valid[gap]]
    known = np.isfinite(stack[..., 0])
    stack[np.cumsum(known, axis=0) > BEST_DONORS] = np.nan
    covered_pixels = known.any(axis=0)
    colours = np.zeros((*gap.shape, 3), np.float32)
    covered = np.zeros(gap.shape, bool)
    covered[gap] = covered_pixels
    colours[covered] = np.nanmedian(stack[:, covered_pixels], axis=0)
    return colours, covered
