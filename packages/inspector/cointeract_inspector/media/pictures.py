"""Pictures of a clip for the grid: a poster, and a strip of frames to scrub through without a video element."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from cointeract_inspector.media.video import frames_at, middle_keyframe, video_facts

POSTER_HEIGHT = 300
STRIP_FRAMES = 9
STRIP_WIDTH = 172
"""Pixels of one frame in the strip: the width of a card."""
QUALITY = 72
EFFORT = 3
"""Of WebP's 0 to 6: more costs time and saves few bytes."""


def poster(data: bytes, where: str) -> bytes:
    """A frame of the middle, as WebP."""
    picture = middle_keyframe(data, where)
    width = max(1, round(picture.width * POSTER_HEIGHT / picture.height))
    return _webp(picture.resize((width, POSTER_HEIGHT), Image.Resampling.BOX, reducing_gap=2.0))


def strip(data: bytes, where: str) -> bytes:
    """Frames from the whole clip side by side, as WebP."""
    frames = video_facts(data, where).frames
    wanted = [round((index + 0.5) * frames / STRIP_FRAMES - 0.5) for index in range(STRIP_FRAMES)]
    pictures = frames_at(data, wanted, where)
    height = max(1, round(pictures[0].height * STRIP_WIDTH / pictures[0].width))
    sheet = Image.new("RGB", (STRIP_WIDTH * STRIP_FRAMES, height))
    for index, picture in enumerate(pictures):
        sheet.paste(picture.resize((STRIP_WIDTH, height), Image.Resampling.BOX), (index * STRIP_WIDTH, 0))
    return _webp(sheet)


def png(picture: Image.Image) -> bytes:
    """A picture without loss."""
    buffer = BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _webp(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY, method=EFFORT)
    return buffer.getvalue()
