"""Fills a hole with patches found elsewhere in the picture, coarse to fine.

The energy is that of Wexler, Shechtman and Irani, Space-Time Completion of Video, 2007; nearest patches are searched as in PatchMatch
(Barnes et al., 2009), but exhaustively at the coarsest level and without chance, so that a hole has one answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.references.pull_push import fill_smoothly

Floats32 = NDArray[np.float32]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

RADIUS = 3
"""Half of a patch's side: patches are 7 x 7."""
COARSEST_HOLE = 14
"""Greatest thickness, in pixels, of the hole at the coarsest level: twice a patch, so that most patches see its rim."""
MAX_LEVELS = 5
COARSE_ROUNDS = 6
FINE_ROUNDS = 3
MAX_SOURCES = 3000
"""Source patches at the coarsest level, evenly thinned beyond that: the search there looks at all of them."""
MIN_SOURCES = 50
DISTANCE_WEIGHT = 300.0
"""Penalty, in squared grey levels for each value of a patch, for a source as far away as the picture is long; it grows with the square."""
BATCH = 512
HALF = 0.5
WHOLE = 0.99
"""Share of a shrunk pixel from which it counts as wholly known."""
STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))


def fill_by_patches(
    picture: NDArray[np.uint8], hole: Mask, sources: Mask, foreign: Mask | None = None
) -> NDArray[np.uint8]:
    """The picture (H, W, 3) RGB with ``hole`` (H, W) made of patches whose pixels all lie in ``sources`` (H, W).

    ``foreign`` pixels lie before what the hole shows, or behind it, such as a hand at its edge: they stay, but nothing is continued from
    them. Where the sources hold too few whole patches, the hole is continued smoothly.
    """
    if not hole.any():
        return picture
    unknown = hole if foreign is None else hole | foreign
    sources = sources & ~unknown
    thickness = _thickness(hole)
    levels = int(np.clip(np.ceil(np.log2(max(thickness / COARSEST_HOLE, 1.0))), 0, MAX_LEVELS))
    result: Floats32 | None = None
    nearest: Indices | None = None
    for level in range(levels, -1, -1):
        scene = _shrink(picture, hole, unknown, sources, 2**level)
        centres = _whole_patches(scene.allowed & ~scene.gap)
        if int(centres.sum()) < MIN_SOURCES:
            continue
        if result is None:
            start = fill_smoothly(scene.image, (~scene.unknown).astype(np.float32))
        else:
            start = _enlarge(result, scene.image, scene.gap)
        result, nearest = _solve(start, scene, centres, nearest)
    if result is None:
        known = (~unknown).astype(np.float32)
        smooth = fill_smoothly(picture.astype(np.float32) * known[..., None], known)
        return np.asarray(np.where(hole[..., None], np.clip(smooth, 0, 255).astype(np.uint8), picture))
    filled = np.clip(np.rint(result), 0, 255).astype(np.uint8)
    if filled.shape != picture.shape:
        import cv2

        filled = np.asarray(cv2.resize(filled, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC))
    return np.asarray(np.where(hole[..., None], filled, picture))


def fill_small(
    picture: NDArray[np.uint8], hole: Mask, sources: Mask, side: int, foreign: Mask | None = None
) -> NDArray[np.uint8]:
    """As `fill_by_patches`, with patches searched in a picture whose longer side has at most ``side`` pixels."""
    import cv2

    height, width = hole.shape
    scale = side / max(height, width)
    if scale >= 1:
        return fill_by_patches(picture, hole, sources, foreign)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    gap = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    allowed = cv2.resize(sources.astype(np.float32), size, interpolation=cv2.INTER_AREA) > WHOLE
    strange = None
    if foreign is not None:
        strange = (cv2.resize(foreign.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0) & ~gap
    done = cv2.resize(fill_by_patches(small, gap, allowed, strange), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.where(hole[..., None], done, picture))


@dataclass(frozen=True)
class _Scene:
    """One level: picture (h, w, 3), pixels to be made, all unknown ones, and those that patches may come from."""

    image: Floats32
    hole: Mask
    gap: Mask
    """The hole, and foreign pixels next to it: patches at the hole's edge take no colour from them."""
    unknown: Mask
    allowed: Mask


def _thickness(hole: Mask) -> float:
    import cv2

    padded = np.pad(hole.astype(np.uint8), 1, mode="edge")
    return (
        2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) if not padded.all() else float(min(hole.shape))
    )


def _shrink(picture: NDArray[np.uint8], hole: Mask, unknown: Mask, sources: Mask, factor: int) -> _Scene:
    import cv2

    known = (~unknown).astype(np.float32)
    image, weight = picture.astype(np.float32), known
    small_hole, allowed = hole, sources
    if factor > 1:
        size = (max(1, picture.shape[1] // factor), max(1, picture.shape[0] // factor))
        weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
        image = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA)
        image = image / np.maximum(weight, 1e-3)[..., None]
        allowed = cv2.resize(sources.astype(np.float32), size, interpolation=cv2.INTER_AREA) > WHOLE
        small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small_unknown = weight < HALF
    near = cv2.dilate(small_hole.astype(np.uint8), np.ones((4 * RADIUS + 1,) * 2, np.uint8)).astype(bool)
    gap = small_unknown & near
    return _Scene(image.astype(np.float32), small_hole & gap, gap, small_unknown, allowed)


def _enlarge(result: Floats32, image: Floats32, gap: Mask) -> Floats32:
    import cv2

    larger = cv2.resize(result, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.where(gap[..., None], larger, image))


def _whole_patches(allowed: Mask) -> Mask:
    """Pixels whose whole patch is allowed and inside of the picture."""
    import cv2

    kernel = np.ones((2 * RADIUS + 1,) * 2, np.uint8)
    inside = cv2.erode(allowed.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(inside, bool)


def _solve(start: Floats32, scene: _Scene, centres: Mask, coarser: Indices | None) -> tuple[Floats32, Indices]:
    """The picture with its gap filled, and for each pixel (H, W, 2) the row and column of its nearest patch."""
    import cv2

    height, width = scene.gap.shape
    # Every patch that touches the hole is matched.
    touched = cv2.dilate(scene.hole.astype(np.uint8), np.ones((2 * RADIUS + 1,) * 2, np.uint8)).astype(bool)
    if not touched.any():
        return start, np.zeros((height, width, 2), np.intp)
    wanted = np.argwhere(touched)
    field = np.zeros((height, width, 2), np.intp)
    rounds = FINE_ROUNDS
    if coarser is None:
        rounds = COARSE_ROUNDS
    else:
        field = _enlarge_field(coarser, (height, width))
        field[touched] = _to_centre(field[touched], centres)
    current = start
    for _ in range(rounds):
        if coarser is None:
            field[touched] = _search_all(current, scene.image, wanted, centres)
        else:
            field[touched] = _search_near(current, scene.image, wanted, field, touched, centres)
        current = _vote(current, scene.image, scene.gap, wanted, field[touched])
    return current, _spread_field(field, touched)


def _patches(picture: Floats32, places: Indices) -> Floats32:
    """(N, 147) patches around places (N, 2), edges repeated."""
    padded = np.pad(picture, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    side = 2 * RADIUS + 1
    # NumPy 1.26 types the axes of a window as one number.
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))  # type: ignore[call-overload]
    return np.asarray(windows[places[:, 0], places[:, 1]].reshape(len(places), -1))


def _search_all(current: Floats32, image: Floats32, wanted: Indices, centres: Mask) -> Indices:
    sources = np.argwhere(centres)
    if len(sources) > MAX_SOURCES:
        sources = sources[np.linspace(0, len(sources) - 1, MAX_SOURCES).round().astype(np.intp)]
    left, right = _patches(current, wanted), _patches(image, sources)
    # The places are two more values of a patch, so that one product of matrices compares both.
    weight = np.float32(np.sqrt(DISTANCE_WEIGHT * left.shape[1]) / max(image.shape[:2]))
    left = np.hstack([left, wanted.astype(np.float32) * weight])
    right = np.hstack([right, sources.astype(np.float32) * weight])
    norms = (right**2).sum(axis=1)
    found = np.zeros(len(wanted), np.intp)
    for begin in range(0, len(wanted), BATCH):
        found[begin : begin + BATCH] = (norms - 2 * left[begin : begin + BATCH] @ right.T).argmin(axis=1)
    return np.asarray(sources[found])


def _search_near(
    current: Floats32, image: Floats32, wanted: Indices, field: Indices, touched: Mask, centres: Mask
) -> Indices:
    """The best of each patch's own match, its surroundings, and what the neighbours' matches propose."""
    target = _patches(current, wanted)
    best = field[touched]
    cost = ((target - _patches(image, best)) ** 2).sum(axis=1)
    height, width = touched.shape
    limits = np.array([height - 1, width - 1])
    for step in STEPS:
        beside = np.clip(wanted + step, 0, limits)
        for proposed in (field[beside[:, 0], beside[:, 1]] - step, best + step):
            proposal = np.clip(proposed, 0, limits)
            valid = centres[proposal[:, 0], proposal[:, 1]] & touched[beside[:, 0], beside[:, 1]]
            if not valid.any():
                continue
            value = np.full(len(wanted), np.inf, np.float32)
            value[valid] = ((target[valid] - _patches(image, proposal[valid])) ** 2).sum(axis=1)
            better = value < cost
            best = np.where(better[:, None], proposal, best)
            cost = np.where(better, value, cost)
    return np.asarray(best)


def _vote(current: Floats32, image: Floats32, gap: Mask, wanted: Indices, matches: Indices) -> Floats32:
    """Each pixel of the gap becomes the weighted mean of what the patches over it say."""
    height, width = gap.shape
    cost = ((_patches(current, wanted) - _patches(image, matches)) ** 2).mean(axis=1)
    spread = max(float(np.percentile(cost, 75)), 1.0)
    strength = np.exp(-cost / (2 * spread)) + 1e-6
    total = np.zeros((height, width, 3), np.float64)
    weights = np.zeros((height, width), np.float64)
    for down in range(-RADIUS, RADIUS + 1):
        for right in range(-RADIUS, RADIUS + 1):
            rows, columns = wanted[:, 0] + down, wanted[:, 1] + right
            inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
            # The middle of a patch knows best.
            share = strength[inside] * np.exp(-(down**2 + right**2) / (RADIUS**2))
            values = image[matches[inside, 0] + down, matches[inside, 1] + right]
            total[rows[inside], columns[inside]] += share[:, None] * values
            weights[rows[inside], columns[inside]] += share
    voted = total / np.maximum(weights, 1e-12)[..., None]
    # A foreign pixel that no patch over the hole reaches keeps its guess.
    return np.asarray(np.where((gap & (weights > 0))[..., None], voted, current), np.float32)


def _enlarge_field(field: Indices, size: tuple[int, int]) -> Indices:
    """A coarser level's matches at this size: each pixel keeps its place within the larger patch."""
    rows, columns = np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij")
    below = np.minimum(rows // 2, field.shape[0] - 1), np.minimum(columns // 2, field.shape[1] - 1)
    return np.asarray(2 * field[below] + np.stack([rows % 2, columns % 2], axis=2))


def _to_centre(places: Indices, centres: Mask) -> Indices:
    """The nearest pixel with a whole patch of sources, for places (N, 2)."""
    from scipy.ndimage import distance_transform_edt

    closest = distance_transform_edt(~centres, return_distances=False, return_indices=True)
    clipped = np.clip(places, 0, np.array(centres.shape) - 1)
    return np.asarray(np.stack([axis[clipped[:, 0], clipped[:, 1]] for axis in closest], axis=1), np.intp)


def _spread_field(field: Indices, touched: Mask) -> Indices:
    """Matches beyond the touched pixels: those of the nearest touched one, moved along."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~touched, return_distances=False, return_indices=True)
    here = np.stack(np.meshgrid(np.arange(field.shape[0]), np.arange(field.shape[1]), indexing="ij"), axis=2)
    return np.asarray(field[rows, columns] + here - np.stack([rows, columns], axis=2))
