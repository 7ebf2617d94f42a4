"""Boxes of face and hands that people drew, among those that were found."""

from __future__ import annotations

import numpy as np

from cointeract_curation.stages.people.artifacts import make_tracks
from cointeract_curation.stages.people.boxes import Boxes
from cointeract_curation.stages.people.drawn import as_drawn
from cointeract_curation.stages.people.records import Source

WIDTH, HEIGHT, FRAMES = 200, 100, 30


def found(present: slice) -> Boxes:
    box, score = np.full((FRAMES, 4), np.nan), np.zeros(FRAMES)
    source = np.full(FRAMES, Source.NONE, np.uint8)
    box[present], score[present], source[present] = (10, 10, 30, 40), 0.7, Source.CROP
    return Boxes(box, score, source)


def test_a_drawn_box_is_kept_and_those_around_it_move() -> None:
    boxes = as_drawn(found(slice(0, FRAMES)), {5: (20.0, 10.0, 40.0, 40.0)}, WIDTH, HEIGHT)
    assert boxes.box[5].tolist() == [20.0, 10.0, 40.0, 40.0]
    assert 10 < boxes.box[6, 0] < 20
    assert boxes.box[25].tolist() == [10.0, 10.0, 30.0, 40.0]
    assert (boxes.score[5], boxes.score[6]) == (1.0, 0.7)


def test_what_is_between_two_drawn_boxes_is_marked_as_filled_in() -> None:
    nothing = found(slice(0, 0))
    boxes = as_drawn(nothing, {3: (0.0, 0.0, 10.0, 10.0), 6: (30.0, 0.0, 40.0, 10.0)}, WIDTH, HEIGHT)
    assert boxes.present.nonzero()[0].tolist() == [3, 4, 5, 6]
    track = make_tracks(boxes, (nothing, nothing), WIDTH, HEIGHT).face
    assert [point.interpolated for point in track[3:7] if point is not None] == [False, True, True, False]


def test_without_drawn_boxes_nothing_changes() -> None:
    boxes = found(slice(2, 9))
    assert as_drawn(boxes, {}, WIDTH, HEIGHT) is boxes
