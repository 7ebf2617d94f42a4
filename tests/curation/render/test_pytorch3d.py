"""The two renderers show the same. PyTorch3D needs an environment of its own: `make test-pytorch3d`."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.human.body import heads_of, rest_body, skeleton, skin
from cointeract_curation.human.geometry import rotation
from cointeract_curation.render.choose import find_device, make_renderer
from cointeract_curation.render.renderer import Shaded

INSTALLED = importlib.util.find_spec("pytorch3d") is not None
SIZE = (60, 104)
FOCAL = 110.0
CENTRE = (29.3, 51.2)
"""Not the picture's middle, so that a sign or a half pixel shows."""
DISTANCE = 1.6

needs_pytorch3d = pytest.mark.skipif(
    not INSTALLED, reason="PyTorch3D isn't installed: `make test-pytorch3d` runs this in an environment that has it"
)


@pytest.fixture(scope="module")
def body() -> NDArray[np.float32]:
    """Vertices of a person who has turned a little and raised one arm, in camera space."""
    rest, bones = rest_body({}), skeleton()
    # The model's z is up and it faces -y; the camera's y is down and it looks along z.
    upright = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    facing = upright @ rotation(np.array([0.0, 0.0, 1.0]), 0.4)
    rotations = np.broadcast_to(facing, (1, len(bones.bones), 3, 3)).copy()
    lifted = facing @ rotation(np.array([1.0, 0.0, 0.0]), -1.1)
    for index, name in enumerate(bones.bones):
        if name.endswith(".L") and name.startswith(("lowerarm", "wrist", "finger", "metacarpal")):
            rotations[:, index] = lifted
    root = np.array([[0.0, 0.35, DISTANCE]])
    heads = heads_of(rest, rotations.astype(np.float32), root.astype(np.float32))
    return skin(rest.vertices[None], rest, rotations, heads)[0]


def shade(backend: str, vertices: NDArray[np.float32]) -> Shaded:
    renderer = make_renderer(backend, "cpu", skeleton().faces, len(vertices), SIZE)  # type: ignore[arg-type]
    return renderer.shade(vertices, FOCAL, CENTRE)


@needs_pytorch3d
def test_both_renderers_show_the_same_body(body: NDArray[np.float32]) -> None:
    warp, other = shade("warp", body), shade("pytorch3d", body)
    assert warp.coverage.mean() > 0.2
    # Rounding may give a sample on a triangle's edge to the neighbour of one of the two.
    assert (warp.coverage != other.coverage).mean() < 1e-3
    same = (warp.coverage == other.coverage) & (warp.coverage > 0)
    brightness, depth = (np.abs(getattr(warp, name) - getattr(other, name))[same] for name in ("brightness", "depth"))
    assert np.quantile(brightness, 0.999) < 1e-4, f"brightness differs by {brightness.max()}"
    assert np.quantile(depth, 0.999) < 1e-4, f"depth differs by {depth.max()} m"
    assert brightness.mean() < 1e-5
    assert depth.mean() < 1e-5


@needs_pytorch3d
def test_a_frame_without_a_body_is_empty(body: NDArray[np.float32]) -> None:
    shown = shade("pytorch3d", np.full_like(body, np.nan))
    assert not shown.coverage.any()
    assert np.isinf(shown.depth).all()


@pytest.mark.skipif(INSTALLED, reason="PyTorch3D is installed")
def test_a_missing_package_is_told_with_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match="install easypytorch3d"):
        find_device("pytorch3d", "cpu")
