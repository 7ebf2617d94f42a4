"""What the benchmarks run on: the real livestream where it is at hand, else the rendered one, in several sources."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.footage import REAL_FOOTAGE, rendered_livestream


def livestream() -> Path:
    """One livestream."""
    real = REAL_FOOTAGE / "livestream.mp4"
    return real if real.exists() else rendered_livestream()


def copies(folder: Path, count: int) -> list[Path]:
    """``count`` sources with the same pictures and sound and different content: a comment in each tells them apart."""
    import imageio_ffmpeg

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(count):
        path = folder / f"source-{number}.mp4"
        if not path.exists():
            command = [
                imageio_ffmpeg.get_ffmpeg_exe(),
                "-loglevel",
                "error",
                "-y",
                "-i",
                str(livestream()),
                "-c",
                "copy",
            ]
            subprocess.run([*command, "-metadata", f"comment={number}", str(path)], check=True)
        made.append(path)
    return made


def looped(path: Path, seconds: int) -> Path:
    """The rendered livestream (360x640) again and again for ``seconds``, without encoding it anew."""
    import imageio_ffmpeg

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-stream_loop", "-1"]
        command += ["-i", str(rendered_livestream()), "-t", str(seconds), "-c", "copy", str(path)]
        subprocess.run(command, check=True)
    return path


def video_seconds(path: Path) -> float:
    """Seconds of video in a file."""
    import av

    with av.open(str(path)) as container:
        return float(container.duration or 0) / av.time_base
