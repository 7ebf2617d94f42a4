"""The object over the body: where it shows, and in which colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cointeract_curation.stages.structure.compose import compose
from cointeract_curation.stages.structure.layer import FLAT_COLOUR, Fill, object_layer

HEIGHT, WIDTH = 24, 20
SIZE = (WIDTH, HEIGHT)
SQUARE = np.ones((3, 3), np.uint8)

Mask = NDArray[np.bool_]


@st.composite
def blobs(draw: st.DrawFn) -> Mask:
    """Masks of a few ellipses, some of which leave the picture."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(draw(st.integers(0, 3))):
        centre = draw(st.integers(-2, WIDTH + 2)), draw(st.integers(-2, HEIGHT + 2))
        axes = draw(st.integers(0, 9)), draw(st.integers(0, 9))
        cv2.ellipse(mask, centre, axes, draw(st.integers(0, 180)), 0, 360, 1, -1)
    return mask > 0


frames = arrays(np.uint8, (HEIGHT, WIDTH, 3), elements=st.integers(0, 255))
bodies = arrays(np.float32, (HEIGHT, WIDTH), elements=st.floats(0, 1, width=32))


def grown(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), SQUARE), bool)


def shrunk(mask: Mask) -> Mask:
    return np.asarray(cv2.erode(mask.astype(np.uint8), SQUARE), bool)


@settings(deadline=None)
@given(frame=frames, mask=blobs(), body=bodies, fill=st.sampled_from(["rgb", "mask"]))
def test_the_object_shows_at_its_mask_and_the_body_elsewhere(
    frame: NDArray[np.uint8], mask: Mask, body: NDArray[np.float32], fill: Fill
) -> None:
    picture = compose(body, object_layer(frame, mask, fill), SIZE)
    elsewhere = ~grown(mask)
    assert np.array_equal(picture[elsewhere], np.rint(body[elsewhere] * 255)[:, None].repeat(3, 1))
    # Inside, nothing of the body is left: a white one and none give the same.
    layers = [compose(np.full_like(body, level), object_layer(frame, mask, fill), SIZE) for level in (0, 1)]
    inside = shrunk(mask)
    assert np.array_equal(layers[0][inside], layers[1][inside])
    # Well inside, the colours are the frame's own.
    core = shrunk(inside)
    if fill == "rgb":
        assert np.array_equal(picture[core], frame[core])
    else:
        assert (picture[core] == FLAT_COLOUR).all()


@settings(deadline=None)
@given(frame=frames, mask=blobs())
def test_without_a_body_all_beyond_the_objects_edge_is_black(frame: NDArray[np.uint8], mask: Mask) -> None:
    assert not compose(None, object_layer(frame, mask, "rgb"), SIZE)[~grown(mask)].any()


@settings(deadline=None)
@given(mask=blobs(), behind=arrays(np.uint8, (3,)))
def test_nothing_of_what_lies_behind_comes_along(mask: Mask, behind: NDArray[np.uint8]) -> None:
    """An object of one colour keeps it up to its edge, whatever the scene's, also where the camera mixed the two."""
    colour = np.array([200, 40, 90], np.uint8)
    frame = np.where(mask[..., None], colour, behind)
    mixed = frame.copy()
    edge = mask & ~shrunk(mask) & grown(shrunk(shrunk(mask)))
    mixed[edge] = behind  # those that have an inside next to them
    for picture in (frame, mixed):
        layer = object_layer(picture, mask, "rgb")
        if layer is None:
            assert not mask.any()
            return
        shows = layer.alpha > 0
        if picture is mixed:
            shows &= cv2.dilate(shrunk(shrunk(mask)).astype(np.uint8), np.ones((7, 7), np.uint8))[layer.window] > 0
        assert np.allclose(layer.colour[shows], colour, atol=0.01)


def test_edges_are_soft_and_keep_the_area() -> None:
    mask = np.zeros((60, 60), np.uint8)
    cv2.circle(mask, (30, 30), 20, 1, -1)
    layer = object_layer(np.full((60, 60, 3), 200, np.uint8), mask > 0, "rgb")
    assert layer is not None
    assert layer.alpha.sum() == pytest.approx(mask.sum(), rel=1e-6)
    across = layer.alpha[layer.alpha.shape[0] // 2]
    assert np.abs(np.diff(across)).max() <= 0.5
    assert set(np.unique(layer.alpha)) > {0.0, 0.25, 0.75, 1.0}


def test_an_object_that_leaves_the_picture_has_no_edge_there() -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:10] = True
    layer = object_layer(np.full((HEIGHT, WIDTH, 3), 9, np.uint8), mask, "rgb")
    assert layer is not None
    assert (layer.alpha[0] == 1).all()
    assert (layer.alpha[:, 0] == layer.alpha[:, 5]).all()


def test_an_empty_mask_has_no_layer() -> None:
    assert object_layer(np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.zeros((HEIGHT, WIDTH), bool), "rgb") is None
