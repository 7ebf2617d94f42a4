"""Boxes that people drew: they say which thing is the object, and where, on all frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.corrections import ClipBoxes
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.human.drawn_boxes import BRIDGE, REACH, drawn_track, obeyed
from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.media.masks import decode_mask, read_masks
from cointeract_curation.render.rgb_video import RgbVideo
from cointeract_curation.stages.object import ObjectConfig, ObjectStage
from cointeract_curation.stages.object.colours import colour_bins
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.hands import Hands
from cointeract_curation.stages.object.prompts import obey
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.records import Box, TrackPoint, Tracks
from tests.curation.local_workspace import LocalStore
from tests.curation.stages.object.made_up import overlap
from tests.curation.stages.true_clip import TrueClip, true_clip

SHAPE = (80, 60)
FRAMES = 5


def scene(pictures: NDArray[np.uint8], apart: float = 0.0) -> Evidence:
    """Evidence of byte Lab pictures (T, h, w, 3) in which nothing moves."""
    frames, still = len(pictures), np.zeros((len(pictures) - 1, *SHAPE, 2), np.float32)
    hands = Hands(
        np.zeros((frames, 2, 21, 2), np.float32), np.full((frames, 2), 9, np.float32), np.ones((frames, 2), bool)
    )
    return Evidence(
        channels={},
        bins=colour_bins(pictures),
        parts=np.zeros((frames, *SHAPE), np.uint8),
        hands=hands,
        shapes=np.zeros((frames, *SHAPE), np.uint8),
        apart=np.full((frames, 2, *SHAPE), apart, np.float32),
        onward=still,
        back=still,
    )


def grey() -> NDArray[np.uint8]:
    return np.full((FRAMES, *SHAPE, 3), 128, np.uint8)


def test_without_boxes_nothing_changes() -> None:
    likely = np.random.default_rng(0).random((FRAMES, *SHAPE), np.float32)
    assert (obey(likely, scene(grey()), {}, (1.0, 1.0)) == likely).all()


def test_a_box_where_nothing_was_found_is_the_object_and_what_was_found_elsewhere_isn_t() -> None:
    likely = np.full((FRAMES, *SHAPE), 0.02, np.float32)
    likely[:, 60:70, 40:50] = 0.9
    said = obey(likely, scene(grey()), {2: (5.0, 5.0, 25.0, 35.0)}, (1.0, 1.0))
    assert (said[2, 8:32, 8:22] > 0.9).all()
    assert said[:, 60:70, 40:50].max() < 0.5


def test_within_a_box_the_object_is_what_its_surroundings_don_t_show() -> None:
    pictures = grey()
    pictures[:, 20:30, 20:30] = (150, 190, 170)
    said = obey(np.full((FRAMES, *SHAPE), 0.02, np.float32), scene(pictures), {2: (14.0, 14.0, 36.0, 36.0)}, (1.0, 1.0))
    assert (said[2, 21:29, 21:29] > 0.9).all()
    assert said[2, 15:19, 15:35].max() < 0.5


def test_a_box_around_what_was_found_leaves_its_outline_alone() -> None:
    likely = np.full((FRAMES, *SHAPE), 0.02, np.float32)
    likely[:, 20:40, 20:40] = 0.9
    likely[:, 20:26, 20:26] = 0.05  # a corner that isn't the object
    said = obey(likely, scene(grey()), {2: (20.0, 20.0, 40.0, 40.0)}, (1.0, 1.0))
    assert ((said > 0.5) == (likely > 0.5)).all()


def test_what_lies_outside_is_unlikely_far_from_the_frame_too_by_its_colours() -> None:
    pictures = np.full((60, *SHAPE, 3), 128, np.uint8)
    pictures[:, 20:30, 5:15], pictures[:, 20:30, 40:50] = (150, 190, 170), (90, 80, 100)
    likely = np.full((60, *SHAPE), 0.02, np.float32)
    likely[:, 20:30, 5:15] = likely[:, 20:30, 40:50] = 0.95
    said = obey(likely, scene(pictures), {0: (5.0, 20.0, 15.0, 30.0)}, (1.0, 1.0))
    assert said[59, 20:30, 40:50].max() < 0.5
    assert said[59, 20:30, 5:15].min() > 0.9


@pytest.mark.slow
def test_a_right_box_makes_a_wrong_mask_right(livestream: Path, tmp_path: Path) -> None:
    clip, truth = distracted(livestream, tmp_path)
    before, _ = segment(clip, tmp_path / "before", {})
    assert before.mean_overlap(truth) < 0.7, "the distractor must fool the segmenter for this test to mean anything"
    box = tight(truth[DRAWN])
    hand: Box = (3.0, 4.0, 33.0, 44.0)
    after, tracks = segment(clip, tmp_path / "after", {"object": {DRAWN: box}, "left_hand": {2: hand}})
    assert after.mean_overlap(truth) > before.mean_overlap(truth) + 0.2
    assert after.mean_overlap(truth) > 0.85
    drawn = tracks.left_hand[2]
    assert drawn is not None
    assert (drawn.box, drawn.score) == (hand, 1.0)


FIRST, LENGTH, DRAWN = 60, 24, 12
PATCH = 0.085
"""Side of the distractor as a share of the picture's height: about a hand's."""


@dataclass(frozen=True)
class Masks:
    masks: list[NDArray[np.bool_]]

    def mean_overlap(self, truth: list[NDArray[np.bool_]]) -> float:
        return float(np.mean([overlap(found, true) for found, true in zip(self.masks, truth, strict=True)]))


def distracted(livestream: Path, folder: Path) -> tuple[TrueClip, list[NDArray[np.bool_]]]:
    """Rendered frames in which the hand that doesn't hold the product carries a loud patch; and the product's true masks."""
    clip = true_clip(livestream, FIRST, LENGTH)
    size = (clip.truth.width, clip.truth.height)
    truth = decoded(clip.masks)
    side = round(PATCH * size[1])
    patch = np.full((side, side, 3), (200, 40, 160), np.uint8)
    patch[::6], patch[:, ::8] = (40, 200, 220), (240, 240, 60)
    path = folder / "distracted.mp4"
    with RgbVideo(path, size, EncoderConfig()) as video:
        for number, frame in DecodedVideo(livestream).at(list(range(FIRST, FIRST + LENGTH))):
            picture, index = frame.copy(), number - FIRST
            x, y = (clip.landmarks.hand_image[index, 0].mean(axis=0) - side / 2).astype(int)
            x, y = int(np.clip(x, 0, size[0] - side)), int(np.clip(y, 0, size[1] - side))
            picture[y : y + side, x : x + side] = patch
            truth[index][y : y + side, x : x + side] = False
            video.write(picture)
    return replace(clip, video=path, first=0), truth


def segment(clip: TrueClip, folder: Path, corrections: ClipBoxes) -> tuple[Masks, Tracks]:
    unit = ClipUnit(
        source=SourceUnit(sha256="0" * 64, path="source.mp4"),
        first=0, frames=clip.frames, motion_frames=0, shot=0, shot_first=0, shot_end=clip.frames,
    )  # fmt: skip
    people = LocalStore(folder).artifact(unit, "people", "tracks.json")
    people.parent.mkdir(parents=True)
    people.write_bytes(clip.tracks.to_bytes())
    stage = ObjectStage(ObjectConfig())
    stage.corrections = {unit.unit_id: corrections}
    _, made = clip.run(stage, folder)
    tracks = Tracks.from_bytes((made / "tracks.json").read_bytes(), where="tracks.json")
    return Masks(decoded(read_masks(made / "object_masks.json"))), tracks


def decoded(masks: ObjectMasks) -> list[NDArray[np.bool_]]:
    nothing = np.zeros((masks.height, masks.width), bool)
    return [nothing.copy() if code is None else decode_mask(code).copy() for code in masks.masks]


def tight(mask: NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1]) + 1, float(rows[-1]) + 1


def test_drawn_boxes_hold_exactly_and_fade_around() -> None:
    found = np.tile(np.array([10.0, 10.0, 30.0, 30.0]), (40, 1))
    drawn: dict[int, Box] = {10: (20.0, 12.0, 44.0, 36.0)}
    after = obeyed(found, drawn, (100, 100))
    assert after[10].tolist() == [20.0, 12.0, 44.0, 36.0]
    assert 10.0 < after[13, 0] < 20.0
    assert (after[10 + REACH :] == found[0]).all()
    assert (np.diff(after[10 : 10 + REACH, 0]) < 0).all()


def test_gaps_between_drawn_boxes_are_bridged_and_no_others() -> None:
    found = np.full((60, 4), np.nan)
    after = obeyed(found, {5: (0, 0, 10, 10), 9: (40, 0, 50, 10), 9 + BRIDGE + 1: (0, 0, 10, 10)}, (100, 100))
    assert np.isfinite(after).all(axis=1).nonzero()[0].tolist() == [5, 6, 7, 8, 9, 9 + BRIDGE + 1]
    assert after[7].tolist() == pytest.approx([20.0, 0.0, 30.0, 10.0])


def test_a_box_beyond_the_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="frames 0 to 4"):
        obeyed(np.full((5, 4), np.nan), {5: (0, 0, 1, 1)}, (9, 9))


def test_a_track_says_what_was_drawn_and_what_was_filled_in() -> None:
    track = (TrackPoint(box=(0, 0, 10, 10), score=0.5), None, None, TrackPoint(box=(50, 50, 60, 60), score=0.6))
    after = drawn_track(track, {0: (2, 2, 12, 12), 2: (4, 4, 14, 14)}, (64, 64))
    assert after[0] == TrackPoint(box=(2, 2, 12, 12), score=1.0)
    assert after[1] == TrackPoint(box=(3, 3, 13, 13), score=1.0, interpolated=True)
    assert after[2] == TrackPoint(box=(4, 4, 14, 14), score=1.0)
    assert drawn_track(track, {}, (64, 64)) == track
