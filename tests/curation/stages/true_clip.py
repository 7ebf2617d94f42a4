"""A few frames of the rendered livestream as artifacts of earlier stages, all of them true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cointeract_curation.core.stage import Scores, Stage
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.landmarks import Landmarks
from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.render.rgb_video import RgbVideo
from cointeract_curation.synth import Truth
from cointeract_curation.synth.arrays import read_masks
from cointeract_curation.synth.truth_body import true_body
from cointeract_shards.object_masks import ObjectMasks, RunLength
from cointeract_shards.records import Contact, HandContact, Tracks
from tests.curation.local_workspace import LocalStore
from tests.curation.stages.body.test_stage import landmarks_of


@dataclass(frozen=True)
class TrueClip:
    """What stages would hand over if they made no mistake."""

    video: Path
    first: int
    frames: int
    truth: Truth
    body: BodyFit
    landmarks: Landmarks
    masks: ObjectMasks
    tracks: Tracks

    def run(self, stage: Stage, folder: Path, **scores: Scores) -> tuple[Scores, Path]:  # type: ignore[type-arg]
        """Set up ``stage``, run it, and give its scores and the folder of what it wrote; ``scores`` by stage, of others."""
        source = SourceUnit(sha256="0" * 64, path="source.mp4")
        unit = ClipUnit(
            source=source, first=0, frames=self.frames, motion_frames=0, shot=0, shot_first=0, shot_end=self.frames
        )
        store = LocalStore(folder, {(unit.unit_id, name): scores.get(name, {}) for name in stage.requires})
        for name in ("cut", "people", "body", "object"):
            store.artifact(unit, name, "").mkdir(parents=True, exist_ok=True)
        size = (self.truth.width, self.truth.height)
        with RgbVideo(store.artifact(unit, "cut", "rgb.mp4"), size, EncoderConfig()) as video:
            for _, frame in DecodedVideo(self.video).at(list(range(self.first, self.first + self.frames))):
                video.write(frame)
        np.savez(store.artifact(unit, "people", "landmarks.npz"), **self.landmarks.__dict__)
        self.body.save(store.artifact(unit, "body", "body.npz"))
        store.artifact(unit, "object", "object_masks.json").write_bytes(self.masks.to_bytes())
        store.artifact(unit, "object", "tracks.json").write_bytes(self.tracks.to_bytes())
        stage.setup()
        found = store.run(stage, unit)
        stage.close()
        return found, store.artifact(unit, stage.name, "")


def true_clip(video: Path, first: int, frames: int) -> TrueClip:
    """``frames`` frames of a rendered video from ``first`` on, all in one shot."""
    path = video.with_suffix(".truth.json")
    truth = Truth.load(path)
    codes = read_masks(path.parent / truth.arrays / "object_masks.json")[first : first + frames]
    body = true_body(path, first, frames)
    nothing = (None,) * frames
    return TrueClip(
        video=video,
        first=first,
        frames=frames,
        truth=truth,
        body=body,
        landmarks=landmarks_of(body),
        masks=ObjectMasks(
            width=truth.width,
            height=truth.height,
            frames=frames,
            masks=tuple(None if code is None else RunLength(**code) for code in codes),
        ),
        tracks=Tracks(
            width=truth.width,
            height=truth.height,
            frames=frames,
            face=nothing,
            left_hand=nothing,
            right_hand=nothing,
            object=nothing,
            contact=tuple(
                Contact(
                    left_hand=HandContact(touching=bool(frame.left_contact and frame.left_contact.touching), score=1.0),
                    right_hand=HandContact(
                        touching=bool(frame.right_contact and frame.right_contact.touching), score=1.0
                    ),
                )
                for frame in truth.frames[first : first + frames]
            ),
        ),
    )
