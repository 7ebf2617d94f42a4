from __future__ import annotations

import numpy as np

from cointeract_curation.stages.people.bodies import credible, steady_bodies
from cointeract_curation.stages.people.faces import belongs_to, count_people, hands_of_others, main_faces
from cointeract_curation.stages.people.records import Body, Side
from tests.curation.stages.people.people_made_up import make_body, make_face, make_hand

FRAMES = list(range(0, 81, 2))
HANDS = (np.array([520.0, 640.0]), np.array([200.0, 640.0]))


def test_the_main_face_is_the_large_one_that_stays_whatever_its_place_in_the_list() -> None:
    own = [make_face(np.array([360.0 + frame, 240.0])) for frame in FRAMES]
    guest = [make_face(np.array([600.0, 300.0]), height=90.0) for _ in FRAMES]
    faces = [[a, b] if frame % 4 else [b, a] for frame, a, b in zip(FRAMES, own, guest, strict=True)]
    assert main_faces(FRAMES, faces) == [0 if frame % 4 else 1 for frame in FRAMES]


def test_a_face_that_turns_away_for_half_a_second_is_the_same_face_again() -> None:
    faces = [[] if 20 <= frame < 32 else [make_face()] for frame in FRAMES]
    assert main_faces(FRAMES, faces) == [None if 20 <= frame < 32 else 0 for frame in FRAMES]


def test_a_face_that_comes_back_elsewhere_after_two_seconds_is_the_same_person_and_one_seen_beside_it_is_not() -> None:
    back = np.array([150.0, 260.0])
    alone = [[make_face()] if frame < 14 else [make_face(back)] if frame > 64 else [] for frame in FRAMES]
    assert main_faces(FRAMES, alone) == [0 if frame < 14 or frame > 64 else None for frame in FRAMES]
    beside = [
        [*seen, make_face(np.array([600.0, 260.0]), height=100.0)] if frame < 6 else seen
        for frame, seen in zip(FRAMES, alone, strict=True)
    ]
    assert main_faces(FRAMES, beside) == main_faces(FRAMES, alone)


def test_people_are_counted_by_faces_seen_at_once_for_long_enough() -> None:
    here, there = make_face(), make_face(np.array([100.0, 300.0]))
    alone = [[here] for _ in FRAMES]
    assert count_people(alone, [0] * 41, 0.25, 0.35) == 1
    assert count_people([[here, there] for _ in FRAMES], [0] * 41, 0.25, 0.35) == 2
    passing = [[here, there] if frame < 10 else [here] for frame in FRAMES]
    assert count_people(passing, [0] * 41, 0.25, 0.35) == 1
    assert count_people([[] for _ in FRAMES], [None] * 41, 0.25, 0.35) == 0


def test_a_small_face_on_a_package_is_not_a_person() -> None:
    faces = [[make_face(), make_face(np.array([300.0, 700.0]), height=40.0)] for _ in FRAMES]
    assert count_people(faces, [0] * 41, 0.25, 0.35) == 1


def test_a_body_goes_with_the_face_at_its_nose() -> None:
    body = make_body(*HANDS)
    assert belongs_to(body, make_face())
    assert not belongs_to(body, make_face(np.array([650.0, 240.0])))


def test_hands_nearer_to_another_face_are_not_the_main_persons() -> None:
    faces = [make_face(np.array([200.0, 300.0])), make_face(np.array([600.0, 300.0]))]
    hands = [make_hand(np.array([220.0, 700.0]), Side.LEFT), make_hand(np.array([640.0, 700.0]), Side.LEFT)]
    assert hands_of_others(faces, 0, hands) == {1}
    assert hands_of_others(faces, 1, hands) == {0}
    assert hands_of_others(faces, None, hands) == set()


def test_a_body_that_flips_or_collapses_for_a_moment_is_dropped() -> None:
    good = make_body(*HANDS)
    order = np.arange(33)
    for left in range(11, 33, 2):
        order[[left, left + 1]] = [left + 1, left]
    flipped = Body(good.image[order], good.world, good.visibility)
    collapsed = Body(
        good.image.mean(axis=0) + 0.3 * (good.image - good.image.mean(axis=0)), good.world, good.visibility
    )
    bodies: list[Body | None] = [good] * len(FRAMES)
    bodies[10], bodies[20], bodies[30] = flipped, collapsed, None
    kept = steady_bodies(bodies)
    assert [index for index, body in enumerate(kept) if body is None] == [10, 20, 30]


def test_a_person_who_turns_round_keeps_the_body() -> None:
    good = make_body(*HANDS)
    middle = good.image[[11, 12]].mean(axis=0)
    bodies: list[Body | None] = []
    for frame in FRAMES:
        turn = np.cos(np.pi * frame / 80)
        image = good.image.copy()
        image[:, 0] = middle[0] + turn * (image[:, 0] - middle[0])
        world = good.world.copy()
        world[:, 0] *= turn
        bodies.append(Body(image, world, good.visibility))
    assert all(body is not None for body in steady_bodies(bodies))


def test_a_body_alone_counts_when_shoulders_and_an_elbow_show() -> None:
    assert credible(make_body(*HANDS, visibility=0.9))
    assert not credible(make_body(*HANDS, visibility=0.4))
