from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.stages.people.artifacts import make_tracks, write_landmarks
from cointeract_curation.stages.people.boxes import FALLBACK_METRES, Boxes, face_boxes, hand_boxes
from cointeract_curation.stages.people.config import PeopleConfig
from cointeract_curation.stages.people.observe import Observation
from cointeract_curation.stages.people.person import Person, trace_person
from cointeract_curation.stages.people.records import BodyLandmark, Side, Source
from cointeract_curation.stages.people.scores import people_scores
from tests.curation.stages.people.people_made_up import (
    HEIGHT,
    NOSE,
    PIXELS_PER_METRE,
    WIDTH,
    make_body,
    make_face,
    make_hand,
    observe,
)

CONFIG = PeopleConfig()
COUNT = 81
FRAMES = list(range(0, COUNT, 2))
LEFT, RIGHT = np.array([520.0, 640.0]), np.array([200.0, 640.0])


def usual(frame: int, *, left: bool = True) -> Observation:
    hands = [make_hand(RIGHT, Side.RIGHT), *([make_hand(LEFT, Side.LEFT)] if left else [])]
    return observe(frame, [make_face()], hands, make_body(LEFT, RIGHT))


def boxes_of(person: Person) -> tuple[Boxes, tuple[Boxes, Boxes]]:
    return face_boxes(person, CONFIG, WIDTH, HEIGHT), hand_boxes(person, CONFIG, WIDTH, HEIGHT)


def test_frames_between_those_looked_at_are_marked_as_interpolated_and_score_lower() -> None:
    face, hands = boxes_of(trace_person([usual(frame) for frame in FRAMES], COUNT, CONFIG))
    tracks = make_tracks(face, hands, WIDTH, HEIGHT)
    for track in (tracks.face, tracks.left_hand, tracks.right_hand):
        for frame, point in enumerate(track):
            assert point is not None
            assert point.interpolated == bool(frame % 2)
            assert (point.score or 0.0) > 0.5 or point.interpolated
    assert tracks.object == tracks.contact == (None,) * COUNT


def test_a_hidden_hand_on_a_visible_wrist_gets_a_box_like_its_own_with_a_low_score() -> None:
    seen = [usual(frame, left=not 30 <= frame < 60) for frame in FRAMES]
    person = trace_person(seen, COUNT, CONFIG)
    left = boxes_of(person)[1][Side.LEFT]
    hidden = slice(30, 59)
    assert (left.source[hidden] == Source.POSE).all()
    assert (left.score[hidden] < 0.35).all()
    np.testing.assert_allclose(left.box[hidden], np.broadcast_to(left.box[0], (29, 4)), atol=1.0)
    assert np.isnan(person.hands[Side.LEFT].points[40]).all()
    assert not any(
        point is None or not point.interpolated
        for point in make_tracks(*boxes_of(person), WIDTH, HEIGHT).left_hand[hidden]
    )


def test_no_box_is_guessed_on_the_other_hand_or_for_a_doubtful_wrist() -> None:
    on_the_other = [
        observe(frame, [make_face()], [make_hand(RIGHT, Side.RIGHT)], make_body(RIGHT + 10.0, RIGHT))
        for frame in FRAMES
    ]
    doubtful = [
        observe(frame, [make_face()], [make_hand(RIGHT, Side.RIGHT)], make_body(LEFT, RIGHT, visibility=0.6))
        for frame in FRAMES
    ]
    for seen in (on_the_other, doubtful):
        assert not boxes_of(trace_person(seen, COUNT, CONFIG))[1][Side.LEFT].present.any()


def test_a_hand_leaving_the_frame_has_no_box_outside_of_it() -> None:
    seen = [
        observe(frame, [make_face()], [make_hand(np.array([520.0 + 5.0 * frame, 640.0]), Side.LEFT)], None)
        for frame in FRAMES
    ]
    left = boxes_of(trace_person(seen, COUNT, CONFIG))[1][Side.LEFT]
    assert left.present[:40].all()
    assert not left.present[70:].any()
    assert np.nanmax(left.box[:, 2]) <= WIDTH


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_boxes_are_finite_and_inside_and_shares_count_detections_alone(data: st.DataObject) -> None:
    point = st.tuples(st.floats(-200, 920), st.floats(-200, 1480)).map(np.array)
    seen = []
    for frame in FRAMES:
        faces = [
            make_face(place, height)
            for place, height in data.draw(st.lists(st.tuples(point, st.floats(20, 600)), max_size=2))
        ]
        hands = [
            make_hand(place, side)
            for place, side in data.draw(st.lists(st.tuples(point, st.sampled_from(Side)), max_size=4))
        ]
        body = make_body(data.draw(point), data.draw(point)) if data.draw(st.booleans()) else None
        seen.append(observe(frame, faces, hands, body))
    person = trace_person(seen, COUNT, CONFIG)
    face, hands_found = boxes_of(person)
    for boxes in (face, *hands_found):
        known = boxes.box[boxes.present]
        assert (known[:, :2] >= 0.0).all()
        assert (known[:, 2:] <= [WIDTH, HEIGHT]).all()
        assert (known[:, :2] < known[:, 2:]).all()
        assert ((boxes.score > 0.0) == boxes.present).all()
        assert ((boxes.source != Source.NONE) == boxes.present).all()
    make_tracks(face, hands_found, WIDTH, HEIGHT)
    scores = people_scores(
        seen, person, face=face, hands=hands_found, overlays=[(0.0, 0.0, 300.0, 300.0)], height=HEIGHT, config=CONFIG
    )
    assert all(value is None or np.isfinite(value) for value in scores.values() if not isinstance(value, str))
    chosen = sum(choice[Side.LEFT] is not None for choice in person.sides.choices)
    assert float(scores["left_hand_share"] or 0.0) <= chosen / len(FRAMES)


def test_landmarks_that_collapse_for_a_few_frames_keep_the_hands_size() -> None:
    seen = []
    for frame in FRAMES:
        hand = make_hand(RIGHT, Side.RIGHT)
        if 30 <= frame < 36:
            hand = hand.moved(lambda points: RIGHT + 0.4 * (points - RIGHT))
        seen.append(observe(frame, [make_face()], [hand], make_body(LEFT, RIGHT)))
    right = boxes_of(trace_person(seen, COUNT, CONFIG))[1][Side.RIGHT]
    size = right.box[:, 2:] - right.box[:, :2]
    assert (size[30:36] > 0.85 * size[0]).all()
    np.testing.assert_allclose(
        (right.box[33, :2] + right.box[33, 2:]) / 2, (right.box[0, :2] + right.box[0, 2:]) / 2, atol=12.0
    )


def test_a_hand_that_is_never_found_gets_a_box_around_the_bodys_knuckles() -> None:
    seen = [observe(frame, [make_face()], [], make_body(LEFT, RIGHT)) for frame in FRAMES]
    left = boxes_of(trace_person(seen, COUNT, CONFIG))[1][Side.LEFT]
    assert (left.source == Source.POSE).all()
    knuckles = make_body(LEFT, RIGHT).image[BodyLandmark.LEFT_INDEX]
    np.testing.assert_allclose((left.box[0, :2] + left.box[0, 2:]) / 2, knuckles, atol=1.0)
    assert left.box[0, 2] - left.box[0, 0] == pytest.approx(FALLBACK_METRES * PIXELS_PER_METRE, rel=0.01)


def test_of_two_people_the_main_one_keeps_the_body_when_the_detector_changes_its_mind() -> None:
    aside = np.array([200.0, -20.0])
    main, other = make_face(height=160.0), make_face(NOSE + aside, 110.0)
    theirs = make_body(LEFT, RIGHT).moved(lambda points: points + aside)
    seen = []
    for frame in FRAMES:
        body = theirs if frame % 8 == 4 else make_body(LEFT, RIGHT)
        seen.append(observe(frame, [other, main], [], body))
    person = trace_person(seen, COUNT, CONFIG)
    nose = person.body.points[:, BodyLandmark.NOSE, :2]
    np.testing.assert_allclose(nose, np.broadcast_to(NOSE, nose.shape), atol=1.0)
    face, hands = boxes_of(person)
    scores = people_scores(seen, person, face=face, hands=hands, overlays=[], height=HEIGHT, config=CONFIG)
    assert scores["persons"] == 2


def test_a_person_who_leaves_ends_their_tracks() -> None:
    seen = [usual(frame) if frame < 40 else observe(frame, [], [], None) for frame in FRAMES]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        person = trace_person(seen, COUNT, CONFIG)
        face, hands = boxes_of(person)
    for boxes in (face, *hands):
        assert boxes.present[:39].all()
        assert not boxes.present[39:].any()
    assert not person.body.sources[39:].any()


def test_a_clip_with_nobody_has_zero_shares_and_no_boxes() -> None:
    seen = [observe(frame, [], [], None) for frame in FRAMES]
    person = trace_person(seen, COUNT, CONFIG)
    face, hands = boxes_of(person)
    scores = people_scores(seen, person, face=face, hands=hands, overlays=[], height=HEIGHT, config=CONFIG)
    assert scores["persons"] == 0
    assert [scores[name] for name in ("person_share", "face_share", "hand_share", "both_hands_share")] == [0.0] * 4
    assert (
        scores["face_height_px"]
        is scores["face_sharpness"]
        is scores["hand_sharpness"]
        is scores["overlay_on_face"]
        is None
    )
    assert make_tracks(face, hands, WIDTH, HEIGHT).face == (None,) * COUNT


def test_a_person_without_a_visible_face_is_still_a_person() -> None:
    seen = [observe(frame, [], [make_hand(RIGHT, Side.RIGHT)], make_body(LEFT, RIGHT)) for frame in FRAMES]
    person = trace_person(seen, COUNT, CONFIG)
    face, hands = boxes_of(person)
    scores = people_scores(seen, person, face=face, hands=hands, overlays=[], height=HEIGHT, config=CONFIG)
    assert (scores["persons"], scores["person_share"], scores["face_share"]) == (1, 1.0, 0.0)


def test_hands_without_face_and_body_are_no_person() -> None:
    seen = [observe(frame, [], [make_hand(RIGHT, Side.RIGHT)], None) for frame in FRAMES]
    person = trace_person(seen, COUNT, CONFIG)
    face, hands = boxes_of(person)
    scores = people_scores(seen, person, face=face, hands=hands, overlays=[], height=HEIGHT, config=CONFIG)
    assert (scores["persons"], scores["person_share"], scores["hand_share"]) == (0, 0.0, 1.0)


def test_text_over_the_face_and_hands_is_measured() -> None:
    seen = [usual(frame) for frame in FRAMES]
    person = trace_person(seen, COUNT, CONFIG)
    face, hands = boxes_of(person)
    x1, y1, x2, y2 = (float(value) for value in face.box[0])
    half_of_face = (x1, y1, x2, (y1 + y2) / 2)
    scores = people_scores(
        seen, person, face=face, hands=hands, overlays=[half_of_face, half_of_face], height=HEIGHT, config=CONFIG
    )
    assert scores["overlay_on_face"] == pytest.approx(0.5, abs=0.01)
    assert scores["overlay_on_hands"] == 0.0


def test_landmarks_are_stored_with_the_documented_shapes_and_equal_bytes(tmp_path: Path) -> None:
    person = trace_person([usual(frame, left=frame < 20) for frame in FRAMES], COUNT, CONFIG)
    face, hands = boxes_of(person)
    for name in ("one.npz", "two.npz"):
        write_landmarks(tmp_path / name, person, face=face, hands=hands, width=WIDTH, height=HEIGHT)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as stored:
        shapes = {name: stored[name].shape for name in stored.files}
        assert np.isnan(stored["hand_image"][40, Side.LEFT]).all()
        assert stored["hand_box_source"][40].tolist() == [Source.POSE, Source.DETECTED]
        assert stored["looked"].sum() == len(FRAMES)
    assert shapes == {
        "size": (2,), "looked": (81,), "face_box": (81, 4), "face_keypoints": (81, 6, 2), "face_score": (81,), "face_source": (81,),
        "hand_box": (81, 2, 4), "hand_box_source": (81, 2), "hand_box_score": (81, 2), "hand_image": (81, 2, 21, 2),
        "hand_world": (81, 2, 21, 3), "hand_score": (81, 2), "hand_source": (81, 2), "body_image": (81, 33, 2),
        "body_world": (81, 33, 3), "body_visibility": (81, 33), "body_source": (81,),
    }  # fmt: skip
