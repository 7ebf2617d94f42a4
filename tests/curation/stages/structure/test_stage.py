"""The whole stage, on a rendered clip with its true body and masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import ClipUnit, SourceUnit
from cointeract_curation.human.fit import BodyFit
from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.media.masks import decode_mask, read_masks
from cointeract_curation.render.rgb_video import RgbVideo
from cointeract_curation.stages.structure import StructureConfig, StructureStage
from cointeract_curation.stages.structure.depth import read_depth
from cointeract_curation.stages.structure.layer import FLAT_COLOUR
from cointeract_curation.synth import Truth
from cointeract_curation.synth.arrays import read_masks as read_true_masks
from cointeract_curation.synth.truth_body import true_body
from cointeract_shards.object_masks import ObjectMasks, RunLength
from tests.curation.local_workspace import LocalStore

FIRST, FRAMES = 30, 11
STORED_DB = 40.0
"""The least that the stored video keeps of what was drawn, over what it shows."""
OBJECT_DB = 32.0
"""As above, over the object: its colours have half the resolution."""


@dataclass(frozen=True)
class Clip:
    """A few frames of the rendered livestream and what is true of them."""

    frames: tuple[NDArray[np.uint8], ...]
    body: BodyFit
    objects: ObjectMasks
    silhouettes: tuple[NDArray[np.bool_], ...]


@dataclass(frozen=True)
class Made:
    scores: Scores
    folder: Path

    def pictures(self) -> list[NDArray[np.uint8]]:
        return list(DecodedVideo(self.folder / "hoi.mp4"))

    def silhouettes(self) -> list[RunLength | None]:
        return list(read_masks(self.folder / "silhouette.json").masks)


@pytest.fixture(scope="module")
def clip(livestream: Path) -> Clip:
    path = livestream.with_suffix(".truth.json")
    truth = Truth.load(path)
    span = slice(FIRST, FIRST + FRAMES)
    frames = tuple(frame for _, frame in DecodedVideo(livestream).at(list(range(FIRST, FIRST + FRAMES))))
    codes = read_true_masks(path.parent / truth.arrays / "object_masks.json")[span]
    masks = tuple(None if code is None else RunLength(**code) for code in codes)
    objects = ObjectMasks(width=truth.width, height=truth.height, frames=FRAMES, masks=masks)
    bodies = read_true_masks(path.parent / truth.arrays / "body_masks.json")[span]
    silhouettes = tuple(decode_mask(RunLength(**code)) for code in bodies if code is not None)
    return Clip(frames, true_body(path, FIRST, FRAMES), objects, silhouettes)


def run(clip: Clip, folder: Path, config: StructureConfig | None = None) -> Made:
    source = SourceUnit(sha256="0" * 64, path="source.mp4")
    unit = ClipUnit(source=source, first=0, frames=FRAMES, motion_frames=0, shot=0, shot_first=0, shot_end=FRAMES)
    store = LocalStore(folder, {(unit.unit_id, stage): {} for stage in ("cut", "body", "object")})
    for required in ("cut", "body", "object"):
        store.artifact(unit, required, "").mkdir(parents=True, exist_ok=True)
    height, width = clip.frames[0].shape[:2]
    with RgbVideo(store.artifact(unit, "cut", "rgb.mp4"), (width, height), EncoderConfig()) as video:
        for frame in clip.frames:
            video.write(frame)
    clip.body.save(store.artifact(unit, "body", "body.npz"))
    store.artifact(unit, "object", "object_masks.json").write_bytes(clip.objects.to_bytes())
    stage = StructureStage(config or StructureConfig())
    stage.setup()
    scores = store.run(stage, unit)
    stage.close()
    return Made(scores, store.artifact(unit, "structure", ""))


@pytest.fixture(scope="module")
def made(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return run(clip, tmp_path_factory.mktemp("structure"))


def test_the_silhouette_is_the_true_bodys(clip: Clip, made: Made) -> None:
    for code, true in zip(made.silhouettes(), clip.silhouettes, strict=True):
        assert code is not None
        found = decode_mask(code)
        assert (found & true).sum() / (found | true).sum() > 0.98


def test_the_video_keeps_what_was_drawn(made: Made) -> None:
    assert len(made.pictures()) == FRAMES
    for name, least in (("psnr_db", STORED_DB), ("psnr_shown_db", STORED_DB), ("psnr_object_db", OBJECT_DB)):
        value = made.scores[name]
        assert isinstance(value, float)
        assert value > least, name
    assert made.scores["body_share"] == made.scores["object_share"] == 1.0


def test_the_object_has_its_own_colours_and_the_body_none(clip: Clip, made: Made) -> None:
    for picture, frame, code, body in zip(
        made.pictures(), clip.frames, clip.objects.masks, clip.silhouettes, strict=True
    ):
        assert code is not None
        mask = decode_mask(code)
        apart = np.abs(picture.astype(int) - frame.astype(int))[mask]
        assert np.median(apart) <= 4
        far = np.ones_like(mask)
        rows, columns = np.nonzero(mask)
        far[rows.min() - 8 : rows.max() + 8, columns.min() - 8 : columns.max() + 8] = False
        assert np.quantile(np.ptp(picture[far & body].astype(int), axis=-1), 0.999) <= 3, "the body has a colour"
        assert picture[far & ~body].mean() < 1


def test_depth_lies_where_the_silhouette_does(clip: Clip, made: Made) -> None:
    depth = read_depth(made.folder / "depth.npz")
    assert depth.dtype == np.uint16
    for values, code in zip(depth, made.silhouettes(), strict=True):
        assert code is not None
        covered = decode_mask(code)
        assert (values[covered] > 0).all()
        assert (values > 0).sum() < covered.sum() * 1.02
        away = values[covered] / 1000 - np.nanmedian(clip.body.root[:, 2])
        assert np.abs(away).max() < 1.2


def test_a_new_stage_writes_the_same_bytes(clip: Clip, made: Made, tmp_path: Path) -> None:
    again = run(clip, tmp_path)
    for name in StructureStage.outputs:
        assert (again.folder / name).read_bytes() == (made.folder / name).read_bytes(), name
    assert again.scores == made.scores


def test_a_flat_object_shows_its_mask_alone(clip: Clip, tmp_path: Path) -> None:
    flat = run(clip, tmp_path, StructureConfig(object_fill="mask"))
    code = clip.objects.masks[0]
    assert code is not None
    colours = flat.pictures()[0][decode_mask(code)]
    assert np.abs(np.median(colours, axis=0) - FLAT_COLOUR).max() <= 6


def test_without_an_object_the_body_is_alone(clip: Clip, tmp_path: Path) -> None:
    none = clip.objects.model_copy(update={"masks": (None,) * FRAMES})
    made = run(replace(clip, objects=none), tmp_path)
    assert np.ptp(made.pictures()[0].astype(int), axis=-1).max() <= 2
    assert (made.scores["object_share"], made.scores["object_area"], made.scores["psnr_object_db"]) == (0.0, None, None)
    assert made.scores["body_share"] == 1.0


def test_without_a_body_all_but_the_object_is_black(clip: Clip, tmp_path: Path) -> None:
    nobody = replace(clip.body, fitted=np.zeros(FRAMES, bool), rotations=np.full_like(clip.body.rotations, np.nan))
    made = run(replace(clip, body=nobody), tmp_path)
    assert made.silhouettes() == [None] * FRAMES
    assert not read_depth(made.folder / "depth.npz").any()
    code = clip.objects.masks[0]
    assert code is not None
    picture, mask = made.pictures()[0], decode_mask(code)
    assert picture[mask].mean() > 30
    assert picture[~mask].mean() < 1
    assert (made.scores["body_share"], made.scores["body_area"]) == (0.0, None)


def test_a_body_of_another_clip_is_refused(clip: Clip, tmp_path: Path) -> None:
    fewer = clip.objects.model_copy(update={"frames": 1, "masks": clip.objects.masks[:1]})
    with pytest.raises(UnusableInputError, match=r"object_masks\.json is about 1 frames"):
        run(replace(clip, objects=fewer), tmp_path)


def test_running_before_setting_up_is_told() -> None:
    with pytest.raises(RuntimeError, match="setup"):
        StructureStage(StructureConfig()).run(None)  # type: ignore[arg-type]
