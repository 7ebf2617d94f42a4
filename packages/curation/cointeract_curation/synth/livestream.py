"""Rendering a livestream and its truth: shot by shot, in bounded memory."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.arrays import RunLength, shot_joints, write_joints, write_masks, write_mesh
from cointeract_curation.synth.config import SynthConfig
from cointeract_curation.synth.direct import frame_span, shot_sound, stage_shot
from cointeract_curation.synth.encode import encoder
from cointeract_curation.synth.measure import MeasuredFrame, Measurer
from cointeract_curation.synth.render import Rendered, Renderer
from cointeract_curation.synth.speech import SAMPLE_RATE
from cointeract_curation.synth.staging import StagedShot, solid_of
from cointeract_curation.synth.truth import FrameTruth, ShotTruth, Truth

Floats32 = NDArray[np.float32]
Progress = Callable[[int, int], None]
MASKS = ("person", "object", "other", "body")
CHUNK = 16  # frames whose vertices are in memory at once


@dataclass(frozen=True)
class SynthResult:
    """The files that were written."""

    video: Path
    truth: Path


def render_livestream(config: SynthConfig, out_dir: Path, progress: Progress | None = None) -> SynthResult:
    """Render `NAME.mp4`, `NAME.truth.json` and the directory `NAME.truth/` into a directory.

    The video appears last, under its final name only when everything is written; existing files of the name are replaced.

    Args:
        config: what to render.
        out_dir: where; made if missing.
        progress: called with frames done and frames in all.

    Raises:
        RuntimeError: if the video can't be encoded.
        OSError: if the directory can't be written.
    """
    video, truth_path = out_dir / f"{config.name}.mp4", out_dir / f"{config.name}.truth.json"
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{config.name}.", dir=out_dir) as work:
        unfinished = Path(work)
        arrays = unfinished / "arrays"
        arrays.mkdir()
        truth = _render(config, unfinished / video.name, arrays, progress)
        (unfinished / truth_path.name).write_text(truth.model_dump_json(), encoding="utf-8")
        final_arrays = out_dir / truth.arrays
        if final_arrays.exists():
            shutil.rmtree(final_arrays)
        arrays.rename(final_arrays)
        (unfinished / truth_path.name).replace(truth_path)
        (unfinished / video.name).replace(video)
    return SynthResult(video, truth_path)


def _render(config: SynthConfig, video: Path, arrays: Path, progress: Progress | None) -> Truth:
    """Write the video and the arrays; returns the truth that belongs to them."""
    total = sum(config.shot_frames)
    sounds = [shot_sound(config, shot) for shot in range(len(config.shot_frames))]
    track = (np.concatenate([sound.samples for sound in sounds]), SAMPLE_RATE) if config.audio else None
    shots: list[ShotTruth] = []
    frames: list[FrameTruth] = []
    masks: dict[str, list[RunLength | None]] = {name: [] for name in MASKS}
    joints: list[dict[str, NDArray[Any]]] = []
    with encoder(video, (config.width, config.height), config.fps, config.crf, track) as pipe:
        for number, sound in enumerate(sounds):
            staged = stage_shot(config, number, sound)
            first, end = frame_span(config, number)
            found = shot_joints(staged)
            visible: list[dict[str, NDArray[np.bool_]]] = []
            for rendered, measured in _shot_frames(config, staged, number, first, found):
                pipe.write(rendered.rgb.tobytes())
                frames.append(measured.truth)
                visible.append(measured.visible)
                for name, code in measured.masks.items():
                    masks[name].append(code)
                if progress is not None:
                    progress(len(frames), total)
            shots.append(_shot_truth(staged, first, end))
            joints.append(found | {name: np.stack([seen[name] for seen in visible]) for name in visible[0]})
            write_mesh(arrays / f"mesh_{number}.npz", staged)
    for name, codes in masks.items():
        write_masks(arrays / f"{name}_masks.json", codes)
    write_joints(arrays / "joints.npz", joints)
    return Truth(
        video=video.name,
        arrays=f"{config.name}.truth",
        config=config,
        fps=str(config.fps),
        frame_count=total,
        width=config.width,
        height=config.height,
        cuts=tuple(shot.start_frame for shot in shots[1:]),
        shots=tuple(shots),
        frames=tuple(frames),
    )


def _shot_truth(staged: StagedShot, first: int, end: int) -> ShotTruth:
    look = staged.person.figure.look if staged.person is not None else None
    return ShotTruth(
        label=staged.label,
        kind=staged.kind,
        people=len(staged.people),
        start_frame=first,
        end_frame=end,
        person=look is not None,
        phenotype=look.phenotype if look is not None else None,
        hair=look.hair_style if look is not None else None,
        product=staged.item.product.kind if staged.item is not None else None,
        product_size=staged.item.product.size if staged.item is not None else None,
        held_by=staged.held_by,
        focal=staged.cameras[0].focal,
        centre=staged.cameras[0].centre,
    )


def _shot_frames(
    config: SynthConfig, staged: StagedShot, number: int, first: int, joints: dict[str, Floats32]
) -> Iterator[tuple[Rendered, MeasuredFrame]]:
    """Frames of a shot in order; Warp's kernels leave the interpreter free, so threads render neighbours at once."""
    solid, labels = solid_of(staged)
    corners = staged.vertices(0, 1).shape[1]
    size = (config.width, config.height)
    idle: SimpleQueue[tuple[Renderer, Measurer]] = SimpleQueue()
    for _ in range(config.threads):
        renderer = Renderer(solid, corners, staged.backdrop, staged.lighting, size)
        idle.put((renderer, Measurer(staged, size, joints)))

    def frame(index: int, vertices: Floats32, bare: Floats32 | None) -> tuple[Rendered, MeasuredFrame]:
        renderer, measurer = idle.get()
        try:
            rendered = renderer.render(vertices, staged.cameras[index])
            return rendered, measurer.measure(number, first, index, vertices, bare, rendered, labels)
        finally:
            idle.put((renderer, measurer))

    with ThreadPoolExecutor(config.threads) as pool:
        waiting: deque[Future[tuple[Rendered, MeasuredFrame]]] = deque()
        for start in range(0, len(staged.cameras), CHUNK):
            end = min(start + CHUNK, len(staged.cameras))
            bare = staged.person.bare_vertices(start, end) if staged.person is not None else None
            for offset, points in enumerate(staged.vertices(start, end)):
                waiting.append(pool.submit(frame, start + offset, points, None if bare is None else bare[offset]))
                if start + offset == 0:
                    waiting[0].result()  # kernels are compiled and loaded once, before threads share them
                while len(waiting) > config.threads:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
