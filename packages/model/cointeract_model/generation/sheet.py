"""A picture of a video: what it was made of, frames in time, and under them what is shown beside it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cointeract_model.generation.decode import Frames
from cointeract_shards.atomic import write_bytes
from cointeract_shards.constants import FPS

COLUMNS = 10
CELL_WIDTH = 160
MARGIN = 6
LABEL_HEIGHT = 16
BACKGROUND, INK = (24, 24, 24), (230, 230, 230)

Cell = tuple[str, Image.Image]
"""A label and a picture."""


class Sheet:
    """Collects the frames that it shows while a video is made.

    Args:
        frames: of the video; ten of them, evenly spaced from first to last, are shown.
        references: pictures that the video was made of, (1, H, W, 3) by name; they stand in the first column, below one another.
    """

    def __init__(self, frames: int, references: dict[str, Frames]) -> None:
        self._chosen = sorted({round(place) for place in np.linspace(0, frames - 1, min(COLUMNS, frames))})
        self._cells: dict[str, list[Cell]] = {}
        self._references = [(name, _small(video[0])) for name, video in references.items()]

    def add(self, first: int, shown: dict[str, Frames]) -> None:
        """Take what is wanted of the frames from number `first` on, by the name of the row: (T, H, W, 3) each."""
        for name, video in shown.items():
            for number in self._chosen:
                if 0 <= number - first < len(video):
                    label = f"{name} {number / FPS:.2f} s"
                    self._cells.setdefault(name, []).append((label, _small(video[number - first])))

    def save(self, path: Path) -> None:
        """Write the sheet as PNG."""
        columns = [self._references, *map(list, zip(*self._cells.values(), strict=True))]
        pictures = [picture for column in columns for _, picture in column]
        across = max(picture.width for picture in pictures) + MARGIN
        down = max(picture.height for picture in pictures) + LABEL_HEIGHT + MARGIN
        canvas = Image.new("RGB", (MARGIN + across * len(columns), MARGIN + down * max(map(len, columns))), BACKGROUND)
        draw = ImageDraw.Draw(canvas)
        for x, column in enumerate(columns):
            for y, (label, picture) in enumerate(column):
                left, top = MARGIN + x * across, MARGIN + y * down
                draw.text((left, top), label, fill=INK)
                canvas.paste(picture, (left, top + LABEL_HEIGHT))
        content = io.BytesIO()
        canvas.save(content, format="PNG")
        write_bytes(path, content.getvalue())


def _small(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Image.Image:
    image = Image.fromarray(picture)
    return (
        image
        if image.width <= CELL_WIDTH
        else image.resize((CELL_WIDTH, round(image.height * CELL_WIDTH / image.width)), Image.Resampling.BOX)
    )
