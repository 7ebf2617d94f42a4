from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.stages.quality.boxes import covered_share, intersection_over_union, union_area
from cointeract_shards.records import Box

SIDE = 20
edge = st.integers(0, SIDE)
box = st.tuples(edge, edge, edge, edge).map(lambda e: (float(e[0]), float(e[1]), float(e[2]), float(e[3])))


def painted(boxes: list[Box]) -> NDArray[np.bool_]:
    canvas = np.zeros((SIDE, SIDE), dtype=bool)
    for x1, y1, x2, y2 in boxes:
        canvas[int(y1) : int(y2), int(x1) : int(x2)] = True
    return canvas


@given(st.lists(box, max_size=6))
def test_the_union_of_boxes_has_the_area_of_the_pixels_they_paint(boxes: list[Box]) -> None:
    assert union_area(boxes) == painted(boxes).sum()


@given(st.lists(box, min_size=1, max_size=4), st.lists(box, max_size=4))
def test_the_covered_share_is_that_of_the_pixels(boxes: list[Box], overlays: list[Box]) -> None:
    total = sum(painted([b]).sum() for b in boxes)
    covered = sum((painted([b]) & painted(overlays)).sum() for b in boxes)
    share = covered_share(boxes, overlays)
    assert share == (pytest.approx(covered / total) if total else None)


def test_nothing_to_cover_is_not_a_share_of_zero() -> None:
    assert covered_share([], [(0.0, 0.0, 5.0, 5.0)]) is None
    assert covered_share([(0.0, 0.0, 4.0, 4.0)], []) == 0.0


def test_overlap_of_a_box_with_its_half_is_one_half() -> None:
    assert intersection_over_union((0.0, 0.0, 4.0, 2.0), (0.0, 0.0, 2.0, 2.0)) == 0.5
    assert intersection_over_union((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)) == 0.0
