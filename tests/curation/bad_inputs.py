"""Every kind of file that a run must survive, rendered small. Each has a keyword that says what should become of it."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from cointeract_curation.media.encode import encoder_program
from cointeract_curation.synth.counter import render_counter_video

UNUSABLE = "unusable"
"""`identify` or `probe` refuses it."""
TRUNCATED = "truncated"
"""Measured: fewer frames can be read than are promised."""
NO_AUDIO = "no_audio"
ONE_FRAME = "one_frame"
CHANGING_SIZE = "changing_size"
ABSURD_RATE = "absurd_rate"
INTERLACED = "interlaced"
FINE = "fine"
"""Odd, but as good as any other: it must come through with its pictures right."""

FRAMES = 102
WIDTH, HEIGHT = 192, 144


def run_ffmpeg(*arguments: str | Path) -> None:
    """Run the ffmpeg program quietly; raises where it fails."""
    command = [encoder_program(), "-nostdin", "-loglevel", "error", "-y", *(str(argument) for argument in arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _base(folder: Path) -> Path:
    """Counter footage with sound: what the others are made from. 4.08 s, so that it holds one window of 81 frames."""
    path = folder / "fine.mp4"
    render_counter_video(
        path,
        frames=FRAMES,
        rate=Fraction(25),
        width=WIDTH,
        height=HEIGHT,
        click_seconds=[Fraction(1), Fraction(2)],
        options={"g": "25"},
    )
    return path


def _empty(base: Path, path: Path) -> None:
    path.touch()


def _text(base: Path, path: Path) -> None:
    path.write_text("This is a shopping list, not a video.\n" * 200)


def _playlist(base: Path, path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n")


def _cut_off(base: Path, path: Path) -> None:
    """The index is at the end and therefore gone."""
    content = base.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _cut_off_behind_header(base: Path, path: Path) -> None:
    whole = path.with_name("whole.mp4")
    run_ffmpeg("-i", base, "-c", "copy", "-movflags", "+faststart", whole)
    content = whole.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    whole.unlink()


def _cut_off_matroska(base: Path, path: Path) -> None:
    whole = path.with_name("whole.mkv")
    run_ffmpeg("-i", base, "-c", "copy", whole)
    content = whole.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    whole.unlink()


def _sound_only(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-vn", "-c", "copy", path)


def _silent(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-an", "-c", "copy", path)


def _one_frame(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-frames:v", "1", "-an", path)


def _zero_duration(base: Path, path: Path) -> None:
    """All durations in the header are zero, as in a recording whose header was never updated."""
    content = bytearray(base.read_bytes())
    for box, offset in ((b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 20)):
        position = content.find(box)
        while position >= 0:
            struct.pack_into(">I", content, position + 4 + offset, 0)
            position = content.find(box, position + 1)
    path.write_bytes(content)


def _changing_size(base: Path, path: Path) -> None:
    parts = []
    for number, size in enumerate((f"{WIDTH}x{HEIGHT}", f"{WIDTH * 2}x{HEIGHT * 2}")):
        part = path.with_name(f"part{number}.ts")
        run_ffmpeg("-i", base, "-an", "-s", size, "-c:v", "libx264", "-output_ts_offset", str(number * 5), part)
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def _absurd_rate(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-vf", "setpts=N/1000/TB", "-r", "1000", "-an", "-c:v", "libx264", path)


def _hevc_10_bit(base: Path, path: Path) -> None:
    run_ffmpeg(
        "-i",
        base,
        "-c:v",
        "libx265",
        "-pix_fmt",
        "yuv420p10le",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=error",
        path,
    )


def _av1(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-c:v", "libsvtav1", "-preset", "10", "-crf", "20", path)


def _interlaced(base: Path, path: Path) -> None:
    run_ffmpeg(
        "-i", base, "-vf", "setfield=tff", "-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1", path
    )


def _anamorphic(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-vf", "setsar=4/3", "-c:v", "libx264", path)


def _rotated(base: Path, path: Path) -> None:
    run_ffmpeg("-display_rotation", "90", "-i", base, "-c", "copy", path)


def _alpha_rle(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-pix_fmt", "argb", "-c:v", "qtrle", path)


def _alpha_png(base: Path, path: Path) -> None:
    run_ffmpeg("-i", base, "-pix_fmt", "rgba", "-c:v", "png", path)


def _alpha_vp9(base: Path, path: Path) -> None:
    run_ffmpeg(
        "-i", base, "-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", path
    )


def _copy(base: Path, path: Path) -> None:
    shutil.copy(base, path)


def _directory(base: Path, path: Path) -> None:
    path.mkdir()


def _dead_link(base: Path, path: Path) -> None:
    path.symlink_to(path.with_name("gone.mp4"))


def _no_permission(base: Path, path: Path) -> None:
    shutil.copy(base, path)
    path.chmod(0)


LONGEST_NAME = "long-" + "n" * 246 + ".mp4"

KINDS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "empty.mp4": (_empty, UNUSABLE),
    "text.mp4": (_text, UNUSABLE),
    "playlist.mp4": (_playlist, UNUSABLE),
    "cut-off.mp4": (_cut_off, UNUSABLE),
    "cut-off-behind-header.mp4": (_cut_off_behind_header, TRUNCATED),
    "cut-off.mkv": (_cut_off_matroska, TRUNCATED),
    "sound-only.mp4": (_sound_only, UNUSABLE),
    "silent.mp4": (_silent, NO_AUDIO),
    "one-frame.mp4": (_one_frame, ONE_FRAME),
    "zero-duration.mp4": (_zero_duration, FINE),
    "changing-size.ts": (_changing_size, CHANGING_SIZE),
    "absurd-rate.mp4": (_absurd_rate, ABSURD_RATE),
    "hevc-10-bit.mp4": (_hevc_10_bit, FINE),
    "av1.mp4": (_av1, FINE),
    "interlaced.mp4": (_interlaced, INTERLACED),
    "anamorphic.mp4": (_anamorphic, FINE),
    "rotated.mp4": (_rotated, FINE),
    "alpha-rle.mov": (_alpha_rle, FINE),
    "alpha-png.mov": (_alpha_png, FINE),
    "alpha-vp9.webm": (_alpha_vp9, FINE),
    "直播 ✂ été 50%d.mp4": (_copy, FINE),
    "colon:and 'quotes'.mp4": (_copy, FINE),
    LONGEST_NAME: (_copy, FINE),
    "directory.mp4": (_directory, UNUSABLE),
    "dead-link.mp4": (_dead_link, UNUSABLE),
    "no-permission.mp4": (_no_permission, UNUSABLE),
}


def make_bad_inputs(folder: Path) -> dict[str, str]:
    """Render every kind into ``folder`` and return the keyword of each file name; ``fine.mp4`` is ordinary footage.

    The file without permission is left out for the superuser, who may read everything. Files that have the same content as
    ``fine.mp4`` (names, copies) are one source to a run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    base = _base(folder)
    outcomes = {base.name: FINE}
    for name, (make, keyword) in KINDS.items():
        if make is _no_permission and os.geteuid() == 0:
            continue
        make(base, folder / name)
        outcomes[name] = keyword
    return outcomes
