from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointeract_shards import boxes
from cointeract_shards.constants import MOTION_FRAMES
from cointeract_shards.errors import ContractError
from cointeract_shards.records import Box, Tracks
from tests.shards.samples import tracks_of

GOLDEN = json.loads((Path(__file__).parent / "golden_box_to_tokens.json").read_text())


def test_keys_are_the_pixel_frames_of_the_released_csv() -> None:
    keys = boxes.frame_keys()
    assert (len(keys), keys[0], keys[1], keys[-1]) == (20, "frame_2", "frame_6", "frame_78")
    assert [boxes.latent_index(boxes.key_frame(key)) for key in keys] == list(range(20))


@pytest.mark.parametrize(
    ("frame", "latent"), [(0, None), (1, None), (2, 0), (5, 0), (6, 1), (78, 19), (81, 19), (82, None)]
)
def test_a_pixel_frame_belongs_to_the_latent_of_the_released_code(frame: int, latent: int | None) -> None:
    assert boxes.latent_index(frame) == latent


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['original_hw']}-{case['key']}-{case['box_xyxy']}")
def test_box_marks_the_tokens_that_the_released_code_marks(case: dict) -> None:
    expected = [token for first, last in case["token_ranges"] for token in range(first, last + 1)]
    box = tuple(float(value) for value in case["box_xyxy"])
    frame = boxes.key_frame(case["key"])
    tokens = boxes.box_tokens(box, frame, tuple(case["original_hw"]), tuple(case["target_hw"]))
    assert tokens.tolist() == expected


def test_hands_win_over_the_face_where_they_overlap() -> None:
    size = (64, 64)
    labels = boxes.router_labels([(2, (0, 0, 40, 15))], [(2, (20, 0, 60, 15))], size, size).reshape(20, 4, 4)
    assert labels[0, 0].tolist() == [boxes.FACE_LABEL, boxes.HAND_LABEL, boxes.HAND_LABEL, boxes.HAND_LABEL]
    assert not labels[1:].any()
    assert not labels[0, 1:].any()


def test_a_training_size_that_is_no_multiple_of_a_token_is_refused() -> None:
    with pytest.raises(ContractError, match="100x64"):
        boxes.box_tokens((0, 0, 1, 1), 2, (64, 64), (100, 64))


@given(
    st.tuples(*[st.floats(-500, 2500)] * 4),
    st.integers(-10, 100),
    st.tuples(st.integers(64, 2160), st.integers(64, 2160)),
)
def test_tokens_are_sorted_unique_and_inside_the_grid_of_their_latent(
    box: Box, frame: int, original: tuple[int, int]
) -> None:
    tokens = boxes.box_tokens(box, frame, original, (96, 64))
    assert np.all(np.diff(tokens) > 0)
    if len(tokens):
        latent = boxes.latent_index(frame)
        assert latent is not None
        assert tokens.min() >= latent * 24
        assert tokens.max() < (latent + 1) * 24


def test_cells_hold_the_boxes_of_every_fourth_frame_and_read_back() -> None:
    tracks = tracks_of(MOTION_FRAMES)
    face_cell, hand_cell = boxes.boxes_to_csv_json(tracks)
    face = boxes.parse_face(face_cell, where="face")
    hands = boxes.parse_hand_object(hand_cell, where="hand_object")
    assert list(face) == list(boxes.key_frames())
    assert all(face[frame] == tracks.face[frame].box for frame in face)  # type: ignore[union-attr]
    assert json.loads(hand_cell)["frame_2"]["r_h"] == []
    assert set(hands[2]) == {"l_h", "obj"}


def test_without_boxes_the_cells_are_empty_objects_not_empty_text() -> None:
    none = (None,) * 81
    tracks = Tracks(width=8, height=8, frames=81, face=none, left_hand=none, right_hand=none, object=none, contact=none)
    assert boxes.boxes_to_csv_json(tracks) == ("{}", "{}")


@pytest.mark.parametrize(
    "cell",
    [
        '{"frame_2": [1, 2, 3]}',
        '{"frame_x": [1, 2, 3, 4]}',
        "[1]",
        "{",
        '{"frame_2": [NaN, 1, 2, 3]}',
        '{"frame_2": {"l_h": []}}',
    ],
)
def test_a_cell_that_holds_no_boxes_is_refused_with_its_name(cell: str) -> None:
    with pytest.raises(ContractError, match=r"face|box key"):
        boxes.parse_face(cell, where="face")
