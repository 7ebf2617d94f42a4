"""Warp kernels that turn triangles into pixels. This module needs Warp to be imported, so it is imported only to render.

Pictures have x to the right and y down; (0.5, 0.5) is the middle of the first pixel. Depth is along the optical axis, in metres.
"""

# Kernels are written in Warp's own language, which shares Python's grammar but not its types: `float(0.0)` declares a variable.
# mypy: ignore-errors
# ruff: noqa: ANN201, D103, UP018
from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

EMPTY = wp.constant(wp.int64(9223372036854775807))
MICROMETRES = wp.constant(wp.float32(1.0e6))
TRIANGLE_BITS = wp.constant(wp.int64(0xFFFFFFFF))
OUTSIDE = wp.constant(wp.float32(1.0e6))
"""A number of pixels beyond any picture."""
SAMPLES = wp.constant(2)
"""Along each side of a pixel."""
LEAST_AREA = wp.constant(wp.float32(1.0e-6))
"""Twice the area, in square pixels, of a triangle that is too narrow to be divided by it."""


@wp.func
def edge_area(a: wp.vec3, b: wp.vec3, x: float, y: float) -> float:
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.func
def entry(value: float, step: float) -> float:
    """The first whole number of steps from which on a linear function isn't negative; OUTSIDE where there is none."""
    if step > 0.0:
        return wp.min(wp.ceil(-value / step), OUTSIDE)
    return wp.where(value >= 0.0, 0.0, OUTSIDE)


@wp.func
def leave(value: float, step: float) -> float:
    """The last whole number of steps up to which a linear function isn't negative."""
    if step < 0.0:
        return wp.floor(-value / step)
    return wp.where(step > 0.0 or value >= 0.0, OUTSIDE, -1.0)


@wp.kernel
def project(
    points: wp.array(dtype=wp.vec3), focal: float, centre: wp.vec2, near: float, projected: wp.array(dtype=wp.vec3)
):
    """Pixel x, pixel y and 1 / depth of points in camera space; 1 / depth is 0 for a point nearer than `near`."""
    vertex = wp.tid()
    point = points[vertex]
    if point[2] > near:
        projected[vertex] = wp.vec3(
            focal * point[0] / point[2] + centre[0], focal * point[1] / point[2] + centre[1], 1.0 / point[2]
        )
    else:
        projected[vertex] = wp.vec3(0.0, 0.0, 0.0)


@wp.kernel
def rasterise(
    projected: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    width: int,
    height: int,
    nearest: wp.array(dtype=wp.int64),
):
    """For the middle of each pixel the nearest triangle: depth in micrometres in the upper half of a word, index in the lower.

    1 / depth is linear over a triangle's picture. Triangles that face away are left out: a body is closed, so one that faces the
    camera hides them.
    """
    face = wp.tid()
    a = projected[indices[face * 3 + 0]]
    b = projected[indices[face * 3 + 1]]
    c = projected[indices[face * 3 + 2]]
    if a[2] == 0.0 or b[2] == 0.0 or c[2] == 0.0:
        return
    area = edge_area(a, b, c[0], c[1])
    if area > -LEAST_AREA:  # y points down, so corners that run against the clock from outside have a negative area
        return
    x0 = wp.max(0, int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5)))
    x1 = wp.min(width - 1, int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5)))
    y0 = wp.max(0, int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5)))
    y1 = wp.min(height - 1, int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5)))
    step_u = (b[1] - c[1]) / area  # what a corner's share gains from one pixel to the next
    step_v = (c[1] - a[1]) / area
    step_w = -step_u - step_v
    step_depth = step_u * a[2] + step_v * b[2] + step_w * c[2]
    left = float(x0) + 0.5
    for y in range(y0, y1 + 1):
        py = float(y) + 0.5
        u = edge_area(b, c, left, py) / area
        v = edge_area(c, a, left, py) / area
        w = 1.0 - u - v
        # Pixels counted from the left one; those outside of the triangle are never visited.
        first = wp.max(entry(u, step_u), wp.max(entry(v, step_v), entry(w, step_w)))
        last = wp.min(leave(u, step_u), wp.min(leave(v, step_v), leave(w, step_w)))
        start = x0 + int(wp.max(first, 0.0))
        end = x0 + int(wp.min(last, float(x1 - x0)))
        inverse = u * a[2] + v * b[2] + w * c[2]
        place = y * width + start
        count = end - start
        steps = float(start - x0)
        while count >= 0:
            depth = 1.0 / (inverse + steps * step_depth)
            key = (wp.int64(depth * MICROMETRES) << wp.int64(32)) | wp.int64(face)
            # Values only fall, so one that isn't below what lies there now never will be: the look spares most of the writing.
            if key < nearest[place]:
                wp.atomic_min(nearest, place, key)
            place += 1
            count -= 1
            steps += 1.0


@wp.kernel
def unpack(nearest: wp.array(dtype=wp.int64), triangles: wp.array(dtype=wp.int32), depths: wp.array(dtype=wp.float32)):
    """The triangle (-1: none) and the depth in metres (infinite: none) of each pixel."""
    pixel = wp.tid()
    word = nearest[pixel]
    if word == EMPTY:
        triangles[pixel] = -1
        depths[pixel] = wp.inf
    else:
        triangles[pixel] = int(word & TRIANGLE_BITS)
        depths[pixel] = float(word >> wp.int64(32)) / MICROMETRES


@wp.func
def light_at(
    projected: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    lit: wp.array(dtype=wp.float32),
    face: int,
    x: float,
    y: float,
) -> float:
    """What the corners of a triangle receive, by place in the triangle."""
    ia = indices[face * 3 + 0]
    ib = indices[face * 3 + 1]
    ic = indices[face * 3 + 2]
    a = projected[ia]
    b = projected[ib]
    c = projected[ic]
    u = edge_area(b, c, x, y) * a[2]
    v = edge_area(c, a, x, y) * b[2]
    w = edge_area(a, b, x, y) * c[2]
    return (u * lit[ia] + v * lit[ib] + w * lit[ic]) / (u + v + w)


@wp.kernel
def shade(
    projected: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    lit: wp.array(dtype=wp.float32),
    nearest: wp.array(dtype=wp.int64),
    width: int,
    brightness: wp.array(dtype=wp.float32),
    coverage: wp.array(dtype=wp.float32),
    depths: wp.array(dtype=wp.float32),
):
    """A pixel's light, covered share and nearest depth from 2 x 2 words of `nearest`, in a picture `width` pixels wide.

    A pixel inside of one triangle takes the light of its middle, which is the mean of its samples' as far as light is linear there. Nothing
    there: depth is infinite. The samples are written out, since a loop over them takes twice the time of what it does.
    """
    pixel = wp.tid()
    left = (pixel % width) * SAMPLES
    top = (pixel // width) * SAMPLES
    upper = top * width * SAMPLES + left
    lower = upper + width * SAMPLES
    w00 = nearest[upper]
    w01 = nearest[upper + 1]
    w10 = nearest[lower]
    w11 = nearest[lower + 1]
    closest = wp.min(wp.min(w00, w01), wp.min(w10, w11))
    light = float(0.0)
    hits = float(0.0)
    if closest != EMPTY:
        x = float(left)
        y = float(top)
        face = int(w00 & TRIANGLE_BITS)
        if face == int(w01 & TRIANGLE_BITS) and face == int(w10 & TRIANGLE_BITS) and face == int(w11 & TRIANGLE_BITS):
            hits = 4.0
            light = 4.0 * light_at(projected, indices, lit, face, x + 1.0, y + 1.0)
        else:
            if w00 != EMPTY:
                hits += 1.0
                light += light_at(projected, indices, lit, face, x + 0.5, y + 0.5)
            if w01 != EMPTY:
                hits += 1.0
                light += light_at(projected, indices, lit, int(w01 & TRIANGLE_BITS), x + 1.5, y + 0.5)
            if w10 != EMPTY:
                hits += 1.0
                light += light_at(projected, indices, lit, int(w10 & TRIANGLE_BITS), x + 0.5, y + 1.5)
            if w11 != EMPTY:
                hits += 1.0
                light += light_at(projected, indices, lit, int(w11 & TRIANGLE_BITS), x + 1.5, y + 1.5)
    brightness[pixel] = light * 0.25
    coverage[pixel] = hits * 0.25
    depths[pixel] = wp.where(closest != EMPTY, float(closest >> wp.int64(32)) / MICROMETRES, wp.inf)
