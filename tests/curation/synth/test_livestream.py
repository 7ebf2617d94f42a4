from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tests.curation.synth.conftest import Footage, decode

from cointeract_curation.human.body import rest_body
from cointeract_curation.human.camera import Pinhole
from cointeract_curation.synth import SynthConfig, Truth, render_livestream
from cointeract_curation.synth.arrays import decode_mask, read_masks, rebuild_vertices
from cointeract_curation.synth.direct import shot_sound, stage_shot
from cointeract_curation.synth.truth import FrameTruth

LEFT_WRIST, RIGHT_WRIST = 9, 10


def camera_of(footage: Footage, frame: FrameTruth) -> Pinhole:
    shot = footage.truth.shots[frame.shot]
    return Pinhole(np.array(frame.camera.rotation), np.array(frame.camera.translation), shot.focal, shot.centre)


def test_the_video_has_the_frames_that_the_truth_promises(footage: Footage) -> None:
    truth = footage.truth
    assert len(footage.frames) == truth.frame_count == len(truth.frames) == sum(footage.config.shot_frames)
    assert footage.frames[0].shape == (truth.height, truth.width, 3)
    with av.open(str(footage.video)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.average_rate == footage.config.fps
        assert audio.rate == 48_000
        assert float(audio.duration * audio.time_base) == pytest.approx(truth.frame_count / 10, abs=0.05)


def test_shots_follow_each_other_without_a_gap_and_pictures_change_most_at_the_cuts(footage: Footage) -> None:
    shots = footage.truth.shots
    assert (
        [shot.start_frame for shot in shots[1:]] == [shot.end_frame for shot in shots[:-1]] == list(footage.truth.cuts)
    )
    frames = np.stack(footage.frames).astype(np.float32)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert sorted(np.argsort(change)[-2:] + 1) == list(footage.truth.cuts)


def test_boxes_are_the_tight_boxes_of_the_masks(footage: Footage) -> None:
    objects = read_masks(footage.arrays / "object_masks.json")
    people = read_masks(footage.arrays / "person_masks.json")
    for frame, code, person in zip(footage.truth.frames, objects, people, strict=True):
        assert frame.object is not None
        assert code is not None
        rows, columns = np.nonzero(decode_mask(code))
        assert frame.object == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        if person is None:
            assert not footage.truth.shots[frame.shot].person
            continue
        mask = decode_mask(person)
        assert not (mask & decode_mask(code)).any()
        for box in (frame.face, frame.left_hand, frame.right_hand):
            assert box is not None
            x1, y1, x2, y2 = box
            assert mask[y1:y2, x1].any()
            assert mask[y1:y2, x2 - 1].any()
            assert mask[y1, x1:x2].any()
            assert mask[y2 - 1, x1:x2].any()


def test_masks_follow_the_colours_of_the_picture(footage: Footage) -> None:
    # Along the outline of the product the picture changes; well inside the wall it hardly does.
    objects = read_masks(footage.arrays / "object_masks.json")
    start = footage.truth.shots[1].start_frame
    code = objects[start]
    assert code is not None
    mask = decode_mask(code)
    grey = footage.frames[start].astype(np.float32)
    step = np.abs(np.diff(grey, axis=1)).sum(axis=2)
    outline = mask[:, 1:] != mask[:, :-1]
    assert step[outline].mean() > 5 * step[: mask.shape[0] // 8].mean()


def test_a_shot_without_a_person_has_no_person_in_its_truth(footage: Footage) -> None:
    shot = footage.truth.shots[1]
    assert not shot.person
    for frame in footage.truth.frames[shot.start_frame : shot.end_frame]:
        assert frame.face is frame.left_hand is frame.right_hand is None
        assert frame.left_contact is frame.right_contact is None
        assert frame.object is not None


def test_joints_lie_where_the_picture_shows_the_person(footage: Footage) -> None:
    people = read_masks(footage.arrays / "person_masks.json")
    objects = read_masks(footage.arrays / "object_masks.json")
    with np.load(footage.arrays / "joints.npz") as joints:
        keypoints, hands, labels = joints["keypoints_2d"], joints["hands_2d"], list(joints["keypoint_labels"])
    assert (labels[LEFT_WRIST], labels[RIGHT_WRIST]) == ("left_wrist", "right_wrist")
    for frame in footage.truth.frames:
        code = people[frame.frame]
        if code is None:
            assert np.isnan(keypoints[frame.frame]).all()
            continue
        product = objects[frame.frame]
        assert product is not None
        solid = decode_mask(code) | decode_mask(product)
        places = np.concatenate([keypoints[frame.frame, :13], hands[frame.frame].reshape(-1, 2)]).astype(int)
        seen = np.all((places >= 0) & (places < [solid.shape[1], solid.shape[0]]), axis=1)
        assert solid[places[seen, 1], places[seen, 0]].mean() > 0.97
        assert frame.face is not None
        nose = keypoints[frame.frame, labels.index("nose")]
        assert frame.face[0] < nose[0] < frame.face[2]
        assert frame.face[1] < nose[1] < frame.face[3]
        assert (
            keypoints[frame.frame, labels.index("left_shoulder"), 0]
            > keypoints[frame.frame, labels.index("right_shoulder"), 0]
        )


def test_joints_in_the_world_project_to_joints_in_the_picture(footage: Footage) -> None:
    with np.load(footage.arrays / "joints.npz") as joints:
        world, picture = joints["bones_3d"], joints["bones_2d"]
    frame = footage.truth.frames[4]
    pixels, depth = camera_of(footage, frame).project(world[4].astype(np.float64))
    assert np.abs(pixels - picture[4]).max() < 0.01
    assert (depth > 0).all()


def test_the_holding_hand_touches_and_contact_means_near(footage: Footage) -> None:
    for frame in footage.truth.frames:
        shot = footage.truth.shots[frame.shot]
        for side, contact in (("left", frame.left_contact), ("right", frame.right_contact)):
            if contact is None:
                continue
            assert contact.touching == (contact.distance <= footage.truth.contact_distance)
            if shot.held_by in (side, "both"):
                assert contact.touching


def test_the_mesh_is_rebuilt_to_the_bit_from_what_was_written(footage: Footage) -> None:
    shot = stage_shot(footage.config, 2, shot_sound(footage.config, 2))
    assert shot.person is not None
    phenotype = footage.truth.shots[2].phenotype
    assert phenotype is not None
    rebuilt = rebuild_vertices(footage.arrays / "mesh_2.npz", phenotype, 5)
    assert np.array_equal(rebuilt, shot.person.body_vertices(5, 6)[0])


def test_the_body_library_itself_gives_the_same_mesh(footage: Footage) -> None:
    import torch

    from cointeract_curation.human.anny_model import load_anny

    phenotype = footage.truth.shots[0].phenotype
    assert phenotype is not None
    with np.load(footage.arrays / "mesh_0.npz") as arrays:
        rotations, root, actions = arrays["rotations"][3], arrays["root"][3], arrays["actions"][3]
        dress = arrays["dress"].astype(np.float64)
    rest = rest_body(phenotype)
    pose = np.tile(np.eye(4), (1, len(rotations), 1, 1))
    pose[0, :, :3, :3] = rotations @ rest.orientations
    pose[0, 0, :3, 3] = root
    with torch.no_grad():
        output = load_anny()(
            pose_parameters=torch.from_numpy(pose),
            phenotype_kwargs=phenotype,
            facial_actions=torch.from_numpy(actions.astype(np.float64))[None],
            pose_parameterization="world-orient",
        )
    vertices = rebuild_vertices(footage.arrays / "mesh_0.npz", phenotype, 3)
    bare = np.linalg.norm(dress, axis=1) == 0
    assert bare.sum() > 4000
    assert np.abs(output["vertices"][0].numpy()[bare] - vertices[bare]).max() < 1e-5


def test_the_same_configuration_gives_the_same_bytes(footage: Footage, tmp_path: Path) -> None:
    again = render_livestream(footage.config.model_copy(update={"threads": 1}), tmp_path)
    assert again.video.read_bytes() == footage.video.read_bytes()
    assert Truth.load(again.truth).frames == footage.truth.frames


def test_another_seed_gives_other_people(footage: Footage, tmp_path: Path) -> None:
    other = SynthConfig(
        name="other", seed=4, width=90, height=160, fps="10", shot_seconds=(0.2,), shots_without_person=(), audio=False
    )
    result = render_livestream(other, tmp_path)
    assert Truth.load(result.truth).shots[0].phenotype != footage.truth.shots[0].phenotype
    assert footage.truth.shots[0].phenotype != footage.truth.shots[2].phenotype
    with av.open(str(result.video)) as container:
        assert not container.streams.audio
    assert len(decode(result.video)) == 2


def test_progress_counts_every_frame(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    config = SynthConfig(
        width=90, height=160, fps="30000/1001", shot_seconds=(0.1, 0.1), shots_without_person=(0, 1), name="still"
    )
    result = render_livestream(config, tmp_path, lambda done, total: calls.append((done, total)))
    assert calls == [(done, 6) for done in range(1, 7)]
    assert Truth.load(result.truth).cuts == (3,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["still.mp4", "still.truth", "still.truth.json"]
