"""What is printed on products: pictures (S, S, 3) in linear light, drawn from a seed."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.parts import TEXTURE_SIZE
from cointeract_curation.synth.paint import linear, smooth_noise
from cointeract_curation.synth.plan import ProductKind
from cointeract_curation.synth.soft import SLEEVE_TEXTURE, STEM_TEXTURE

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Picture = NDArray[np.uint8]

PAPER = (244, 242, 236)
INK = (70, 70, 70)
METAL = (176, 172, 165)
DARKEST = 0.16  # of a dark product's colours, against the plain one

STRIPE_LEVEL = 0.45  # of a wave: a third of the cloth is stripes


def _draw_label(picture: Picture, left: int, top: int, right: int, bottom: int, ink: NDArray[Any], number: int) -> None:
    """Print a made-up label: a band, a disc or triangle, and bars that look like lines of text."""
    import cv2

    colour = tuple(float(value) for value in ink)
    width, height = right - left, bottom - top
    cv2.rectangle(picture, (left, top), (right, bottom), PAPER, -1)
    cv2.rectangle(picture, (left, top), (right, top + height // 6), colour, -1)
    middle = (left + width // 2, top + int(height * 0.42))
    if number % 2:
        cv2.circle(picture, middle, int(min(width, height) * 0.19), colour, -1, cv2.LINE_AA)
        cv2.circle(picture, middle, int(min(width, height) * 0.1), PAPER, -1, cv2.LINE_AA)
    else:
        reach = int(min(width, height) * 0.2)
        corners = np.array(
            [
                [middle[0], middle[1] - reach],
                [middle[0] + reach, middle[1] + reach],
                [middle[0] - reach, middle[1] + reach],
            ]
        )
        cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
    for line, share in enumerate((0.7, 0.5, 0.6)):
        y = top + int(height * (0.7 + 0.09 * line))
        half = int(width * share / 2)
        cv2.line(picture, (middle[0] - half, y), (middle[0] + half, y), INK, max(2, height // 40), cv2.LINE_AA)


def _tiles(picture: Picture, base: Floats, ink: Floats, number: int) -> None:
    """A printed package: labels on front and back, stripes on the sides."""
    size = len(picture)
    width, height = size // 3, size // 2
    stripes = (np.arange(size) // (size // 24)) % 2 == 0
    picture[:height][stripes[:height], width : 2 * width] = (base * 0.75).astype(np.uint8)
    for column in (0, 2):
        left, margin = column * width, width // 8
        _draw_label(picture, left + margin, height // 8, left + width - margin, height * 7 // 8, ink, number)


def _wrapped(picture: Picture, kind: ProductKind, ink: Floats, number: int) -> None:
    """A bottle or jar: a cap, and labels around it."""
    size = len(picture)
    cap = int(size * (0.3 if kind == "bottle" else 0.42))
    picture[: cap * 2 // 3] = (235, 235, 232)
    top, bottom = (0.42, 0.72) if kind == "bottle" else (0.44, 0.7)
    for centre in (0.0, 0.5, 1.0):
        left, right = int(size * (centre - 0.22)), int(size * (centre + 0.22))
        _draw_label(picture, left, int(size * top), right, int(size * bottom), ink, number)
    picture[int(size * 0.76) : int(size * 0.78)] = ink.astype(np.uint8)


def _phone(picture: Picture, base: Floats) -> None:
    """A screen with a few coloured squares on the front, a lens on the back, metal around."""
    import cv2

    size = len(picture)
    width, height = size // 3, size // 2
    picture[:] = METAL
    picture[:height, :width] = (18, 18, 22)
    picture[height // 16 : -height // 16 + height, width // 16 : -width // 16 + width] = (46, 60, 96)
    for row in range(4):
        for column in range(3):
            x, y = width * (2 * column + 1) // 7 + width // 28, height * (2 * row + 1) // 9
            shade = colorsys.hsv_to_rgb((0.13 * row + 0.31 * column) % 1, 0.6, 0.9)
            cv2.rectangle(picture, (x, y), (x + width // 7, y + height // 12), [255 * c for c in shade], -1)
    picture[:height, 2 * width :] = base.astype(np.uint8)
    cv2.circle(picture, (2 * width + width // 3, height // 7), width // 9, (25, 25, 28), -1, cv2.LINE_AA)


def _bag(picture: Picture, base: Floats, ink: Floats, number: int) -> None:
    """Leather with a seam and a badge; the handle, at the right edge of the picture, is darker."""
    import cv2

    size = len(picture)
    width, height = size // 3, size // 2
    for column, row in ((0, 0), (1, 0), (2, 0), (0, 1)):
        left, top, margin = column * width, row * height, width // 12
        corners = (left + margin, top + margin), (left + width - margin, top + height - margin)
        cv2.rectangle(picture, *corners, (base * 0.6).tolist(), max(2, size // 200))
    for column in (0, 2):
        middle = (column * width + width // 2, int(height * 0.4))
        cv2.circle(picture, middle, width // 6, ink.tolist(), -1, cv2.LINE_AA)
        if number % 2:
            cv2.circle(picture, middle, width // 12, base.tolist(), -1, cv2.LINE_AA)
    picture[height:, 2 * width :] = (base * 0.5).astype(np.uint8)


def _cloth(picture: Picture, base: Floats, ink: Floats, number: int) -> None:
    """Stripes or checks with a hem."""
    size = len(picture)
    place = np.arange(size) / size
    stripes = np.sin(place * 2 * np.pi * 7) > STRIPE_LEVEL
    picture[stripes] = ink.astype(np.uint8)
    if number % 2:
        picture[:, stripes] = (0.6 * picture[:, stripes] + 0.4 * ink).astype(np.uint8)
    hem = size // 28
    picture[-hem:] = picture[:hem] = (base * 0.8).astype(np.uint8)


def _coat(picture: Picture, base: Floats) -> None:
    """Plain cloth with a row of buttons, a collar and pockets; sleeves; the hanger's metal."""
    import cv2

    size = len(picture)
    # u of the torso starts in the middle of the front, so the front is at both ends of its part of the picture
    torso = int(size * SLEEVE_TEXTURE)
    for u in (0.0, 1.0):
        line = int(u * (torso - 1))
        cv2.line(picture, (line, 0), (line, size), (base * 0.5).tolist(), size // 90)
    for row in range(5):
        middle = (size // 80, int(size * (0.3 + 0.13 * row)))
        cv2.ellipse(picture, middle, (size // 170, size // 64), 0, 0, 360, PAPER, -1, cv2.LINE_AA)
    for x in (int(torso * 0.1), int(torso * 0.84)):
        cv2.rectangle(picture, (x, int(size * 0.62)), (x + torso // 16, int(size * 0.65)), (base * 0.55).tolist(), -1)
    picture[: size // 16, :torso] = (base * 0.65).astype(np.uint8)
    picture[-size // 20 :, torso : int(size * STEM_TEXTURE)] = (base * 0.65).astype(np.uint8)
    picture[:, int(size * STEM_TEXTURE) :] = METAL


def _rod(picture: Picture, kind: ProductKind, base: Floats) -> None:
    """A brush or lipstick, by bands along it: v goes from its bottom to its top."""
    size = len(picture)

    def band(bottom: float, top: float, colour: Any) -> None:
        picture[int(size * (1 - top)) : int(size * (1 - bottom))] = np.asarray(colour).astype(np.uint8)

    if kind == "brush":
        band(0.6, 0.74, METAL)
        band(0.74, 1.0, (74, 52, 40))
        picture[: int(size * 0.1)] = (212, 158, 142)
    else:
        band(0.0, 0.46, base * 0.35)
        band(0.46, 0.56, (214, 178, 96))


def print_texture(kind: ProductKind, rng: np.random.Generator, number: int, dark: bool) -> Floats32:
    """The picture of a product; `number` gives neighbours different colours."""
    hue = (0.03 + 0.31 * number + rng.uniform(-0.05, 0.05)) % 1.0
    base = np.asarray(
        255 * np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.6, 0.85), rng.uniform(0.65, 0.9))), dtype=np.float64
    )
    ink = np.asarray(255 * np.array(colorsys.hsv_to_rgb((hue + 0.45) % 1, 0.75, 0.6)), dtype=np.float64)
    size = TEXTURE_SIZE
    picture = np.broadcast_to(base, (size, size, 3)).astype(np.uint8).copy()
    if kind == "bowl":
        picture[(np.arange(size) // (size // 16)) % 2 == 0] = (238, 233, 224)
    elif kind in ("bottle", "jar"):
        _wrapped(picture, kind, ink, number)
    elif kind == "phone":
        _phone(picture, base)
    elif kind == "bag":
        _bag(picture, base, ink, number)
    elif kind == "cloth":
        _cloth(picture, base, ink, number)
    elif kind == "coat":
        _coat(picture, base)
    elif kind in ("brush", "lipstick"):
        _rod(picture, kind, base)
    else:
        _tiles(picture, base, ink, number)
    shade = picture.astype(np.float32) / 255
    if kind in ("cloth", "coat", "bag"):
        shade *= 1 + 0.05 * smooth_noise(rng, size, 180)[..., None]
    return linear(np.clip(shade * (DARKEST if dark else 1.0), 0, 1).astype(np.float32))
