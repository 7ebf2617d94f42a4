"""Cuts one window out of its source: decoded once, encoded once for each file."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

import numpy as np

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import ClipUnit, UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.media.audio import read_sound, write_wav
from cointeract_curation.media.timeline import Timing, load_timeline
from cointeract_curation.stages.cut.config import CutConfig
from cointeract_curation.stages.cut.pictures import ClipPictures, encode_clip
from cointeract_curation.stages.cut.record import CutRecord
from cointeract_curation.stages.probe.record import ProbeRecord
from cointeract_shards.constants import FPS, SAMPLE_RATE, audio_samples

BITS_PER_BYTE = 8


class CutStage(Stage[CutConfig]):
    """Writes ``rgb.mp4`` (the target), ``motion.mp4`` (the frames before it, where the window has any), ``audio.wav`` (16 kHz, mono,
    16 bit, from the target's first frame on) and ``cut.json`` (`CutRecord`). The bytes depend on nothing but source and settings.

    Scores: ``frames``, ``width``, ``height`` (stored), ``bits_per_pixel`` (of the source, over the window), ``encoded_bits_per_pixel``,
    ``audio_coverage`` (share of the samples that real sound stands behind), ``source_frames_used``, ``duplicates`` (share of
    frames that repeat the source frame before them).
    """

    name: ClassVar[str] = "cut"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("probe",)
    outputs: ClassVar[tuple[str, ...]] = ("rgb.mp4", "audio.wav", "cut.json")
    optional_outputs: ClassVar[tuple[str, ...]] = ("motion.mp4",)
    time_limit_s: ClassVar[float] = 600.0

    def revision(self) -> str:
        """PyAV brings the decoders, imageio-ffmpeg the encoder."""
        return distribution_version("av", "imageio-ffmpeg")

    def run(self, workspace: Workspace) -> Scores:
        """Cut one window.

        Raises:
            MissingFrameError: a frame of the window can't be decoded.
            PictureError, EncodeError: FFmpeg refuses the picture or the file.
        """
        clip = workspace.unit
        if not isinstance(clip, ClipUnit):
            raise TypeError(f"cut works on clips, not on the {clip.kind} {clip.unit_id}")
        timeline = load_timeline(workspace.input("probe", "timeline.npz"))
        record = ProbeRecord.model_validate_json(workspace.input("probe", "probe.json").read_bytes())
        source = workspace.source()
        shown = timeline.shown(clip.first - clip.motion_frames, clip.first + clip.frames)
        motion = workspace.output("motion.mp4") if clip.motion_frames else None
        pictures = ClipPictures(
            source, timeline, shown, Fraction(record.video.pixel_aspect), self.config.max_short_side
        )
        encoded = encode_clip(pictures, clip.motion_frames, self.config.encoder, workspace.output("rgb.mp4"), motion)
        sound = read_sound(
            source,
            timeline.origin + Fraction(clip.first, FPS),
            audio_samples(clip.frames),
            SAMPLE_RATE,
            # Only joined streams have a video clock that can't be compared with their sound's.
            from_start=timeline.timing is Timing.ORDINALS and bool(workspace.scores("probe")["clock_jumps"]),
        )
        write_wav(workspace.output("audio.wav"), sound.samples, SAMPLE_RATE)
        form = encoded.form
        details = CutRecord(
            first=clip.first,
            frames=clip.frames,
            motion_frames=clip.motion_frames,
            start_s=clip.first / FPS,
            rate=record.video.rate,
            source_frames=tuple(shown.tolist()),
            source_format=f"{form.pixel_format} {record.video.colour_matrix} {record.video.colour_range}",
            width=encoded.width,
            height=encoded.height,
            audio_samples=len(sound.samples),
            audio_coverage=sound.coverage,
        )
        workspace.output("cut.json").write_text(details.model_dump_json(indent=1) + "\n", encoding="utf-8")
        spanned = timeline.packet_bytes[shown[0] : shown[-1] + 1]
        source_pixels = len(spanned) * form.width * form.height
        return {
            "frames": clip.frames,
            "width": encoded.width,
            "height": encoded.height,
            "bits_per_pixel": int(spanned.sum()) * BITS_PER_BYTE / source_pixels,
            "encoded_bits_per_pixel": encoded.bytes * BITS_PER_BYTE / (len(shown) * encoded.width * encoded.height),
            "audio_coverage": sound.coverage,
            "source_frames_used": len(np.unique(shown)),
            "duplicates": float((np.diff(shown) == 0).sum() / len(shown)),
        }
