"""Sheets of pictures: what was found beside what is true, for a person to judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cointeract_curation.media.frames import DecodedVideo
from tests.quality.curated import CuratedClip

Picture = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

TILE_HEIGHT = 400
GREEN, RED, BLUE, YELLOW, WHITE = (60, 220, 60), (255, 60, 60), (80, 140, 255), (250, 220, 40), (255, 255, 255)
TRUE_COLOUR, FOUND_COLOUR = GREEN, RED
LINE = 2


def frame_of(clip: CuratedClip, stage: str, name: str, frames: Sequence[int]) -> dict[int, Picture]:
    """Some frames of a video artifact, by number; empty where the stage didn't make it."""
    path = clip.artifact(stage, name)
    if path is None:
        return {}
    return dict(DecodedVideo(path).at(sorted(set(frames))))


def outlined(picture: Picture, mask: Bools, colour: tuple[int, int, int]) -> Picture:
    """The picture with the mask's outline drawn on it."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    drawn = picture.copy()
    cv2.drawContours(drawn, contours, -1, colour, LINE)
    return drawn


def boxed(picture: Picture, box: Floats, colour: tuple[int, int, int]) -> Picture:
    """The picture with a box (4,) drawn on it; unchanged where it is NaN."""
    if not np.isfinite(box).all():
        return picture
    drawn = picture.copy()
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    cv2.rectangle(drawn, (x1, y1), (x2 - 1, y2 - 1), colour, LINE)
    return drawn


def tile(picture: Picture, text: str) -> Picture:
    """A picture at the sheet's height with a line of text above it."""
    height, width = picture.shape[:2]
    scaled = cv2.resize(picture, (round(width * TILE_HEIGHT / height), TILE_HEIGHT), interpolation=cv2.INTER_AREA)
    band = np.zeros((22, scaled.shape[1], 3), np.uint8)
    cv2.putText(band, text, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, WHITE, 1, cv2.LINE_AA)
    return np.vstack([band, scaled])


def sheet(rows: Sequence[Sequence[Picture]], path: Path) -> None:
    """Write rows of tiles as one PNG; rows of different length are filled up with black."""
    if not any(rows):
        return
    strips = [np.hstack(list(row)) for row in rows if row]
    width = max(strip.shape[1] for strip in strips)
    filled = [np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0))) for strip in strips]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(filled)[..., ::-1])


def clip_sheet(clip: CuratedClip, path: Path, count: int = 6) -> None:
    """One clip: frames with boxes and the object's outline, the structure stream below them, then the references."""
    from tests.quality.found import read_found

    found = read_found(clip)
    frames = [round(place) for place in np.linspace(0, clip.frames - 1, count)]
    rgb, hoi = frame_of(clip, "cut", "rgb.mp4", frames), frame_of(clip, "structure", "hoi.mp4", frames)
    top = []
    for frame in frames:
        picture = outlined(rgb[frame], found.object_mask(frame), YELLOW)
        for box, colour in ((found.face[frame], WHITE), (found.hands[frame, 0], GREEN), (found.hands[frame, 1], RED)):
            picture = boxed(picture, box, colour)
        touching = "".join(side for side, yes in zip("LR", found.contact[frame], strict=True) if yes)
        top.append(tile(picture, f"{clip.first + frame} touch {touching or '-'}"))
    below = [tile(hoi[frame], "hoi") for frame in frames if frame in hoi]
    for name in ("person.png", "product.png"):
        reference = clip.artifact("references", name)
        if reference is not None:
            below.append(tile(np.asarray(cv2.imread(str(reference))[..., ::-1], np.uint8), name))
    sheet([top, below], path)
