"""Fills a hole with what other frames of the clip show there.

As in flow-guided video completion (Xu et al., Deep Flow-Guided Video Inpainting, 2019), motion around the hole is continued into
it and pixels are fetched along it. The hole has two layers that move apart from one another: the body, whose motion under the hole the
fitted mesh tells up to a smooth rest, and what is behind it, which moves with the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.body_layer import BodyLayer
from cointeract_curation.stages.references.camera_motion import camera_motion
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
LEAST_RING = 20
"""Pixels around the hole without which a layer's match can't be judged."""
RING = 0.12
"""Width of the surroundings in which it is judged, as a share of the crop's longer side."""
LIGHT_CHANGE = 30.0
"""Grey levels up to which a difference at the hole's rim is one of light; a larger one is one of content."""


@dataclass(frozen=True)
class Hole:
    """A crop of a frame with what is to be replaced in it; all (h, w)."""

    frame: int
    crop: Crop
    gap: Mask = field(repr=False)
    """Pixels to replace."""
    occupied: Mask = field(repr=False)
    """Those and the hands: pixels that show nothing of what is behind the product."""
    body: Mask = field(repr=False)
    """Pixels of the body, seen or hidden; the others are background."""


@dataclass(frozen=True)
class _Donation:
    """What another frame shows of one layer: colours (h, w, 3), where they count (h, w), and the mismatch around the hole."""

    colours: Floats32
    valid: Mask
    mismatch: float


def donors_of(clip: HandledClip, frame: int, hole: Mask, most: int) -> list[int]:
    """At most ``most`` frames that uncover a part of the hole (H, W), spread over the clip."""
    found = []
    pixels = max(1, int(hole.sum()))
    for other in range(clip.count):
        if other != frame and (hole & ~clip.mask(other)).sum() / pixels >= LEAST_UNCOVERED:
            found.append(other)
    if len(found) <= most:
        return found
    return [found[round(place)] for place in np.linspace(0, len(found) - 1, most)]


def fill_from_clip(clip: HandledClip, layer: BodyLayer, hole: Hole, donors: list[int]) -> tuple[Picture, Mask]:
    """The crop of a frame with what ``donors`` show in its hole, and what is still open.

    Returns:
        the crop (h, w, 3) uint8 RGB, and (h, w) pixels of the hole that no frame showed.
    """
    picture = clip.frames[hole.frame][hole.crop.slices]
    donations = [donation for other in donors for donation in _ask(clip, layer, hole, other)]
    donations.sort(key=lambda donation: donation.mismatch)
    if not donations:
        return picture.copy(), hole.gap.copy()
    here = picture.astype(np.float32)
    composed, covered = _compose(donations, hole.gap)
    composed = composed + _light(here, donations, hole)
    filled = np.where((hole.gap & covered)[..., None], composed, here)
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8), hole.gap & ~covered


def _ask(clip: HandledClip, layer: BodyLayer, hole: Hole, other: int) -> list[_Donation]:
    """What another frame shows of the hole, layer by layer."""
    import cv2

    height, width = hole.gap.shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    shrink = np.array([size[0] / width, size[1] / height], np.float32)
    here, there = (clip.frames[index][hole.crop.slices] for index in (hole.frame, other))
    whole_motion, whole_seen = layer.motion(hole.frame, other)
    mesh_motion, mesh_seen = whole_motion[hole.crop.slices], whole_seen[hole.crop.slices]
    covered = _covered(clip, other, hole.crop)
    small_here, small_there = (_small_grey(picture, size) for picture in (here, there))
    expected = _shrunk(mesh_motion, size) * shrink
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(small_here, small_there, expected.copy())
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=2).astype(np.float32)
    hits = cv2.remap(
        _shrunk(covered.astype(np.float32), size), grid + flow, None, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=1,
    )  # fmt: skip
    fetched = cv2.remap(small_there, grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    believed = (_shrunk(hole.occupied.astype(np.float32), size) == 0) & (hits < HALF)
    believed &= np.abs(fetched.astype(np.float32) - small_here) < GOOD_MATCH
    believed &= np.linalg.norm(flow - expected, axis=2) < LARGEST_MOTION
    small_body = _shrunk(hole.body.astype(np.float32), size) > HALF
    donations = []
    for on_body in (False, True):
        within = hole.body == on_body
        if not (hole.gap & within).any():
            continue
        known = believed & (small_body == on_body)
        if on_body:
            rest = fill_smoothly((flow - expected) * known[..., None], known.astype(np.float32))
            motion = expected + rest
        else:
            motion = camera_motion(flow, known)
        moved = cv2.resize(motion, (width, height), interpolation=cv2.INTER_LINEAR) / shrink
        visible = within & (mesh_seen | ~_on_mesh(mesh_motion)) if on_body else within
        donation = _fetch(here, there, covered, moved, hole, within, visible)
        if donation is not None:
            donations.append(donation)
    return donations


def _fetch(
    here: Picture, there: Picture, covered: Mask, moved: Floats32, hole: Hole, within: Mask, visible: Mask
) -> _Donation | None:
    """One layer's pixels (``within``) along ``moved`` (h, w, 2), where the other frame shows them (``visible``)."""
    import cv2

    height, width = hole.gap.shape
    target = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32) + moved
    hidden = cv2.remap(
        covered.astype(np.float32), target, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1
    )
    valid = (hidden < NOTHING) & visible
    if not (valid & hole.gap).any():
        return None
    colours = cv2.remap(there, target, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    ring = _near(hole.gap, RING) & ~hole.occupied & valid & within
    if ring.sum() < LEAST_RING:
        return None
    mismatch = float(np.abs(colours[ring] - here[ring]).mean())
    return _Donation(colours, valid, mismatch) if mismatch <= WORST_MATCH else None


def _on_mesh(motion: Floats32) -> Mask:
    return np.asarray((motion != 0).any(axis=2))


def _small_grey(picture: Picture, size: tuple[int, int]) -> Picture:
    import cv2

    small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))


def _shrunk(values: Floats32, size: tuple[int, int]) -> Floats32:
    import cv2

    return np.asarray(cv2.resize(np.ascontiguousarray(values), size, interpolation=cv2.INTER_AREA), np.float32)


def _covered(clip: HandledClip, frame: int, crop: Crop) -> Mask:
    import cv2

    reach = 2 * round(KEEP_CLEAR * max(clip.height, clip.width)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    occupied = (clip.mask(frame) | clip.hands(frame, HAND_THICKNESS))[crop.slices]
    return np.asarray(cv2.dilate(occupied.astype(np.uint8), kernel), bool)


def _near(gap: Mask, share: float) -> Mask:
    """Pixels around the gap, as far as a share of the longer side."""
    import cv2

    reach = 2 * max(3, round(share * max(gap.shape))) + 1
    return np.asarray(cv2.dilate(gap.astype(np.uint8), np.ones((reach, reach), np.uint8)), bool) & ~gap


def _light(here: Floats32, donations: list[_Donation], hole: Hole) -> Floats32:
    """Light and gain differ a little between frames: what differs at the rim, continued smoothly into the hole."""
    best = np.zeros_like(here)
    known = np.zeros(hole.gap.shape, bool)
    for donation in donations:
        new = donation.valid & ~known
        best[new] = donation.colours[new]
        known |= new
    differs = here - best
    rim = _near(hole.gap, 0.0) & ~hole.occupied & known & (np.abs(differs).max(axis=2) < LIGHT_CHANGE)
    return fill_smoothly(differs * rim[..., None], rim.astype(np.float32))


def _compose(donations: list[_Donation], gap: Mask) -> tuple[Floats32, Mask]:
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
