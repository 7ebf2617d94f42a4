"""Boxes in the released trainer's terms: its CSV cells, and the tokens that a box marks for the router.

A box belongs to pixel frame `4 k + 2` of the target and so to target latent `k`, 0 to 19. From pixels to tokens:
scale by `max(target_h / h, target_w / w)`, cut the centre, divide by the VAE's stride and the patch size, and take
every token from floor to floor, both ends included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_shards import canonical_json
from cointeract_shards.constants import TARGET_LATENT_FRAMES, TOKEN_PIXELS, VAE_TEMPORAL_STRIDE
from cointeract_shards.errors import ContractError
from cointeract_shards.records import Box, Tracks

KEY_PHASE = 2
"""The pixel frame that stands for latent `k` is `4 k + KEY_PHASE`."""

LEFT_HAND_KEY = "l_h"
RIGHT_HAND_KEY = "r_h"
OBJECT_KEY = "obj"
BOX_NUMBERS = 4

BASE_LABEL = 0
HAND_LABEL = 1
FACE_LABEL = 2
"""Router labels in the order of the released router's logits: base, hand, face."""

_FRAME_KEY = re.compile(r"frame_(\d+)")


def key_frames(latents: int = TARGET_LATENT_FRAMES) -> tuple[int, ...]:
    """Pixel frames that carry a box: 2, 6, ..., 78."""
    return tuple(VAE_TEMPORAL_STRIDE * latent + KEY_PHASE for latent in range(latents))


def frame_keys(latents: int = TARGET_LATENT_FRAMES) -> tuple[str, ...]:
    """Keys of the CSV's boxes: `frame_2`, `frame_6`, ..., `frame_78`."""
    return tuple(f"frame_{frame}" for frame in key_frames(latents))


def key_frame(key: str) -> int:
    """Pixel frame of a key such as `frame_6`.

    Raises:
        ContractError: not of that form.
    """
    match = _FRAME_KEY.fullmatch(key)
    if match is None:
        raise ContractError(f"box key {key!r} is not 'frame_' and a number; keys are frame_2, frame_6, ..., frame_78")
    return int(match[1])


def latent_index(frame: int, latents: int = TARGET_LATENT_FRAMES) -> int | None:
    """Target latent of a pixel frame's box, `(frame - 2) // 4`, or None outside `0 .. latents - 1`."""
    index = (frame - KEY_PHASE) // VAE_TEMPORAL_STRIDE
    return index if 0 <= index < latents else None


def boxes_to_csv_json(tracks: Tracks) -> tuple[str, str]:
    """The cells `face` and `hand_object` of the released CSV.

    A frame without a box is left out of `face`; in `hand_object` a missing hand or object is an empty list, as in the
    released demo. Without any box a cell is `{}`: an empty cell would make the released loader replace the row.
    """
    face: dict[str, Box] = {}
    hand_object: dict[str, dict[str, Box | list[float]]] = {}
    for key, frame in zip(frame_keys(), key_frames(), strict=True):
        if frame >= tracks.frames:
            break
        parts = {
            LEFT_HAND_KEY: _box(tracks.left_hand[frame]),
            RIGHT_HAND_KEY: _box(tracks.right_hand[frame]),
            OBJECT_KEY: _box(tracks.object[frame]),
        }
        face_box = _box(tracks.face[frame])
        if face_box is not None:
            face[key] = face_box
        if any(box is not None for box in parts.values()):
            hand_object[key] = {name: [] if box is None else box for name, box in parts.items()}
    return canonical_json.encode_ordered(face), canonical_json.encode_ordered(hand_object)


def parse_face(cell: str, *, where: str) -> dict[int, Box]:
    """Face boxes by pixel frame, from a `face` cell; empty text is no box.

    Raises:
        ContractError: not such a cell.
    """
    boxes = {}
    for key, value in _frames_of(cell, where).items():
        box = parse_box(value, where=f"{where}.{key}")
        if box is not None:
            boxes[key_frame(key)] = box
    return boxes


def parse_hand_object(cell: str, *, where: str) -> dict[int, dict[str, Box]]:
    """Boxes by pixel frame and part (`l_h`, `r_h`, `obj`), from a `hand_object` cell; empty text is no box.

    Raises:
        ContractError: not such a cell.
    """
    frames: dict[int, dict[str, Box]] = {}
    for key, parts in _frames_of(cell, where).items():
        if not isinstance(parts, Mapping):
            raise ContractError(
                f"{where}.{key} is {parts!r}, not an object with {LEFT_HAND_KEY}, {RIGHT_HAND_KEY}, {OBJECT_KEY}"
            )
        found = {}
        for name, value in parts.items():
            if name not in (LEFT_HAND_KEY, RIGHT_HAND_KEY, OBJECT_KEY):
                raise ContractError(
                    f"{where}.{key} has the part {name!r}; known are {LEFT_HAND_KEY}, {RIGHT_HAND_KEY}, {OBJECT_KEY}"
                )
            box = parse_box(value, where=f"{where}.{key}.{name}")
            if box is not None:
                found[str(name)] = box
        frames[key_frame(key)] = found
    return frames


def parse_box(value: Any, *, where: str) -> Box | None:
    """A box from a JSON value; null and an empty list are no box.

    Raises:
        ContractError: not four numbers.
    """
    if value is None or value == []:
        return None
    numbers = isinstance(value, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    if not numbers or len(value) != BOX_NUMBERS:
        raise ContractError(f"{where} is {value!r}, not a box of four numbers [x1, y1, x2, y2]")
    return float(value[0]), float(value[1]), float(value[2]), float(value[3])


def box_tokens(
    box: Box,
    frame: int,
    original_hw: tuple[int, int],
    target_hw: tuple[int, int],
    latents: int = TARGET_LATENT_FRAMES,
) -> NDArray[np.int64]:
    """Indices of the target tokens that a box marks.

    Args:
        box: `(x1, y1, x2, y2)` in pixels of the original video.
        frame: pixel frame of the box; latent `(frame - 2) // 4`.
        original_hw: height and width that the box refers to.
        target_hw: height and width of training, multiples of 16.
        latents: target latents, 20.

    Returns:
        Sorted indices into the `latents * (target_h / 16) * (target_w / 16)` target tokens, time first, then rows.
        Empty where the frame has no latent or the box lies outside the centre cut. A box that only touches the cut's
        edge marks the tokens of that edge, as in the released code.

    Raises:
        ContractError: `target_hw` isn't a positive multiple of 16.
    """
    rows, columns = _token_grid(target_hw)
    latent = latent_index(frame, latents)
    cut = _centre_cut(box, original_hw, target_hw)
    if latent is None or cut is None:
        return np.empty(0, dtype=np.int64)
    x1, y1, x2, y2 = (int(value / TOKEN_PIXELS) for value in cut)
    ys = np.arange(min(y1, rows - 1), min(y2, rows - 1) + 1, dtype=np.int64)
    xs = np.arange(min(x1, columns - 1), min(x2, columns - 1) + 1, dtype=np.int64)
    first = latent * rows * columns
    return (first + ys[:, None] * columns + xs[None, :]).ravel()


def router_labels(
    face: Iterable[tuple[int, Box]],
    hands: Iterable[tuple[int, Box]],
    original_hw: tuple[int, int],
    target_hw: tuple[int, int],
    latents: int = TARGET_LATENT_FRAMES,
) -> NDArray[np.uint8]:
    """The router's target of each token, shape `(latents * rows * columns,)`: base 0, hand 1, face 2.

    Hands win where they overlap a face. Object boxes play no part, as in the released code.

    Args:
        face: pixel frame and box of each face box.
        hands: pixel frame and box of each hand box, left and right.
        original_hw: height and width that the boxes refer to.
        target_hw: height and width of training.
        latents: target latents, 20.

    Raises:
        ContractError: `target_hw` isn't a positive multiple of 16.
    """
    rows, columns = _token_grid(target_hw)
    labels = np.full(latents * rows * columns, BASE_LABEL, dtype=np.uint8)
    for label, boxes in ((FACE_LABEL, face), (HAND_LABEL, hands)):
        for frame, box in boxes:
            labels[box_tokens(box, frame, original_hw, target_hw, latents)] = label
    return labels


def _centre_cut(box: Box, original_hw: tuple[int, int], target_hw: tuple[int, int]) -> Box | None:
    """The box in pixels of the training size, clipped to it; None if it lies outside."""
    height, width = original_hw
    target_h, target_w = target_hw
    scale = max(target_w / width, target_h / height)
    left = (round(width * scale) - target_w) / 2
    top = (round(height * scale) - target_h) / 2
    x1, y1, x2, y2 = box[0] * scale - left, box[1] * scale - top, box[2] * scale - left, box[3] * scale - top
    if x2 < 0 or y2 < 0 or x1 > target_w or y1 > target_h:
        return None
    return max(0.0, x1), max(0.0, y1), min(float(target_w), x2), min(float(target_h), y2)


def _token_grid(target_hw: tuple[int, int]) -> tuple[int, int]:
    height, width = target_hw
    if height < 1 or width < 1 or height % TOKEN_PIXELS or width % TOKEN_PIXELS:
        raise ContractError(
            f"training size {height}x{width} isn't a multiple of {TOKEN_PIXELS} pixels in height and width"
        )
    return height // TOKEN_PIXELS, width // TOKEN_PIXELS


def _frames_of(cell: str, where: str) -> dict[str, Any]:
    if not cell.strip():
        return {}
    content = canonical_json.decode(cell.encode(), where=where)
    if not isinstance(content, dict):
        raise ContractError(f"{where} is {cell[:40]!r}, not an object with keys frame_2, frame_6, ...")
    return content


def _box(point: Any) -> Box | None:
    return None if point is None else point.box
