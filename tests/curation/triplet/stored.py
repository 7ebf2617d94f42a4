"""A clip as the stages before `references` would have written it."""

from __future__ import annotations

import av
import numpy as np

from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.stages.quality.record import QUALITY_FILE, FrameSeries, QualityRecord
from cointeract_curation.triplet.clip import HandledClip
from tests.curation.local_workspace import LocalStore

UNIT = ClipUnit(
    source=SourceUnit(sha256="c" * 64, path="none.mp4"),
    first=0,
    frames=12,
    motion_frames=0,
    shot=0,
    shot_first=0,
    shot_end=12,
)
"""A clip of 12 frames, for stages that don't ask where it comes from."""


def store_clip(store: LocalStore, unit: ClipUnit, clip: HandledClip) -> None:
    """Write the artifacts and scores of `cut`, `quality`, `people`, `body` and `object`."""
    for stage in ("cut", "quality", "people", "body", "object"):
        store.results[unit.unit_id, stage] = {"nsfw_max": None} if stage == "quality" else {}
        store.artifact(unit, stage, "x").parent.mkdir(parents=True)
    with av.open(str(store.artifact(unit, "cut", "rgb.mp4")), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        for picture in clip.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    still = FrameSeries(stride=1, values=[0.0] * clip.count)
    QualityRecord(
        width=clip.width, height=clip.height, frames=clip.count, luminance=still, sharpness=still, motion=still,
        black_runs=[], frozen_runs=[], overlays=[], text=[], speech_probability=[], speech_chunk=512, speech_runs=[],
    ).save(store.artifact(unit, "quality", QUALITY_FILE))  # fmt: skip
    with store.artifact(unit, "people", "landmarks.npz").open("wb") as file:
        np.savez(file, **vars(clip.landmarks))
    clip.body.save(store.artifact(unit, "body", "body.npz"))
    store.artifact(unit, "object", "object_masks.json").write_bytes(clip.object_masks.to_bytes())
