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
from cointeract_curation.report.examples import Example, View
from cointeract_curation.report.svg import element, picture
from cointeract_shards import members
from cointeract_shards.constants import FPS
from cointeract_shards.errors import ContractError
from cointeract_shards.records import Track, Tracks

# av and cv2 are imported inside functions so that light commands stay light.

LONGER_SIDE = 320
"""Pixels of a thumbnail's longer side: twice what it is shown with, for screens that have two pixels for one."""
JPEG_QUALITY = 72
LABELS = (("object", "object"), ("face", "face"), ("left_hand", "L"), ("right_hand", "R"))
STILLS = {members.PERSON, members.PRODUCT}
LABEL_PART = 0.055
"""Height of a label, as a share of the picture's longer side."""
HALF_FRAME_S = 0.5 / FPS


@dataclass(frozen=True)
class ExamplePicture:
    """One view of a clip as a data URI with its boxes, or the reason why there is none. ``href`` is the member's file, from the report."""

    label: str
    href: str
    data: str
    width: int
    height: int
    overlay: Markup
    missing: str = ""


def example_pictures(example: Example, store: ArtifactStore) -> list[ExamplePicture]:
    """Every view of a clip: of videos the frame in the middle of the target. What can't be read is said on the page instead of shown."""
    if not example.views:
        return [_missing("", "", "stopped before it was cut")]
    return [_picture(example, view, store) for view in example.views]


def _picture(example: Example, view: View, store: ArtifactStore) -> ExamplePicture:
    import av

    label, href = view.member.split(".")[0], f"../artifacts/{view.key.folder}/{view.member}"
    try:
        path = store.artifact(view.key, view.member)
        image = still(path) if view.member in STILLS else middle_frame(path, example.middle)
        overlay = _boxes(example, store) if view.member == members.RGB else Markup("")
    except (FileNotFoundError, av.error.FFmpegError) as error:
        return _missing(label, href, f"{view.member} can't be read: {error.strerror or error}")
    except ContractError as error:
        return _missing(label, href, f"{members.TRACKS} can't be read: {error}")
    height, width = image.shape[:2]
    return ExamplePicture(label, href, _data_uri(image), width, height, overlay)


def _boxes(example: Example, store: ArtifactStore) -> Markup:
    if example.tracks is None:
        return Markup("")
    data = store.read_json(example.tracks, members.TRACKS)
    return box_overlay(Tracks.from_bytes(data, where=f"{example.clip_id}/{members.TRACKS}"), example.middle)


def _missing(label: str, href: str, reason: str) -> ExamplePicture:
    return ExamplePicture(label, href, "", 0, 0, Markup(""), reason)


def still(path: Path) -> NDArray[np.uint8]:
    """A picture's pixels as ``(H, W, 3)`` uint8 RGB. Raises `FileNotFoundError` and, where it is no picture, `av.error.FFmpegError`."""
    import av

    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            image: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
            return image
    raise av.error.InvalidDataError(0, "no picture can be decoded", str(path))


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
    """The object, the face and both hands of one frame as SVG over the picture. L and R are the person's own left and right."""
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
