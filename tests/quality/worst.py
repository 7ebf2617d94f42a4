"""Sheets of the frames in which curation was furthest from the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.quality.clip_truth import ClipTruth
from tests.quality.curated import CuratedClip
from tests.quality.found import Found, read_found
from tests.quality.rendered import SIDES, Measured
from tests.quality.sheets import FOUND_COLOUR, TRUE_COLOUR, Picture, boxed, frame_of, outlined, sheet, tile

Floats = NDArray[np.float64]
ROWS, COLUMNS = 3, 7
APART = 12  # frames between two cases of one clip, so that a sheet doesn't show one mistake again and again

Draw = Callable[[Picture, Found, ClipTruth, int], Picture]


def write_sheets(
    clips: Sequence[CuratedClip], truths: Sequence[ClipTruth], measured: Sequence[Measured], folder: Path
) -> list[Path]:
    """One sheet a measure, worst first."""
    paths = []
    for name, worth, draw in (
        ("object", lambda found: found.frames["object_iou"], _draw_object),
        ("body", lambda found: found.frames["body_iou"], _draw_body),
        ("hands", _worst_hand, _draw_hands),
        ("face", lambda found: found.frames["face_iou"], _draw_face),
    ):
        cases = worst_frames([worth(found) for found in measured], ROWS * COLUMNS)
        tiles = []
        for number, frame, value in cases:
            clip, truth = clips[number], truths[number]
            picture = frame_of(clip, "cut", "rgb.mp4", [frame])[frame]
            tiles.append(tile(draw(picture, read_found(clip), truth, frame), f"{value:.2f} {truth.kind} {frame}"))
        path = folder / f"{name}.png"
        sheet([tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)], path)
        paths.append(path)
    return paths


def worst_frames(values: Sequence[Floats], most: int) -> list[tuple[int, int, float]]:
    """(clip, frame, value), lowest first, frames of one clip at least `APART` apart."""
    every = sorted(
        (float(value), clip, frame)
        for clip, series in enumerate(values)
        for frame, value in enumerate(series)
        if np.isfinite(value)
    )
    kept: list[tuple[int, int, float]] = []
    for value, clip, frame in every:
        if all(other != clip or abs(frame - near) >= APART for other, near, _ in kept):
            kept.append((clip, frame, value))
        if len(kept) == most:
            break
    return kept


def _worst_hand(found: Measured) -> Floats:
    both = np.stack([found.frames[f"{side}_hand_iou"] for side in SIDES])
    there = np.isfinite(both).any(axis=0)
    return np.where(there, np.where(np.isfinite(both), both, np.inf).min(axis=0), np.nan)


def _draw_object(picture: Picture, found: Found, truth: ClipTruth, frame: int) -> Picture:
    return outlined(outlined(picture, truth.mask("object", frame), TRUE_COLOUR), found.object_mask(frame), FOUND_COLOUR)


def _draw_body(picture: Picture, found: Found, truth: ClipTruth, frame: int) -> Picture:
    return outlined(outlined(picture, truth.mask("body", frame), TRUE_COLOUR), found.silhouette(frame), FOUND_COLOUR)


def _draw_hands(picture: Picture, found: Found, truth: ClipTruth, frame: int) -> Picture:
    for side in (0, 1):
        picture = boxed(picture, truth.hands[frame, side], TRUE_COLOUR)
        picture = boxed(picture, found.hands[frame, side], FOUND_COLOUR)
    return picture


def _draw_face(picture: Picture, found: Found, truth: ClipTruth, frame: int) -> Picture:
    return boxed(boxed(picture, truth.face[frame], TRUE_COLOUR), found.face[frame], FOUND_COLOUR)
