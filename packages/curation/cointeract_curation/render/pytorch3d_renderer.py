"""Smooth shading with PyTorch3D: the second renderer, to check the first one against and for whoever has it anyway."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.human.geometry import Surface
from cointeract_curation.render.lighting import light_vertices
from cointeract_curation.render.rasteriser import NEAR
from cointeract_curation.render.renderer import Shaded

Floats32 = NDArray[np.float32]

SAMPLES = 2
"""Samples along each side of a pixel, as in `WarpRenderer`."""
DISTRIBUTION = "easypytorch3d"


def load_pytorch3d() -> Any:
    """PyTorch3D's module of renderers.

    Raises:
        ConfigurationError: it can't be imported; the message says what to install.
    """
    try:
        return importlib.import_module("pytorch3d.renderer")
    except ImportError as error:
        raise ConfigurationError(
            f"structure.backend is 'pytorch3d', which can't be imported ({error}): install {DISTRIBUTION} and the release of torch that it "
            "was built for (requirements-pytorch3d.txt names both), or set structure.backend to 'warp'"
        ) from error


class PyTorch3DRenderer:
    """A `MeshRenderer` on a device of torch's.

    PyTorch3D's camera looks along +z with x to the left and y up, so both are turned round. It keeps the nearest triangle and its
    barycentric coordinates for each sample; the light of the triangle's corners is interpolated with them, right in perspective.
    """

    def __init__(self, faces: NDArray[np.int32], vertices: int, size: tuple[int, int], device: str = "cpu") -> None:
        """For meshes of ``vertices`` points and triangles ``faces`` (F, 3), in pictures of ``size`` (width, height).

        Raises:
            ConfigurationError: PyTorch3D isn't installed.
        """
        load_pytorch3d()
        import torch

        self._torch, self._device, self._size = torch, torch.device(device), size
        self._faces = torch.from_numpy(faces.astype(np.int64)).to(self._device)
        self._surface = Surface(faces, vertices)

    def shade(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> Shaded:
        """The picture of vertices (V, 3); see `MeshRenderer.shade`."""
        torch = self._torch
        width, height = self._size
        if not np.isfinite(vertices).all():
            nothing = np.zeros((height, width), np.float32)
            return Shaded(nothing, nothing.copy(), np.full((height, width), np.inf, np.float32))
        light = torch.from_numpy(light_vertices(self._surface.normals(vertices))).to(self._device)
        fragments = self._rasterise(vertices, focal, centre)
        triangle = fragments.pix_to_face[0, ..., 0]  # (2H, 2W), -1 where there is none
        corners = light[self._faces[triangle.clamp(min=0)]]  # (2H, 2W, 3)
        hit = triangle >= 0
        lit = torch.where(hit, (corners * fragments.bary_coords[0, :, :, 0]).sum(dim=-1), 0.0)
        depth = torch.where(hit, fragments.zbuf[0, ..., 0], torch.inf)
        return Shaded(*(_numpy(values) for values in (_mean(lit), _mean(hit.float()), _nearest(depth))))

    def _rasterise(self, vertices: Floats32, focal: float, centre: tuple[float, float]) -> Any:
        torch, renderer = self._torch, load_pytorch3d()
        structures = importlib.import_module("pytorch3d.structures")
        width, height = (side * SAMPLES for side in self._size)
        camera = renderer.PerspectiveCameras(
            focal_length=((focal * SAMPLES, focal * SAMPLES),),
            principal_point=((centre[0] * SAMPLES, centre[1] * SAMPLES),),
            R=torch.diag(torch.tensor([-1.0, -1.0, 1.0]))[None],
            T=torch.zeros(1, 3),
            in_ndc=False,
            image_size=((height, width),),
            device=self._device,
        )
        settings = renderer.RasterizationSettings(
            image_size=(height, width),
            faces_per_pixel=1,
            perspective_correct=True,
            cull_backfaces=True,
            z_clip_value=NEAR,
        )
        mesh = structures.Meshes([torch.from_numpy(vertices).to(self._device)], [self._faces])
        return renderer.MeshRasterizer(camera, settings)(mesh)


def _blocks(values: Any) -> Any:
    """(H, W, SAMPLES * SAMPLES) samples of each pixel, from (H * SAMPLES, W * SAMPLES)."""
    height, width = (side // SAMPLES for side in values.shape)
    return values.reshape(height, SAMPLES, width, SAMPLES).transpose(1, 2).reshape(height, width, SAMPLES**2)


def _mean(values: Any) -> Any:
    return _blocks(values).mean(dim=-1)


def _nearest(depth: Any) -> Any:
    return _blocks(depth).amin(dim=-1)


def _numpy(values: Any) -> Floats32:
    return np.asarray(values.cpu().numpy(), dtype=np.float32)
