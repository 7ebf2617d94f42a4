"""What the renderer shows of shapes whose picture is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.render.choose import find_device, make_renderer
from cointeract_curation.render.renderer import Shaded

SIZE = (48, 32)
FOCAL = 40.0
CENTRE = (24.0, 16.0)


def square(x: float, y: float, z: float, side: float) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A square that faces the camera, its top left corner at (x, y) and depth z."""
    corners = np.array([[x, y, z], [x + side, y, z], [x + side, y + side, z], [x, y + side, z]], np.float32)
    return corners, np.array([[0, 2, 1], [0, 3, 2]], np.int32)


def shade(corners: NDArray[np.float32], faces: NDArray[np.int32]) -> Shaded:
    return make_renderer("warp", "cpu", faces, len(corners), SIZE).shade(corners, FOCAL, CENTRE)


def test_a_square_covers_its_pixels_and_half_of_those_on_its_edge() -> None:
    # at 2 m a metre is 20 pixels: columns 24 to 33.5, rows 16 to 25.5
    shown = shade(*square(0.0, 0.0, 2.0, 0.475))
    expected = np.zeros((32, 48), np.float32)
    expected[16:26, 24:34] = 1
    expected[25, 24:34] = expected[16:26, 33] = 0.5
    expected[25, 33] = 0.25
    assert np.array_equal(shown.coverage, expected)
    assert np.allclose(shown.depth[expected > 0], 2.0, atol=1e-5)
    assert np.isinf(shown.depth[expected == 0]).all()
    inside = shown.brightness[expected == 1]
    assert inside.min() > 0.3
    assert np.ptp(inside) < 1e-5
    assert np.allclose(shown.brightness, expected * inside[0], atol=1e-5)


def test_a_pixels_light_is_the_mean_of_finer_ones() -> None:
    """A curved surface whose triangles are larger than a pixel, so that most pixels lie inside of one."""
    rows, columns = np.mgrid[0:6, 0:6]
    depth = 2 + 0.2 * np.sin(columns * 1.1) + 0.15 * np.cos(rows * 1.3)
    corners = np.stack([columns * 0.4 - 1, rows * 0.3 - 0.75, depth], axis=-1).reshape(-1, 3).astype(np.float32)
    first = (rows[:-1, :-1] * 6 + columns[:-1, :-1]).reshape(-1)
    faces = np.concatenate(
        [np.stack([first, first + 7, first + 1], 1), np.stack([first, first + 6, first + 7], 1)]
    ).astype(np.int32)
    plain = shade(corners, faces)
    double = make_renderer("warp", "cpu", faces, len(corners), (SIZE[0] * 2, SIZE[1] * 2))
    finer = double.shade(corners, FOCAL * 2, (CENTRE[0] * 2, CENTRE[1] * 2))
    mean = finer.brightness.reshape(SIZE[1], 2, SIZE[0], 2).mean(axis=(1, 3))
    whole = finer.coverage.reshape(SIZE[1], 2, SIZE[0], 2).min(axis=(1, 3)) == 1
    assert whole.sum() > 200
    assert np.ptp(mean[whole]) > 0.2
    assert np.allclose(plain.brightness[whole], mean[whole], atol=0.01)
    assert np.abs(plain.brightness - mean)[whole].mean() < 1e-3


def test_the_nearer_surface_hides_the_other_and_backs_are_not_shown() -> None:
    near, near_faces = square(0.0, 0.0, 1.0, 0.2)
    far, far_faces = square(-0.5, -0.5, 2.0, 1.0)
    both = shade(np.concatenate([far, near]), np.concatenate([far_faces, near_faces + 4]))
    assert both.depth[20, 28] == pytest.approx(1.0, abs=1e-5)
    assert both.depth[12, 20] == pytest.approx(2.0, abs=1e-5)
    assert not shade(near, near_faces[:, ::-1].copy()).coverage.any()


def test_a_square_beyond_the_picture_fills_it() -> None:
    assert shade(*square(-5.0, -5.0, 2.0, 10.0)).coverage.all()


def test_a_frame_without_a_body_is_empty() -> None:
    corners, faces = square(0.0, 0.0, 2.0, 0.5)
    shown = shade(np.full_like(corners, np.nan), faces)
    assert not shown.coverage.any()
    assert not shown.brightness.any()
    assert np.isinf(shown.depth).all()


def test_the_same_vertices_give_the_same_bytes() -> None:
    corners, faces = square(-0.1, 0.03, 1.3, 0.4)
    one, two = shade(corners, faces), shade(corners, faces)
    assert one.brightness.tobytes() == two.brightness.tobytes()
    assert one.depth.tobytes() == two.depth.tobytes()


def test_a_device_that_is_not_there_is_told() -> None:
    assert find_device("warp", "cpu") == "cpu"
    if find_device("warp", "auto") == "cuda":
        pytest.skip("this machine has CUDA")
    with pytest.raises(ConfigurationError, match="set it to 'cpu' or 'auto'"):
        find_device("warp", "cuda")
