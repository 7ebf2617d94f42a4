"""References made from other frames, and by an editor that is told what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.stages.references.editor import EditorReferenceMaker
from cointeract_curation.stages.references.inpaint import InpaintMaker
from cointeract_curation.stages.references.protocol import FrameContext
from tests.curation.triplet.scenes import drawn_clip, without_object

Picture = NDArray[np.uint8]


def test_what_other_frames_show_behind_the_product_is_brought_back() -> None:
    clip, wall = drawn_clip(moving=True)
    made = InpaintMaker(donors=8).person(FrameContext(clip, 5))
    hole = clip.mask(5)
    assert np.abs(made.image[hole].astype(int) - wall[hole]).mean() < 10
    assert (made.image[:40] == wall[:40]).all()
    assert made.notes["from_other_frames"] > 0.95


def test_what_no_frame_shows_is_made_of_patches() -> None:
    clip, wall = drawn_clip(moving=False)
    made = InpaintMaker(donors=8).person(FrameContext(clip, 5))
    hole = clip.mask(5)
    assert made.notes["from_patches"] > 0.9
    blue = np.abs(made.image[hole].astype(int) - (30, 60, 220)).max(axis=1) < 30
    yellow = np.abs(made.image[hole].astype(int) - (230, 230, 40)).max(axis=1) < 30
    assert (blue | yellow).mean() < 0.1
    assert (made.image[~hole] == wall[~hole]).mean() > 0.9


def test_the_product_comes_alone_and_whole_on_white() -> None:
    clip, _ = drawn_clip()
    picture = InpaintMaker(donors=4).product(FrameContext(clip, 5)).image
    assert picture.shape == clip.frames[0].shape
    product = (picture < 240).any(axis=2)
    assert 0.95 < product.sum() / (4 * clip.mask(5).sum()) < 1.1
    assert (picture[:10] == 255).all()
    middle = picture[product]
    blue = np.abs(middle.astype(int) - (30, 60, 220)).max(axis=1) < 40
    yellow = np.abs(middle.astype(int) - (230, 230, 40)).max(axis=1) < 40
    assert (blue | yellow).mean() > 0.75


def test_there_is_nothing_to_make_without_a_mask() -> None:
    context = FrameContext(without_object(drawn_clip()[0]), 0)
    for make in (InpaintMaker(4).person, InpaintMaker(4).product):
        with pytest.raises(ValueError, match="empty"):
            make(context)


@dataclass
class BoxPainter:
    """An editor that paints over blue and yellow, and answers in a size of its own, as models do."""

    name: str = "box-painter"
    told: list[tuple[str, int, list[tuple[int, ...]]]] = field(default_factory=list)

    def edit(self, images: Sequence[Picture], instruction: str, seed: int) -> Picture:
        self.told.append((instruction, seed, [image.shape for image in images]))
        picture = images[0].astype(int)
        striped = (np.abs(picture - (30, 60, 220)).max(axis=2) < 20) | (
            np.abs(picture - (230, 230, 40)).max(axis=2) < 20
        )
        keep = striped if "only" in instruction else ~striped
        edited = np.where(keep[..., None], images[0], np.uint8(255))
        return np.asarray(cv2.resize(edited, (256, 384), interpolation=cv2.INTER_AREA))


def test_an_editor_is_told_what_to_do_and_its_answer_is_brought_to_size() -> None:
    clip, _ = drawn_clip()
    editor = BoxPainter()
    maker = EditorReferenceMaker(editor, "striped box", seed=7)
    context = FrameContext(clip, 3)
    person, product = maker.person(context).image, maker.product(context).image
    assert person.shape == product.shape == clip.frames[0].shape
    assert maker.name == "box-painter"
    assert not maker.aligned
    (removal, seed, shown), (isolation, _, shown_with_example) = editor.told
    assert "striped box" in removal
    assert "striped box" in isolation
    assert seed == 7
    assert shown == [clip.frames[0].shape]
    assert len(shown_with_example) == 2
    mask = clip.mask(3)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    assert person[inner].min() > 200
    # 256 x 384 is wider than the frame: all of it is kept, with white above and below.
    assert (product[:8] == 255).all()
    assert (product < 200).any()
