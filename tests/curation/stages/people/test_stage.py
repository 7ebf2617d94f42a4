from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from cointeract_curation.stages.people import PeopleConfig, PeopleStage
from cointeract_curation.stages.quality.boxes import intersection_over_union
from cointeract_shards.records import Box, Track
from tests.curation.stages.people.conftest import STRIDE, Picture, Rendered, RunClip

COUNT = 31
SMALLEST_OVERLAP = 0.5


def frames_from(path: Path, first: int, count: int) -> list[Picture]:
    """Frames of the real livestream, 25 a second, from the nearest keyframe before them on."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        at = (first - 0.5) / 25.0
        container.seek(round(at / float(stream.time_base or 1)), stream=stream)
        wanted = (frame for frame in container.decode(stream) if float(frame.time) >= at)
        return [frame.to_ndarray(format="rgb24") for frame in islice(wanted, count)]


def overlaps(track: Track, boxes: list[Box | None]) -> list[float]:
    """IoU in each frame where the truth has a box; 0 where the track has none."""
    return [
        intersection_over_union(point.box, box) if point is not None and point.box is not None else 0.0
        for point, box in zip(track, boxes, strict=True)
        if box is not None
    ]


def test_a_rendered_person_is_followed_on_the_true_places_and_sides(run_clip: RunClip, rendered: Rendered) -> None:
    for shot in (shot for shot in rendered.truth.shots if shot.person):
        first = shot.start_frame + 20
        result = run_clip(rendered.frames(first, COUNT), shot.label)
        truth = rendered.truth.frames[first : first + COUNT]
        assert result.scores["persons"] == 1
        assert result.scores["person_share"] == result.scores["face_share"] == result.scores["hand_share"] == 1.0
        for track, boxes in (
            (result.tracks.face, [frame.face for frame in truth]),
            (result.tracks.left_hand, [frame.left_hand for frame in truth]),
            (result.tracks.right_hand, [frame.right_hand for frame in truth]),
        ):
            assert np.mean(np.array(overlaps(track, list(boxes))) >= SMALLEST_OVERLAP) >= 0.8
        for track, boxes in (
            (result.tracks.left_hand, [frame.right_hand for frame in truth]),
            (result.tracks.right_hand, [frame.left_hand for frame in truth]),
        ):
            assert max(overlaps(track, list(boxes))) < SMALLEST_OVERLAP, "a hand is on the other side"
        assert sum(point is not None and not point.interpolated for point in result.tracks.face) == COUNT // STRIDE + 1


def test_a_mirrored_clip_swaps_the_hands_tracks(run_clip: RunClip, rendered: Rendered) -> None:
    frames = rendered.frames(20, COUNT)
    width = frames[0].shape[1]
    straight = run_clip(frames, "straight").tracks
    mirrored = run_clip([np.ascontiguousarray(frame[:, ::-1]) for frame in frames], "mirrored").tracks
    for track, other in ((straight.left_hand, mirrored.right_hand), (straight.right_hand, mirrored.left_hand)):
        boxes: list[Box | None] = []
        for point in track:
            box = None if point is None else point.box
            boxes.append(None if box is None else (width - box[2], box[1], width - box[0], box[3]))
        assert np.mean(overlaps(other, boxes)) > 0.8


def test_a_product_alone_is_no_person(run_clip: RunClip, rendered: Rendered) -> None:
    shot = next(shot for shot in rendered.truth.shots if not shot.person)
    result = run_clip(rendered.frames(shot.start_frame, COUNT))
    assert (result.scores["persons"], result.scores["person_share"], result.scores["hand_share"]) == (0, 0.0, 0.0)
    assert result.tracks.face == result.tracks.left_hand == result.tracks.right_hand == (None,) * COUNT


def test_two_people_are_counted_and_one_is_followed(run_clip: RunClip, rendered: Rendered) -> None:
    one, two = (shot for shot in rendered.truth.shots if shot.person)
    pairs = zip(rendered.frames(one.start_frame + 20, COUNT), rendered.frames(two.start_frame + 20, COUNT), strict=True)
    result = run_clip([np.ascontiguousarray(np.hstack(pair)) for pair in pairs])
    assert result.scores["persons"] == 2
    middles = [
        (point.box[0] + point.box[2]) / 2 for point in result.tracks.face if point is not None and point.box is not None
    ]
    assert np.ptp(middles) < 100


def test_a_person_who_leaves_is_there_for_a_share_and_has_no_boxes_after(run_clip: RunClip, rendered: Rendered) -> None:
    frames = rendered.frames(20, COUNT)
    empty = np.full_like(frames[0], 120)
    result = run_clip([*frames[:16], *[empty] * 15])
    assert result.scores["person_share"] == pytest.approx(4 / 7)
    assert all(point is not None for point in result.tracks.face[:16])
    assert result.tracks.face[16:] == result.tracks.left_hand[16:] == result.tracks.right_hand[16:] == (None,) * 15


def test_a_new_worker_writes_the_same_bytes(run_clip: RunClip, rendered: Rendered) -> None:
    frames = rendered.frames(40, 16)
    other = PeopleStage(PeopleConfig(stride=STRIDE))
    other.setup()
    one, two = run_clip(frames, "one"), run_clip(frames, "two", other)
    other.close()
    assert one.tracks_bytes == two.tracks_bytes
    assert one.landmarks.read_bytes() == two.landmarks.read_bytes()
    assert one.scores == two.scores


def test_a_stage_that_was_not_set_up_says_so(run_clip: RunClip) -> None:
    with pytest.raises(RuntimeError, match="call setup"):
        run_clip([np.zeros((64, 64, 3), np.uint8)], "clip", PeopleStage(PeopleConfig()))


@pytest.mark.footage
def test_the_six_real_demonstrations_have_one_person_with_hands_and_the_still_has_none(
    run_clip: RunClip, real_livestream: Path
) -> None:
    shots = json.loads(real_livestream.with_suffix(".truth.json").read_text())["shots"]
    for shot in shots:
        scores = run_clip(frames_from(real_livestream, shot["start_frame"] + 5, 21), shot["label"]).scores
        if shot["person"]:
            assert scores["persons"] == 1, shot["label"]
            assert scores["person_share"] == scores["face_share"] == 1.0, shot["label"]
            assert float(scores["hand_share"] or 0.0) >= 0.6, shot["label"]
        else:
            assert (scores["persons"], scores["person_share"], scores["hand_share"]) == (0, 0.0, 0.0)
