"""SMPL-X parameters from a fit of Anny, with a model file made up of Anny's own bones."""

from __future__ import annotations

import dataclasses
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cointeract_curation.core.errors import ConfigurationError, UnusableInputError
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.human.body import skeleton
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.human.mesh import body_mesh, load_body_mesh
from cointeract_curation.human.parts import Part
from cointeract_curation.human.smplx import BETAS, JOINTS, SmplxModel, load_smplx
from cointeract_curation.stages.body import BodyConfig, BodyStage
from cointeract_curation.stages.body.rest_points import AVERAGE
from cointeract_curation.stages.body.smplx import anny_bones, carry_over
from cointeract_curation.synth.truth_body import true_body
from tests.curation.local_workspace import LocalStore, source_unit
from tests.curation.stages.body.body_made_up import landmarks_of, write_smplx

FRAMES = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_smplx(folder)
    return folder


@pytest.fixture(scope="module")
def path(folder: Path) -> Path:
    return folder / "smplx" / "SMPLX_NEUTRAL.npz"


@pytest.fixture(scope="module")
def model(path: Path) -> SmplxModel:
    return load_smplx(path)


@pytest.fixture(scope="module")
def person(livestream: Path) -> BodyFit:
    return true_body(livestream.with_suffix(".truth.json"), 0, FRAMES)


def test_joints_lie_where_the_other_model_has_them(person: BodyFit, model: SmplxModel, path: Path) -> None:
    body = carry_over(person, model, path)
    anny = person.joints_3d[:, [skeleton().bone(bones[0]) for bones in anny_bones().values()]]
    found = body.joints_3d[:, [JOINTS.index(name) for name in anny_bones()]]
    apart = np.linalg.norm(found - anny, axis=-1)
    assert apart.mean() < 0.015
    assert apart.max() < 0.05
    assert np.linalg.norm(body.hands_3d - person.hands_3d, axis=-1).max() < 0.05
    pixels = np.linalg.norm(body.keypoints_2d - person.keypoints_2d, axis=-1)
    named = [
        person.keypoint_names.index(name) for name in ("nose", "left_eye", "right_ear", "left_wrist", "right_elbow")
    ]
    assert pixels[:, named].max() < 0.05 * max(person.size)


def test_the_average_body_is_the_average_body(person: BodyFit, model: SmplxModel, path: Path) -> None:
    average = dataclasses.replace(
        person, shape_names=tuple(AVERAGE), shape=np.array(list(AVERAGE.values()), np.float32)
    )
    body = carry_over(average, model, path)
    assert body.shape_names == tuple(f"beta{number}" for number in range(BETAS))
    assert np.abs(body.shape).max() < 0.1


def test_rotations_are_relative_to_the_parent_and_mesh_follows_the_joints(
    person: BodyFit, model: SmplxModel, path: Path
) -> None:
    body = carry_over(person, model, path)
    turned, placed = model.place_joints(body.rotations, body.root, model.rest_joints(body.shape))
    assert turned @ np.swapaxes(turned, -1, -2) == pytest.approx(np.broadcast_to(np.eye(3), turned.shape), abs=1e-4)
    assert placed == pytest.approx(body.joints_3d, abs=1e-4)
    mesh = body_mesh(body)
    vertices = mesh.vertices(0, FRAMES)
    assert np.einsum("jv,tva->tja", model.regressor, vertices) == pytest.approx(body.joints_3d, abs=1e-3)
    assert set(np.unique(mesh.parts)) == set(Part)
    left = vertices[:, np.unique(mesh.faces[mesh.parts == Part.LEFT_HAND])].mean(axis=1)
    assert np.linalg.norm(left - body.hands_3d[:, 0].mean(axis=1), axis=-1).max() < 0.05


def test_frames_without_a_body_stay_without_one(person: BodyFit, model: SmplxModel, path: Path) -> None:
    arrays = {name: getattr(person, name).copy() for name in ("rotations", "root", "joints_3d", "fitted")}
    for name, array in arrays.items():
        array[4:] = False if name == "fitted" else np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body = carry_over(dataclasses.replace(person, **arrays), model, path)
        vertices = body_mesh(body).vertices(0, FRAMES)
    assert np.isnan(vertices[4:]).all()
    assert np.isfinite(vertices[:4]).all()


def test_the_stage_writes_a_body_whose_mesh_can_be_made(
    person: BodyFit, folder: Path, livestream: Path, tmp_path: Path
) -> None:
    store, source = LocalStore(tmp_path), source_unit(livestream)
    unit = ClipUnit(source=source, first=0, frames=FRAMES, motion_frames=0, shot=0, shot_first=0, shot_end=FRAMES)
    for before in ("cut", "people"):
        store.results[unit.unit_id, before] = {}
    shutil.copy(livestream, store.workspace(unit, "cut").output("rgb.mp4"))
    landmarks = landmarks_of(person)
    written = store.workspace(unit, "people").output("landmarks.npz")
    np.savez(written, **{field.name: getattr(landmarks, field.name) for field in dataclasses.fields(landmarks)})
    stage = BodyStage(BodyConfig(backend="smplx", smplx_dir=folder, steps=5, steps_with_shape=5))
    assert "smplx" in stage.revision()
    stage.setup()
    scores = store.run(stage, unit)
    fit, mesh = load_body_mesh(store.artifact(unit, "body", "body.npz"))
    assert fit.model == "smplx"
    assert np.isfinite(mesh.vertices(0, FRAMES)).all()
    assert scores["body_share"] == 1
    assert isinstance(scores["reprojection"], float)
    assert scores["limit_violations"] is not None


def test_a_missing_model_file_is_told_by_its_path(tmp_path: Path) -> None:
    config = BodyConfig(backend="smplx", smplx_dir=tmp_path, smplx_gender="female")
    with pytest.raises(ConfigurationError, match=r"smplx/SMPLX_FEMALE\.npz") as told:
        BodyStage(config).revision()
    assert str(tmp_path) in str(told.value)
    with pytest.raises(ConfigurationError, match=r"SMPLX_FEMALE\.npz"):
        BodyStage(config).setup()
    with pytest.raises(ValidationError, match="smplx_dir"):
        BodyConfig(backend="smplx")


def test_another_file_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    other = tmp_path / "smplx" / "SMPLX_NEUTRAL.npz"
    other.parent.mkdir()
    np.savez(other, v_template=np.zeros((4, 3)), f=np.zeros((1, 3)))
    with pytest.raises(ConfigurationError, match="lacks shapedirs, posedirs, J_regressor, weights, kintree_table"):
        load_smplx(other)
    small = write_smplx(tmp_path / "small", vertices=660)
    with pytest.raises(
        ConfigurationError, match=r"expected 55 joints over at least 9930 vertices.*v_template \(660, 3\)"
    ):
        load_smplx(small)


def test_a_fit_whose_model_file_is_gone_says_so(person: BodyFit, model: SmplxModel, path: Path, tmp_path: Path) -> None:
    body = dataclasses.replace(carry_over(person, model, path), model_file=str(tmp_path / "gone.npz"))
    with pytest.raises(UnusableInputError, match=r"gone\.npz"):
        body_mesh(body)
