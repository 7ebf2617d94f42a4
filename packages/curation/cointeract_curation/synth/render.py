"""Rendering by ray casting with Warp on the CPU: picture, triangle and depth of each pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.camera import Pinhole
from cointeract_curation.human.geometry import Surface, columns, unit
from cointeract_curation.synth.outline import DEVICE, Outline

Floats32 = NDArray[np.float32]
SAMPLES = ((-0.125, -0.375), (0.375, -0.125), (0.125, 0.375), (-0.375, 0.125))  # a rotated grid, pixels
DEPTH_STEP = 0.012  # metres between neighbouring pixels that make an edge within one surface
AMBIENT_REACH = 0.22  # metres within which a surface takes light from another
KEY_SPREAD = 0.28  # tangent of half the key light's angular size
LIGHT_SMOOTHING = 2  # passes over neighbouring vertices, which hide how few shadow rays there are
KEY_RAYS = 4
SKY_RAYS = 5


@dataclass(frozen=True)
class Lighting:
    """Directions point towards the lights; colours are linear RGB."""

    key: tuple[float, float, float] = (-0.45, -0.75, 0.6)
    key_colour: tuple[float, float, float] = (0.62, 0.6, 0.56)
    fill: tuple[float, float, float] = (0.8, -0.55, 0.15)
    fill_colour: tuple[float, float, float] = (0.16, 0.17, 0.2)
    sky_colour: tuple[float, float, float] = (0.34, 0.35, 0.37)
    ground_colour: tuple[float, float, float] = (0.2, 0.18, 0.17)


@dataclass(frozen=True)
class Backdrop:
    """A wall behind everything and, where `table_height` is set, a table top. Pictures are linear RGB (H, W, 3)."""

    wall: Floats32
    table: Floats32
    wall_distance: float = 0.9  # metres behind the origin
    wall_size: tuple[float, float] = (3.0, 3.0)  # metres
    wall_centre: tuple[float, float] = (0.0, 0.3)  # x, z
    table_height: float | None = None
    table_back: float = 0.45  # y of the far edge
    table_scale: float = 0.6  # metres that one tile of the table's picture spans


@dataclass(frozen=True)
class Solid:
    """What doesn't change during a shot: topology, textures (L, S, S, 3) linear, one layer index and label a triangle."""

    faces: NDArray[np.int32]  # (F, 3)
    uv: Floats32  # (F, 3, 2)
    layers: NDArray[np.int32]  # (F,)
    textures: Floats32
    gloss: Floats32  # (L,)


@dataclass(frozen=True)
class Rendered:
    """One frame."""

    rgb: NDArray[np.uint8]  # (H, W, 3)
    triangles: NDArray[np.int32]  # (H, W), -1 for background
    depth: Floats32 = field(repr=False)  # (H, W) metres along the optical axis; very large for background


def _directions(axis: tuple[float, float, float], spread: float, count: int) -> Floats32:
    """Directions in a cone around an axis, evenly spread over its disc."""
    z = unit(np.asarray(axis, dtype=np.float64))
    x = unit(np.cross(z, [0.3, 0.2, 0.9]))
    frame = columns(x, np.cross(z, x), z)
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    radius = spread * np.sqrt((np.arange(count) + 0.5) / count)
    local = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.ones(count)], axis=1)
    return unit(local @ frame.T).astype(np.float32)


_SRGB_STEPS = 4096
_SRGB = np.rint(255 * (np.arange(_SRGB_STEPS) / (_SRGB_STEPS - 1)) ** (1 / 2.2)).astype(np.uint8)


def encode_srgb(linear: Floats32) -> NDArray[np.uint8]:
    """8-bit colour of linear light 0 to 1 (clipped), by a table of the power 1 / 2.2."""
    return np.asarray(_SRGB[np.clip(linear * np.float32(_SRGB_STEPS - 1), 0, _SRGB_STEPS - 1).astype(np.int32)])


class Renderer:
    """Renders one shot: fixed topology and backdrop, new vertices and camera for each frame."""

    def __init__(
        self, solid: Solid, vertices: int, backdrop: Backdrop, lighting: Lighting, size: tuple[int, int]
    ) -> None:
        """`vertices` is their number in each frame, `size` (width, height) of the picture."""
        # Warp is imported here, not with the module: it takes half a second and most commands don't render.
        import warp as wp

        wp.config.quiet = True
        from cointeract_curation.synth import kernels

        self._wp, self._kernels, self._size = wp, kernels, size
        self._solid, self._backdrop = solid, backdrop
        self._wall_picture = encode_srgb(backdrop.wall)
        self._surface = Surface(solid.faces, vertices)
        self._outline = Outline(solid.faces, size)
        self._materials = [
            wp.array(solid.uv, dtype=wp.vec2, device=DEVICE),
            wp.array(solid.layers, dtype=wp.int32, device=DEVICE),
            wp.array(solid.gloss, dtype=wp.float32, device=DEVICE),
            wp.array(solid.textures, dtype=wp.vec3, device=DEVICE),
            wp.array(backdrop.wall[None], dtype=wp.vec3, device=DEVICE),
            wp.array(backdrop.table[None], dtype=wp.vec3, device=DEVICE),
        ]
        self._lights = self._light_struct(lighting)
        self._planes = self._plane_struct(backdrop)
        up = (0.0, -0.4, 1.0)  # the room is lit from the front, where the camera stands
        self._key_rays = wp.array(_directions(lighting.key, KEY_SPREAD, KEY_RAYS), dtype=wp.vec3, device=DEVICE)
        self._sky_rays = wp.array(_directions(up, 1.6, SKY_RAYS), dtype=wp.vec3, device=DEVICE)
        self._offsets = wp.array(np.array(SAMPLES, np.float32), dtype=wp.vec2, device=DEVICE)
        self._openness = wp.full(vertices, wp.vec2(1.0, 1.0), dtype=wp.vec2, device=DEVICE)
        pixels = size[0] * size[1]
        self._colours = wp.zeros(pixels, dtype=wp.vec3, device=DEVICE)
        self._depths = wp.empty(pixels, dtype=wp.float32, device=DEVICE)

    def _light_struct(self, lighting: Lighting) -> Any:
        lights = self._kernels.Lights()
        lights.key = self._wp.vec3(*unit(np.asarray(lighting.key)))
        lights.fill = self._wp.vec3(*unit(np.asarray(lighting.fill)))
        lights.key_colour = self._wp.vec3(*lighting.key_colour)
        lights.fill_colour = self._wp.vec3(*lighting.fill_colour)
        lights.sky_colour = self._wp.vec3(*lighting.sky_colour)
        lights.ground_colour = self._wp.vec3(*lighting.ground_colour)
        return lights

    def _plane_struct(self, backdrop: Backdrop) -> Any:
        planes = self._kernels.Planes()
        planes.wall_y = backdrop.wall_distance
        planes.wall_scale = self._wp.vec2(*backdrop.wall_size)
        planes.wall_centre = self._wp.vec2(*backdrop.wall_centre)
        planes.table_z = -1.0e6 if backdrop.table_height is None else backdrop.table_height
        planes.table_back = backdrop.table_back
        planes.table_scale = backdrop.table_scale
        return planes

    def _camera_struct(self, camera: Pinhole) -> Any:
        struct = self._kernels.Camera()
        struct.origin = self._wp.vec3(*camera.origin)
        struct.world_from_camera = self._wp.mat33(*camera.rotation.T.reshape(-1))
        struct.focal = camera.focal
        struct.centre = self._wp.vec2(*camera.centre)
        return struct

    def render(self, vertices: Floats32, camera: Pinhole) -> Rendered:
        """The picture of vertices (V, 3), world frame."""
        wp, kernels, (width, height) = self._wp, self._kernels, self._size
        normals = wp.array(self._surface.normals(vertices), dtype=wp.vec3, device=DEVICE)
        points = wp.array(vertices, dtype=wp.vec3, device=DEVICE)
        mesh = wp.Mesh(points=points, indices=self._outline.indices)
        triangles, projected = self._outline.draw(vertices, camera)
        openness = self._light(mesh, points, normals, triangles)
        has_table = self._backdrop.table_height is not None
        view = [self._camera_struct(camera), self._lights, self._planes, normals, openness, *self._materials]
        outputs = [self._colours, self._depths]
        found = [mesh.id, projected, self._outline.nearest, width, has_table]
        self._launch(kernels.shade_pixels, width * height, *found, *view, *outputs)
        depth = self._depths.numpy().reshape(height, width).copy()
        edge = self._edges(triangles, depth)
        edges = wp.array(edge, dtype=wp.int32, device=DEVICE)
        self._launch(kernels.smooth_edges, edges.size, mesh.id, width, *view, edges, self._offsets, self._colours)
        rgb = encode_srgb(self._colours.numpy().reshape(height, width, 3))
        if not has_table:
            background = triangles < 0
            background.reshape(-1)[edge] = False
            np.copyto(rgb, self._wall(camera), where=background[..., None])
        return Rendered(rgb, triangles, depth)

    def _launch(self, kernel: Any, threads: int, *inputs: Any) -> None:
        self._wp.launch(kernel, dim=threads, inputs=list(inputs), device=DEVICE)

    def _light(self, mesh: Any, points: Any, normals: Any, triangles: NDArray[np.int32]) -> Any:
        """Openness (V,) to the key light and the sky; only vertices in and next to visible triangles are worked out."""
        wp = self._wp
        seen = np.zeros(len(self._solid.faces), dtype=bool)
        seen[triangles[triangles >= 0]] = True
        wanted = np.zeros((len(points), 1), dtype=np.float32)
        wanted[self._solid.faces[seen]] = 1
        for _ in range(LIGHT_SMOOTHING):  # smoothing takes neighbours in, so they have to be lit, too
            wanted += self._surface.neighbour_mean(wanted)
        vertices = wp.array(np.flatnonzero(wanted).astype(np.int32), dtype=wp.int32, device=DEVICE)
        self._openness.fill_(wp.vec2(1.0, 1.0))  # so that a frame doesn't depend on those before it
        rays = [self._key_rays, self._sky_rays, AMBIENT_REACH]
        kernel = self._kernels.light_vertices
        self._launch(kernel, vertices.size, mesh.id, points, normals, *rays, vertices, self._openness)
        reached = self._openness.numpy()
        for _ in range(LIGHT_SMOOTHING):
            reached = 0.5 * (reached + self._surface.neighbour_mean(reached))
        return wp.array(reached, dtype=wp.vec2, device=DEVICE)

    def _wall(self, camera: Pinhole) -> NDArray[np.uint8]:
        """The wall's picture as the camera sees it: a plane, so a homography."""
        import cv2

        rows, across = self._wall_picture.shape[:2]
        backdrop = self._backdrop
        step_x, step_z = backdrop.wall_size[0] / across, backdrop.wall_size[1] / rows
        left, top = (
            backdrop.wall_centre[0] - backdrop.wall_size[0] / 2,
            backdrop.wall_centre[1] + backdrop.wall_size[1] / 2,
        )
        world_from_picture = np.array(
            [[step_x, 0.0, left], [0.0, 0.0, backdrop.wall_distance], [0.0, -step_z, top]]
        )  # continuous picture coordinates (x, y, 1) to the world
        camera_from_picture = camera.rotation @ world_from_picture
        camera_from_picture[:, 2] += camera.translation
        intrinsics = np.array([[camera.focal, 0, camera.centre[0]], [0, camera.focal, camera.centre[1]], [0, 0, 1.0]])
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV puts a pixel's middle at whole numbers
        matrix = np.linalg.inv(half) @ intrinsics @ camera_from_picture @ half
        warped = cv2.warpPerspective(self._wall_picture, matrix, self._size, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(warped, dtype=np.uint8)

    def _edges(self, triangles: NDArray[np.int32], depth: Floats32) -> NDArray[np.int32]:
        """Flat indices of pixels at the border of a surface or of a texture layer."""
        layer = np.where(triangles >= 0, self._solid.layers[triangles], -1)
        edge = np.zeros(layer.shape, dtype=bool)
        for axis in (0, 1):
            near: list[slice] = [slice(None), slice(None)]
            far: list[slice] = [slice(None), slice(None)]
            near[axis], far[axis] = slice(None, -1), slice(1, None)
            step = np.abs(depth[tuple(near)] - depth[tuple(far)]) > DEPTH_STEP
            step &= (layer[tuple(near)] >= 0) | (layer[tuple(far)] >= 0)
            step |= layer[tuple(near)] != layer[tuple(far)]
            edge[tuple(near)] |= step
            edge[tuple(far)] |= step
        return np.flatnonzero(edge).astype(np.int32)
