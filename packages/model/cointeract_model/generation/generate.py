"""The whole way from a request to a video: prepare, and for each clip encode, denoise, decode, write."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial

from cointeract_model.generation.clips import CLIP_FRAMES, new_frames
from cointeract_model.generation.decode import as_bytes, decode_clip
from cointeract_model.generation.denoise import denoise_clip, guidance_of
from cointeract_model.generation.encode import encode_clip, encode_references
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.estimate import estimate
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.prepare import Prepared
from cointeract_model.generation.progress import GenerationProgress
from cointeract_model.generation.record import Outputs, describe, is_done, write_record
from cointeract_model.generation.sheet import Sheet
from cointeract_model.generation.views import panels, side_by_side
from cointeract_model.generation.write import VideoFile
from cointeract_shards.constants import FPS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """A video that is finished.

    Attributes:
        video: its file.
        frames: of it, at 25 fps.
        clips: that it was made of.
        duration_s: its length.
        took_s: what making it took; of a video that was there already, nothing.
        made: whether it was made now.
    """

    video: str
    frames: int
    clips: int
    duration_s: float
    took_s: float
    made: bool


def generate(
    prepared: Prepared,
    outputs: Outputs,
    parts: Parts,
    progress: GenerationProgress,
    *,
    overwrite: bool = False,
    ignore_memory: bool = False,
) -> Result:
    """Make a video, unless it is there already, made of the same.

    Args:
        prepared: of what, with settings of this size.
        outputs: where to.
        parts: model, codecs and settings.
        progress: is told of every step.
        overwrite: replace whatever is there.
        ignore_memory: begin even where there seems to be too little memory.

    Raises:
        GenerationError: what is there already isn't to be replaced, there is too little memory, or files can't be written.
    """
    described, video = describe(prepared.request, parts), outputs.video
    if is_done(outputs, described, overwrite=overwrite):
        logger.info("%s is finished already", video)
        return _result(outputs, prepared, seconds=0.0, made=False)
    needed = estimate(prepared, parts)
    logger.info("%s: %d frames in %d clips; %s", video.name, prepared.frames, prepared.clips, needed)
    if not ignore_memory:
        needed.check()
    begun = time.monotonic()
    try:
        outputs.clear()
        write_record(outputs, described, None)
        _make(prepared, outputs, parts, progress)
        result = _result(outputs, prepared, seconds=time.monotonic() - begun, made=True)
        write_record(outputs, described, asdict(result))
    except OSError as error:  # a full disk, a folder that is read-only
        raise GenerationError(f"{video} can't be written: {error}") from error
    return result


def _make(prepared: Prepared, outputs: Outputs, parts: Parts, progress: GenerationProgress) -> None:
    settings, guidance, frames = parts.settings, guidance_of(parts), prepared.frames
    progress.begin(outputs.video.name, prepared.clips, settings.steps)
    references = encode_references(prepared, parts)
    given = {"person": prepared.person, "product": prepared.product}
    sheet = Sheet(frames, {name: as_bytes(picture) for name, picture in given.items() if picture is not None})
    motion = None
    with ExitStack() as files:
        video = files.enter_context(VideoFile(outputs.video, prepared.sound.track))
        beside = files.enter_context(VideoFile(outputs.panels, prepared.sound.track)) if settings.show_hoi else None
        for clip in range(prepared.clips):
            encoded = encode_clip(clip, motion, prepared, references, guidance, parts)
            latents = denoise_clip(clip, encoded, guidance, parts, partial(progress.step, clip))
            decoded = decode_clip(latents, encoded, references, parts)
            motion = decoded.motion
            first, count = clip * CLIP_FRAMES, new_frames(clip, frames)
            shown = {name: part[:count] for name, part in panels(decoded).items()}
            video.append(shown["rgb"])
            if beside is not None:
                beside.append(side_by_side(shown))
            sheet.add(first, shown)
            progress.wrote(first + count, frames)
    if settings.sheet:
        sheet.save(outputs.sheet)


def _result(outputs: Outputs, prepared: Prepared, *, seconds: float, made: bool) -> Result:
    return Result(
        video=str(outputs.video),
        frames=prepared.frames,
        clips=prepared.clips,
        duration_s=prepared.frames / FPS,
        took_s=round(seconds, 2),
        made=made,
    )
