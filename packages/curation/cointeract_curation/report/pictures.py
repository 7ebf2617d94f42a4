"""Example frames: one decoded frame of a clip as a small JPEG inside the page, with the boxes that were found on it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.report.examples import Example
from cointeract_curation.report.svg import element, picture
from cointeract_shards import members
from cointeract_shards.constants import FPS
from cointeract_shards.errors import ContractError
from cointeract_shards.records import Track, Tracks

# av and cv2 are imported inside functions so that light commands stay light.

LONGER_SIDE = 320
"""Pixels of a thumbnail's longer side: twice what it is shown with, for screens that have two pixels for one."""
JPEG_QUALITY = 72
LABELS = (("face", "face"), ("left_hand", "L"), ("right_hand", "R"))
LABEL_PART = 0.055
"""Height of a label, as a share of the picture's longer side."""
HALF_FRAME_S = 0.5 / FPS


@dataclass(frozen=True)
class ExamplePicture:
    """A frame as a data URI with its boxes, or the reason why there is none."""

    data: str
    width: int
    height: int
    overlay: Markup
    missing: str = ""


def example_picture(example: Example, store: ArtifactStore) -> ExamplePicture:
    """The frame in the middle of the clip's target. What can't be read is said on the page instead of shown."""
    import av

    if example.video is None:
        return _missing("stopped before it was cut")
    try:
        image = middle_frame(store.artifact(example.video, members.RGB), example.middle)
    except (FileNotFoundError, av.error.FFmpegError) as error:
        return _missing(f"{members.RGB} can't be read: {error.strerror or error}")
    overlay = Markup("")
    if example.tracks is not None:
        try:
            data = store.read_json(example.tracks, members.TRACKS)
            overlay = box_overlay(Tracks.from_bytes(data, where=f"{example.clip_id}/{members.TRACKS}"), example.middle)
        except (FileNotFoundError, ContractError) as error:
            return _missing(f"{members.TRACKS} can't be read: {error}")
    height, width = image.shape[:2]
    return ExamplePicture(_data_uri(image), width, height, overlay)


def _missing(reason: str) -> ExamplePicture:
    return ExamplePicture("", 0, 0, Markup(""), reason)


def middle_frame(path: Path, index: int) -> NDArray[np.uint8]:
    """Frame ``index`` of a 25 fps video as ``(H, W, 3)`` uint8 RGB, or its last frame where it is shorter.

    Raises `av.error.FFmpegError` where nothing can be decoded.
    """
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        wanted_s = index / FPS
        container.seek(int(wanted_s * av.time_base))
        last: Any = None
        for last in container.decode(stream):
            if last.time is not None and last.time > wanted_s - HALF_FRAME_S:
                break
        if last is None:
            raise av.error.InvalidDataError(0, "no frame can be decoded", str(path))
        image: NDArray[np.uint8] = last.to_ndarray(format="rgb24")
        return image


def _data_uri(image: NDArray[np.uint8]) -> str:
    import cv2

    height, width = image.shape[:2]
    scale = min(1.0, LONGER_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()


def box_overlay(tracks: Tracks, frame: int) -> Markup:
    """The face and both hands of one frame as SVG over the picture. L and R are the person's own left and right."""
    boxes = []
    size = LABEL_PART * max(tracks.width, tracks.height)
    for name, label in LABELS:
        track: Track = getattr(tracks, name)
        point = track[frame] if frame < len(track) else None
        if point is None or point.box is None:
            continue
        x1, y1, x2, y2 = point.box
        class_ = f"box {name.replace('_', '-')}" + (" interpolated" if point.interpolated else "")
        detail = "filled in between detections" if point.interpolated else "detected"
        score = "" if point.score is None else f", score {point.score:.2f}"
        title = element("title", f"{name.replace('_', ' ')}, {detail}{score}")
        rectangle = element("rect", title, x=x1, y=y1, width=x2 - x1, height=y2 - y1)
        text = element("text", label, x=x1, y=max(y1 - size / 4, size), font_size=size)
        boxes.append(element("g", rectangle + text, class_=class_))
    return (
        picture(tracks.width, tracks.height, Markup("").join(boxes), "boxes found on this frame", "boxes")
        if boxes
        else Markup("")
    )
