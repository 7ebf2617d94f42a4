"""A clip whose frames tell their number: artifacts of the stages that `encode` reads, and how to read a number back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.media.audio import write_wav
from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.render.rgb_video import RgbVideo
from cointeract_curation.triplet.pictures import write_picture
from cointeract_shards.buckets import Bucket
from cointeract_shards.constants import AUDIO_SAMPLES, MOTION_FRAMES, SAMPLE_RATE, TARGET_FRAMES

WIDTH, HEIGHT = 120, 200
BUCKET = Bucket(width=64, height=112)
PROMPT = "A woman shows a red cup."
SOURCE = SourceUnit(sha256="0" * 64, path="/nowhere.mp4")
SCORES: dict[str, Scores] = {"quality": {"loudness_lufs": -30.0}}
Picture = NDArray[np.uint8]

DARKEST, STEP = 30, 1.25
"""Level of frame -73 in the middle band, and how much each frame is lighter: 153 frames fit into 255 levels."""


def clip(first: int = 100, *, motion: bool = True) -> ClipUnit:
    before = MOTION_FRAMES if motion else 0
    return ClipUnit(
        source=SOURCE, first=first, frames=TARGET_FRAMES, motion_frames=before, shot=0, shot_first=0, shot_end=10_000
    )


def level(frame: int) -> float:
    return DARKEST + STEP * (frame + MOTION_FRAMES)


def frames(first: int, count: int, seed: int) -> list[Picture]:
    """A smooth still background; over its middle a band whose brightness is the frame's number, from the target's first frame on."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    drawn = np.random.default_rng(seed).uniform(0.5, 2, 6)
    waves = [127 + 90 * np.sin(drawn[k] * columns / 15 + drawn[k + 3] * rows / 25) for k in range(3)]
    background = np.stack(waves, -1).astype(np.uint8)
    pictures = []
    for frame in range(first, first + count):
        picture = background.copy()
        picture[HEIGHT // 3 : 2 * HEIGHT // 3] = round(level(frame))
        pictures.append(picture)
    return pictures


def number(picture: NDArray[np.float64]) -> float:
    """The frame's number, from a picture (H, W, 3) with levels 0 to 255 of any size."""
    height, width = picture.shape[:2]
    middle = picture[int(0.45 * height) : int(0.55 * height), int(0.25 * width) : int(0.75 * width)]
    return float((middle.mean() - DARKEST) / STEP - MOTION_FRAMES)


def write_artifacts(folder: Path, stage: str, unit: ClipUnit, count: int = TARGET_FRAMES) -> None:
    """What a stage would have made of the clip, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = unit.first
    if stage == "cut":
        _write(folder / "rgb.mp4", frames(0, count, seed))
        if unit.motion_frames:
            _write(folder / "motion.mp4", frames(-MOTION_FRAMES, MOTION_FRAMES, seed))
        tone = 8000 * np.sin(np.arange(AUDIO_SAMPLES) * (0.05 + seed / 10_000))
        write_wav(folder / "audio.wav", tone.astype(np.int16), SAMPLE_RATE)
    if stage == "structure":
        _write(folder / "hoi.mp4", frames(0, count, seed + 1))
    if stage == "pose":
        _write(folder / "pose.mp4", frames(0, count, seed + 2))
    if stage == "references":
        write_picture(folder / "person.png", frames(0, 1, seed)[0])
        product = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        product[60:140, 30:90] = (200, 30, 40)
        write_picture(folder / "product.png", product)
    if stage == "caption":
        (folder / "caption.json").write_text(json.dumps({"version": 1, "prompt": PROMPT}))


def decoded(path: Path) -> NDArray[np.float64]:
    """Frames (frames, H, W, 3) of a video as they were stored."""
    return np.stack(list(DecodedVideo(path))).astype(np.float64)


def _write(path: Path, pictures: list[Picture]) -> None:
    with RgbVideo(path, (WIDTH, HEIGHT), EncoderConfig()) as video:
        for picture in pictures:
            video.write(picture)
