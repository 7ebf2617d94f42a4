from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.stages.quality.boxes import area, intersection_over_union
from cointeract_curation.stages.quality.config import OverlayConfig
from cointeract_curation.stages.quality.text_overlay import TextFinder, find_overlays
from cointeract_shards.records import Box
from tests.curation.stages.quality.scenes import CAPTION, panning, text_box, with_text

CONFIG = OverlayConfig()
HEIGHT, WIDTH = 683, 384
CORNER = (50, 600)
Pictures = dict[int, NDArray[np.uint8]]


def scene() -> Pictures:
    """Five samples of a moving scene."""
    return dict(enumerate(panning(5, 17, height=HEIGHT, width=WIDTH)))


def captioned(frames: range = range(5)) -> Pictures:
    return {index: with_text(frame, CAPTION, CORNER) if index in frames else frame for index, frame in scene().items()}


def test_a_caption_over_a_moving_scene_is_found_with_its_place_and_area(find_text: TextFinder) -> None:
    found = find_overlays(captioned(), find_text, CONFIG)
    truth: Box = tuple(float(edge) for edge in text_box(CAPTION, CORNER))  # type: ignore[assignment]
    assert len(found.overlays) == 1
    assert found.overlays[0].presence == 1.0
    assert intersection_over_union(found.overlays[0].box, truth) > 0.7
    assert found.overlay_share == pytest.approx(area(truth) / (HEIGHT * WIDTH), rel=0.2)


def test_text_that_moves_is_no_overlay_but_is_text(find_text: TextFinder) -> None:
    moving = {index: with_text(frame, CAPTION, (20 + 12 * index, 300 + 9 * index)) for index, frame in scene().items()}
    found = find_overlays(moving, find_text, CONFIG)
    assert found.overlays == []
    assert found.overlay_share == 0.0
    assert found.text_share > 0.01


def test_print_that_a_hand_holds_almost_still_is_no_overlay(find_text: TextFinder) -> None:
    drift = [(0, 0), (3, 1), (1, 4), (4, 3), (2, 6)]
    held = {
        index: with_text(frame, CAPTION, (50 + drift[index][0], 300 + drift[index][1]))
        for index, frame in scene().items()
    }
    found = find_overlays(held, find_text, CONFIG)
    first, last = (text_box(CAPTION, (50 + x, 300 + y)) for x, y in (drift[0], drift[4]))
    assert intersection_over_union(first, last) > CONFIG.overlap, "the boxes alone would call it one place"
    assert found.overlays == []


@pytest.mark.parametrize(("frames", "overlays"), [(range(3), 1), (range(2, 5), 1), (range(2), 0)])
def test_a_caption_counts_from_half_of_the_samples_on(frames: range, overlays: int, find_text: TextFinder) -> None:
    found = find_overlays(captioned(frames), find_text, CONFIG)
    assert [overlay.presence for overlay in found.overlays] == [0.6] * overlays


def test_a_scene_without_text_is_known_after_three_samples(find_text: TextFinder) -> None:
    found = find_overlays(scene(), find_text, CONFIG)
    assert (found.overlay_share, found.text_share) == (0.0, 0.0)
    assert list(found.text) == [0, 2, 4]


def test_ending_the_search_early_never_changes_what_is_found() -> None:
    pictures = captioned()
    caption: Box = (50.0, 575.0, 330.0, 605.0)
    generator = np.random.default_rng(2)
    for _ in range(40):
        seen = {index: bool(generator.random() < 0.5) for index in pictures}
        by_picture = {id(pictures[index]): [caption] if seen[index] else [] for index in pictures}
        found = find_overlays(pictures, lambda picture, boxes=by_picture: boxes[id(picture)], CONFIG)  # type: ignore[misc]
        assert bool(found.overlays) == (sum(seen.values()) >= 3)


def test_two_captions_are_two_overlays(find_text: TextFinder) -> None:
    pictures = {index: with_text(frame, "FREE SHIPPING", (60, 90)) for index, frame in captioned().items()}
    assert len(find_overlays(pictures, find_text, CONFIG).overlays) == 2
