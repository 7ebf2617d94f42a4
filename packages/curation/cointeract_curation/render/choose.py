"""The renderer that a configuration names."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.render.renderer import MeshRenderer

Backend = Literal["warp", "pytorch3d"]
Device = Literal["cpu", "cuda", "auto"]


def make_renderer(
    backend: Backend, device: str, faces: NDArray[np.int32], vertices: int, size: tuple[int, int]
) -> MeshRenderer:
    """A renderer of meshes with ``vertices`` points and triangles ``faces`` (F, 3), in pictures of ``size`` (width, height).

    Args:
        device: `cpu` or `cuda`, as `find_device` gives it.

    Raises:
        ConfigurationError: PyTorch3D isn't installed; the message says what to install.
    """
    if backend == "pytorch3d":
        from cointeract_curation.render.pytorch3d_renderer import PyTorch3DRenderer

        return PyTorch3DRenderer(faces, vertices, size, device)
    from cointeract_curation.render.warp_renderer import WarpRenderer

    return WarpRenderer(faces, vertices, size, device)


def find_device(backend: Backend, asked: Device) -> str:
    """`cpu` or `cuda`, as asked; for `auto` what this machine has.

    Raises:
        ConfigurationError: `cuda` was asked for and the backend finds none, or PyTorch3D isn't installed.
    """
    if backend == "pytorch3d":
        from cointeract_curation.render.pytorch3d_renderer import load_pytorch3d

        load_pytorch3d()
    if asked == "cpu":
        return "cpu"
    found = _has_cuda(backend)
    if asked == "cuda" and not found:
        raise ConfigurationError(
            f"structure.device is 'cuda', but {backend} finds no CUDA device on this machine; set it to 'cpu' or 'auto'"
        )
    return "cuda" if found else "cpu"


def _has_cuda(backend: Backend) -> bool:
    if backend == "pytorch3d":
        import torch

        return bool(torch.cuda.is_available())
    import warp as wp

    wp.config.quiet = True
    return bool(wp.is_cuda_available())
