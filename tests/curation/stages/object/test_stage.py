"""The whole stage on a drawn clip: a hand that carries a striped box over a wall."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.media.masks import read_masks
from cointeract_curation.stages.object import ObjectConfig, ObjectStage
from cointeract_shards.records import TrackPoint, Tracks
from tests.curation.local_workspace import LocalStore
from tests.curation.stages.object.made_up import FRAMES, HEIGHT, WIDTH, Clip, make_body, make_clip, make_landmarks


def clip_unit(frames: int) -> ClipUnit:
    return ClipUnit(
        source=SourceUnit(sha256="0" * 64, path="drawn.mp4"),
        first=0, frames=frames, motion_frames=0, shot=0, shot_first=0, shot_end=frames,
    )  # fmt: skip


def nobody(frames: int) -> BodyFit:
    body = make_body(frames, np.full((frames, 2, 21, 2), np.nan), np.full((frames, 2), np.nan))
    body.fitted[:] = False
    return body


def write_inputs(store: LocalStore, clip: Clip) -> ClipUnit:
    """The artifacts of the stages before, as they would have written them."""
    frames = clip.frames.count
    unit = clip_unit(frames)
    for stage in ("cut", "people", "body"):
        store.results[unit.unit_id, stage] = {}
        store.artifact(unit, stage, "x").parent.mkdir(parents=True)
    with av.open(str(store.artifact(unit, "cut", "rgb.mp4")), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for picture in clip.frames.pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    none = (None,) * frames
    right = tuple(TrackPoint(box=(1.0, 2.0, 30.0, 40.0), score=0.9) for _ in range(frames))
    tracks = Tracks(
        width=WIDTH, height=HEIGHT, frames=frames, face=none, left_hand=none, right_hand=right, object=none, contact=none,
    )  # fmt: skip
    store.artifact(unit, "people", "tracks.json").write_bytes(tracks.to_bytes())
    with store.artifact(unit, "people", "landmarks.npz").open("wb") as file:
        np.savez(file, **vars(clip.landmarks))
    nobody(frames).save(store.artifact(unit, "body", "body.npz"))
    return unit


def run(folder: Path, clip: Clip, config: ObjectConfig | None = None) -> tuple[Scores, LocalStore, ClipUnit]:
    store = LocalStore(folder)
    unit = write_inputs(store, clip)
    stage = ObjectStage(config or ObjectConfig())
    stage.setup()
    scores = stage.run(store.workspace(unit, "object"))
    stage.close()
    return scores, store, unit


def test_a_clip_without_hands_has_no_object(tmp_path: Path) -> None:
    clip = make_clip(5)
    clip = Clip(clip.frames, make_landmarks(np.full((5, 2, 21, 2), np.nan)), clip.masks)
    scores, store, unit = run(tmp_path, clip)
    assert scores["object_share"] == 0
    assert scores["object_area"] is None
    assert not any(read_masks(store.artifact(unit, "object", "object_masks.json")).masks)
    tracks = Tracks.from_bytes(store.artifact(unit, "object", "tracks.json").read_bytes(), where="tracks")
    assert tracks.object == (None,) * 5
    assert all(contact is not None and contact.right_hand is None for contact in tracks.contact)
    assert tracks.right_hand[0] is not None  # people's boxes are kept


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("first", "second"):
        _, store, unit = run(tmp_path / name, make_clip(7))
        written.append([store.artifact(unit, "object", file).read_bytes() for file in ObjectStage.outputs])
    assert written[0] == written[1]


def test_a_prompt_beyond_the_clip_is_told(tmp_path: Path) -> None:
    prompts = {clip_unit(FRAMES).unit_id: {FRAMES: (0.0, 0.0, 9.0, 9.0)}}
    with pytest.raises(UnusableInputError, match=rf"frames \[{FRAMES}\]"):
        run(tmp_path, make_clip(), ObjectConfig(prompts=prompts))


def test_running_before_setting_up_is_told() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        ObjectStage(ObjectConfig()).run(None)  # type: ignore[arg-type]
