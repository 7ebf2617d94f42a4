"""Small real samples: rendered movement encoded as H.264, spoken-length silence, tracks that follow what is drawn."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from cointeract_shards.constants import FPS, MOTION_FRAMES, SAMPLE_RATE, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.lint import LintReport
from cointeract_shards.manifest import ManifestRow
from cointeract_shards.records import Contact, HandContact, Meta, Shot, TrackPoint, Tracks
from cointeract_shards.sample import Sample

WIDTH, HEIGHT = 64, 96
BLOB = 12
Frames = NDArray[np.uint8]


def blob_centres(frame: int) -> list[tuple[float, float]]:
    """Centres of two blobs at a frame of the source's timeline; the paths don't repeat within a clip."""
    t = frame / FPS
    first = (WIDTH * (0.5 + 0.3 * np.sin(1.9 * t + 0.4 * t * t)), HEIGHT * (0.4 + 0.25 * np.cos(2.7 * t)))
    second = (WIDTH * (0.5 + 0.35 * np.cos(1.3 * t)), HEIGHT * (0.7 + 0.2 * np.sin(3.1 * t + 0.2 * t * t)))
    return [first, second]


def render(first: int, count: int, *, hoi: bool = False, still: bool = False) -> Frames:
    """Frames `first` to `first + count` of the scene: RGB on a textured background, or plain shapes on black."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    noise = np.random.default_rng(7).integers(60, 140, (HEIGHT, WIDTH, 3))
    frames = np.zeros((count, HEIGHT, WIDTH, 3), np.uint8)
    for index in range(count):
        frames[index] = 0 if hoi else noise
        for number, (x, y) in enumerate(blob_centres(first if still else first + index)):
            inside = (columns - x) ** 2 + (rows - y) ** 2 < BLOB**2
            shade = (150 + 40 * number) if hoi else 220 - 150 * number
            frames[index][inside] = shade
    return frames


def encode_video(frames: Frames, fps: Fraction | int = FPS, times: Iterable[int] | None = None) -> bytes:
    """H.264 in MP4; `times` gives each frame's time in units of 1 / (fps * 1000) where it isn't regular."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={"crf": "18", "preset": "veryfast"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        if times is not None:
            stream.codec_context.time_base = 1 / (Fraction(fps) * 1000)
        for index, (picture, time) in enumerate(zip(frames, times or range(0, 10**9, 1000), strict=False)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.time_base = 1 / (Fraction(fps) * 1000)
            frame.pts = index * 1000 if times is None else time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def encode_wav(samples: int, rate: int = SAMPLE_RATE, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((channels, 2, rate, samples, "NONE", ""))
        writer.writeframes(np.zeros(samples * channels, "<i2").tobytes())
    return buffer.getvalue()


def gradient_picture(seed: int) -> Frames:
    picture = np.random.default_rng(seed).integers(0, 255, (48, 32, 3), dtype=np.uint8)
    picture[:8] = 255
    return picture


def tracks_of(first: int) -> Tracks:
    """Face and left hand follow the two blobs; the right hand is never seen, the object every second frame."""

    def point(frame: int, number: int) -> TrackPoint:
        x, y = blob_centres(first + frame)[number]
        box = (max(0.0, x - BLOB), max(0.0, y - BLOB), min(float(WIDTH), x + BLOB), min(float(HEIGHT), y + BLOB))
        return TrackPoint(box=box, score=0.9, interpolated=frame % 3 != 0)

    frames = range(TARGET_FRAMES)
    contact = Contact(left_hand=HandContact(touching=True, score=0.5), right_hand=None)
    return Tracks(
        width=WIDTH,
        height=HEIGHT,
        frames=TARGET_FRAMES,
        face=[point(frame, 0) for frame in frames],
        left_hand=[point(frame, 1) for frame in frames],
        right_hand=[None for _ in frames],
        object=[point(frame, 1) if frame % 2 == 0 else None for frame in frames],
        contact=[contact for _ in frames],
    )


def meta_of(key: str, **changes: object) -> Meta:
    fields: dict[str, object] = {
        "id": key,
        "level": "clip",
        "source_id": "source-a",
        "source_sha256": hashlib.sha256(b"source-a").hexdigest(),
        "first_frame": MOTION_FRAMES,
        "frames": TARGET_FRAMES,
        "motion_frames": MOTION_FRAMES,
        "shot": Shot(index=0, first=0, end=300),
        "width": WIDTH,
        "height": HEIGHT,
        "scores": {"quality.luminance": 0.5, "people.count": 1, "quality.frozen": False},
        "fingerprints": {"cut": "f" * 16},
    }
    return Meta(**{**fields, **changes})


@dataclass(frozen=True)
class Footage:
    """Encoded members that all test samples share."""

    rgb: bytes
    motion: bytes
    hoi: bytes
    audio: bytes
    person: bytes
    product: bytes


def row_of(sample: Sample, **changes: object) -> ManifestRow:
    """An accepted manifest row of a sample, from its `meta.json`."""
    meta = sample.meta
    fields: dict[str, object] = {
        "clip_id": sample.key,
        "source_id": meta.source_id,
        "source_sha256": meta.source_sha256,
        "first_frame": meta.first_frame,
        "frames": meta.frames,
        "motion_frames": meta.motion_frames,
        "shot": meta.shot.index,
        "shot_first": meta.shot.first,
        "shot_end": meta.shot.end,
        "width": meta.width,
        "height": meta.height,
        "decision": "accepted",
        "level": meta.level,
        "scores": meta.scores,
        "fingerprints": meta.fingerprints,
    }
    return ManifestRow(**{**fields, **changes})  # type: ignore[arg-type]


MakeSample = Callable[..., Sample]
LintOne = Callable[..., LintReport]
MakeDataset = Callable[..., DatasetLayout]


def found(report: LintReport) -> set[tuple[str | None, str]]:
    """Sample and rule of each violation."""
    return {(violation.sample, violation.rule) for violation in report.violations}


def message(report: LintReport, rule: str) -> str:
    """Message of the first violation of a rule."""
    return next(violation.message for violation in report.violations if violation.rule == rule)
