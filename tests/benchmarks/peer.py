"""What a user would write: PySceneDetect finds the shots, one ffmpeg call cuts each, two videos at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import imageio_ffmpeg


def process(video: str, output: str) -> int:
    """Cut every shot of ``video`` into a file; how many frames they have together."""
    from scenedetect import ContentDetector, detect

    scenes = detect(video, ContentDetector())
    rows = []
    for number, (first, end) in enumerate(scenes):
        target = str(Path(output, f"{Path(video).stem}-{number:03d}.mp4"))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-ss", str(first.seconds), "-i", video]
        command += [
            "-t",
            str((end - first).seconds),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "18",
            "-c:a",
            "aac",
            target,
        ]
        subprocess.run(command, check=True)
        rows.append({"file": target, "first": first.frame_num, "end": end.frame_num})
    Path(output, f"{Path(video).stem}.json").write_text(json.dumps(rows))
    return sum(row["end"] - row["first"] for row in rows)


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        frames = sum(pool.map(process, sys.argv[2:], [sys.argv[1]] * len(sys.argv[2:])))
    sys.stdout.write(f"{frames}\n")
