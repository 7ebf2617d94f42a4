"""The encoder program under good and bad conditions."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from cointeract_curation.media import encode
from cointeract_curation.media.encode import EncodeError, EncoderConfig, H264Writer

WIDTH, HEIGHT = 64, 48
FAST = EncoderConfig(preset="ultrafast")


def picture(level: int) -> NDArray[np.uint8]:
    return np.full((HEIGHT * 3 // 2, WIDTH), level, dtype=np.uint8)


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def replacement(folder: Path, script: str) -> Path:
    """A program that stands in for ffmpeg."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_file_is_whole_when_the_writer_closes(tmp_path: Path) -> None:
    with H264Writer(tmp_path / "a.mp4", WIDTH, HEIGHT, FAST) as writer:
        for level in range(10):
            writer.write(picture(level * 20))
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.find(b"moov") < content.find(b"mdat")  # can be read while it is still being fetched
    assert b"Lavf" not in content  # no version of a library in the header


def write(path: Path, pictures: int, stall_s: float = 60.0, failure: Exception | None = None) -> None:
    with H264Writer(path, WIDTH, HEIGHT, FAST, stall_s=stall_s) as writer:
        for _ in range(pictures):
            writer.write(picture(1))
        if failure is not None:
            raise failure


def test_an_exception_while_writing_leaves_no_file_and_no_process(tmp_path: Path) -> None:
    before = children()
    with pytest.raises(RuntimeError, match="decoder"):
        write(tmp_path / "a.mp4", 1, failure=RuntimeError("decoder gave up"))
    assert not (tmp_path / "a.mp4").exists()
    assert children() == before


def test_what_the_encoder_says_is_in_the_error(tmp_path: Path) -> None:
    before = children()
    with pytest.raises(EncodeError, match="No such file or directory"):
        write(tmp_path / "no such folder" / "a.mp4", 2000)
    assert children() == before


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exec sleep 600", "took no data for 1 s"),
        ("cat > /dev/null; exec sleep 600", "did not end within 1 s"),
        ("echo broken >&2; exit 3", "broken"),
    ],
)
def test_an_encoder_that_hangs_or_dies_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    program = str(replacement(tmp_path, script))
    monkeypatch.setattr(encode, "encoder_program", lambda: program)
    before, started = children(), time.monotonic()
    with pytest.raises(EncodeError, match=message):
        write(tmp_path / "a.mp4", 1000, stall_s=1.0)
    assert time.monotonic() - started < 10
    assert children() == before
    assert not (tmp_path / "a.mp4").exists()


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("needs /dev/full")
    link = tmp_path / "full.mp4"
    link.symlink_to("/dev/full")
    with pytest.raises(EncodeError, match="No space left"):
        write(link, 1)


def test_sides_that_yuv420p_cannot_hold_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="63x48"):
        H264Writer(tmp_path / "a.mp4", 63, 48, FAST)
    with H264Writer(tmp_path / "a.mp4", WIDTH, HEIGHT, FAST) as writer:
        with pytest.raises(ValueError, match="bytes"):
            writer.write(picture(1)[:-2])
        writer.write(picture(1))
