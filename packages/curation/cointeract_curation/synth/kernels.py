"""Warp kernels of the renderer. This module needs Warp to be imported, so `render` imports it only when it renders.

One mesh holds everything solid (body, hair, product); a wall and a table are planes. Colours are linear light until the last
step. The camera looks along +z with x to the right and y down (OpenCV).
"""

# Kernels are written in Warp's own language, which shares Python's grammar but not its types: `float(0.0)` declares a variable.
# mypy: ignore-errors
# ruff: noqa: ANN201, D103, PLR2004, UP018
from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

MISS = wp.constant(wp.float32(1.0e6))
EMPTY = wp.constant(wp.int64(9223372036854775807))
MICROMETRES = wp.constant(wp.float32(1.0e6))
SKY = wp.constant(wp.vec3(0.0, 0.0, 1.0))
ESCAPE = wp.constant(wp.float32(2.0e-3))  # metres a secondary ray starts above its surface


@wp.struct
class Camera:
    """A pinhole camera."""

    origin: wp.vec3
    world_from_camera: wp.mat33
    focal: wp.float32
    centre: wp.vec2


@wp.struct
class Lights:
    """Key, fill and hemisphere light, linear RGB."""

    key: wp.vec3  # direction towards the key light
    key_colour: wp.vec3
    fill: wp.vec3
    fill_colour: wp.vec3
    sky_colour: wp.vec3
    ground_colour: wp.vec3


@wp.struct
class Planes:
    """The wall and the table."""

    wall_y: wp.float32
    wall_scale: wp.vec2  # metres of the wall that its picture spans
    wall_centre: wp.vec2  # x, z of the picture's middle
    table_z: wp.float32  # height of the table top; below the camera's view where there is none
    table_back: wp.float32  # y of the table's far edge
    table_scale: wp.float32


@wp.func
def texel(picture: wp.array3d(dtype=wp.vec3), layer: int, u: float, v: float) -> wp.vec3:
    """Bilinear sample; v points up, as in the body's texture coordinates."""
    height = picture.shape[1]
    width = picture.shape[2]
    x = wp.clamp(u, 0.0, 1.0) * float(width) - 0.5
    y = (1.0 - wp.clamp(v, 0.0, 1.0)) * float(height) - 0.5
    x0 = int(wp.floor(x))
    y0 = int(wp.floor(y))
    fx = x - float(x0)
    fy = y - float(y0)
    xa = wp.clamp(x0, 0, width - 1)
    xb = wp.clamp(x0 + 1, 0, width - 1)
    ya = wp.clamp(y0, 0, height - 1)
    yb = wp.clamp(y0 + 1, 0, height - 1)
    top = picture[layer, ya, xa] * (1.0 - fx) + picture[layer, ya, xb] * fx
    bottom = picture[layer, yb, xa] * (1.0 - fx) + picture[layer, yb, xb] * fx
    return top * (1.0 - fy) + bottom * fy


@wp.func
def wrap_lambert(normal: wp.vec3, light: wp.vec3, wrap: float) -> float:
    return wp.max(0.0, (wp.dot(normal, light) + wrap) / (1.0 + wrap))


@wp.func
def hemisphere(normal: wp.vec3, lights: Lights) -> wp.vec3:
    up = 0.5 + 0.5 * wp.dot(normal, SKY)
    return lights.sky_colour * up + lights.ground_colour * (1.0 - up)


@wp.kernel
def light_vertices(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    key_directions: wp.array(dtype=wp.vec3),
    sky_directions: wp.array(dtype=wp.vec3),
    reach: float,
    vertices: wp.array(dtype=wp.int32),
    openness: wp.array(dtype=wp.vec2),
):
    """For each listed vertex: the share of the key light that arrives, and of the hemisphere above it that is open."""
    vertex = vertices[wp.tid()]
    point = points[vertex]
    normal = normals[vertex]
    start = point + normal * ESCAPE
    lit = float(0.0)
    for i in range(key_directions.shape[0]):
        faces_light = wp.dot(normal, key_directions[i]) > -0.3
        if faces_light and not wp.mesh_query_ray_anyhit(mesh, start, key_directions[i], 1.5):
            lit += 1.0
    open_weight = float(0.0)
    weight = float(0.0)
    for i in range(sky_directions.shape[0]):
        cosine = wp.dot(normal, sky_directions[i])
        if cosine > 0.0:
            weight += cosine
            if not wp.mesh_query_ray_anyhit(mesh, start, sky_directions[i], reach):
                open_weight += cosine
    openness[vertex] = wp.vec2(
        lit / float(key_directions.shape[0]), wp.where(weight > 0.0, open_weight / wp.max(weight, 1.0e-6), 1.0)
    )


@wp.func
def shade_background(
    mesh: wp.uint64,
    origin: wp.vec3,
    direction: wp.vec3,
    pictures: wp.array3d(dtype=wp.vec3),
    table: wp.array3d(dtype=wp.vec3),
    planes: Planes,
    lights: Lights,
) -> wp.vec3:
    to_wall = (planes.wall_y - origin[1]) / wp.max(direction[1], 1.0e-6)
    to_table = (planes.table_z - origin[2]) / wp.min(direction[2], -1.0e-6)
    on_table = origin + direction * to_table
    if direction[2] < 0.0 and to_table < to_wall and on_table[1] < planes.table_back:
        u = on_table[0] / planes.table_scale
        v = on_table[1] / planes.table_scale
        albedo = texel(table, 0, u - wp.floor(u), v - wp.floor(v))
        start = on_table + SKY * ESCAPE
        lit = float(1.0)
        if wp.mesh_query_ray_anyhit(mesh, start, lights.key, 1.0):
            lit = 0.35
        dim = float(1.0)
        nearby = wp.mesh_query_point_no_sign(mesh, on_table, 0.12)
        if nearby.result:
            closest = wp.mesh_eval_position(mesh, nearby.face, nearby.u, nearby.v)
            dim = 0.45 + 0.55 * wp.min(1.0, wp.length(closest - on_table) / 0.12)
        light = lights.key_colour * (wrap_lambert(SKY, lights.key, 0.0) * lit) + lights.sky_colour * dim
        return wp.cw_mul(albedo, light)
    hit = origin + direction * to_wall
    u = 0.5 + (hit[0] - planes.wall_centre[0]) / planes.wall_scale[0]
    v = 0.5 + (hit[2] - planes.wall_centre[1]) / planes.wall_scale[1]
    return texel(pictures, 0, u, v)


@wp.func
def shade_surface(
    mesh: wp.uint64,
    face: int,
    u: float,
    v: float,
    direction: wp.vec3,
    lights: Lights,
    normals: wp.array(dtype=wp.vec3),
    openness: wp.array(dtype=wp.vec2),
    corner_uv: wp.array2d(dtype=wp.vec2),
    layers: wp.array(dtype=wp.int32),
    gloss: wp.array(dtype=wp.float32),
    textures: wp.array3d(dtype=wp.vec3),
) -> wp.vec3:
    """Linear colour of the place u * A + v * B + (1 - u - v) * C of a triangle, seen along `direction`."""
    a = wp.mesh_get_index(mesh, face * 3 + 0)
    b = wp.mesh_get_index(mesh, face * 3 + 1)
    c = wp.mesh_get_index(mesh, face * 3 + 2)
    w = 1.0 - u - v
    normal = wp.normalize(normals[a] * u + normals[b] * v + normals[c] * w)
    if wp.dot(normal, direction) > 0.0:
        normal = wp.normalize(normal - direction * (1.02 * wp.dot(normal, direction)))
    reached = openness[a] * u + openness[b] * v + openness[c] * w
    uv = corner_uv[face, 0] * u + corner_uv[face, 1] * v + corner_uv[face, 2] * w
    layer = layers[face]
    albedo = texel(textures, layer, uv[0], uv[1])
    ambient_share = 0.25 + 0.75 * reached[1]
    light = hemisphere(normal, lights) * ambient_share
    light += lights.key_colour * (wrap_lambert(normal, lights.key, 0.25) * (0.3 + 0.7 * reached[0]))
    light += lights.fill_colour * (wrap_lambert(normal, lights.fill, 0.4) * ambient_share)
    half_way = wp.normalize(lights.key - direction)
    shine = gloss[layer] * wp.pow(wp.max(0.0, wp.dot(normal, half_way)), 36.0) * reached[0]
    return wp.cw_mul(albedo, light) + lights.key_colour * shine


@wp.func
def pixel_direction(x: float, y: float, camera: Camera) -> wp.vec3:
    local = wp.vec3((x - camera.centre[0]) / camera.focal, (y - camera.centre[1]) / camera.focal, 1.0)
    return camera.world_from_camera * wp.normalize(local)


@wp.func
def edge_area(a: wp.vec3, b: wp.vec3, x: float, y: float) -> float:
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.kernel
def rasterise(
    projected: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    width: int,
    height: int,
    nearest: wp.array(dtype=wp.int64),
):
    """For each pixel's middle the nearest triangle: depth in micrometres in the upper half of a word, index in the lower.

    `projected` holds pixel x, pixel y and 1 / depth, which is linear over a triangle's picture.
    """
    face = wp.tid()
    a = projected[indices[face * 3 + 0]]
    b = projected[indices[face * 3 + 1]]
    c = projected[indices[face * 3 + 2]]
    area = edge_area(a, b, c[0], c[1])
    if area == 0.0:
        return
    x0 = wp.max(0, int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5)))
    x1 = wp.min(width - 1, int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5)))
    y0 = wp.max(0, int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5)))
    y1 = wp.min(height - 1, int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5)))
    for y in range(y0, y1 + 1):
        for x in range(x0, x1 + 1):
            px = float(x) + 0.5
            py = float(y) + 0.5
            u = edge_area(b, c, px, py) / area
            v = edge_area(c, a, px, py) / area
            w = 1.0 - u - v
            if u >= 0.0 and v >= 0.0 and w >= 0.0:
                depth = 1.0 / (u * a[2] + v * b[2] + w * c[2])
                key = (wp.int64(depth * MICROMETRES) << wp.int64(32)) | wp.int64(face)
                wp.atomic_min(nearest, y * width + x, key)


@wp.kernel
def shade_pixels(
    mesh: wp.uint64,
    projected: wp.array(dtype=wp.vec3),
    nearest: wp.array(dtype=wp.int64),
    width: int,
    shade_miss: bool,
    camera: Camera,
    lights: Lights,
    planes: Planes,
    normals: wp.array(dtype=wp.vec3),
    openness: wp.array(dtype=wp.vec2),
    corner_uv: wp.array2d(dtype=wp.vec2),
    layers: wp.array(dtype=wp.int32),
    gloss: wp.array(dtype=wp.float32),
    textures: wp.array3d(dtype=wp.vec3),
    wall: wp.array3d(dtype=wp.vec3),
    table: wp.array3d(dtype=wp.vec3),
    colours: wp.array(dtype=wp.vec3),
    depths: wp.array(dtype=wp.float32),
):
    """Colour and depth of each pixel from what `rasterise` found."""
    pixel = wp.tid()
    word = nearest[pixel]
    if word == EMPTY:
        depths[pixel] = MISS
        if shade_miss:
            x = float(pixel % width) + 0.5
            y = float(pixel // width) + 0.5
            colours[pixel] = shade_background(
                mesh, camera.origin, pixel_direction(x, y, camera), wall, table, planes, lights
            )
        return
    x = float(pixel % width) + 0.5
    y = float(pixel // width) + 0.5
    face = int(word & wp.int64(4294967295))
    a = projected[wp.mesh_get_index(mesh, face * 3 + 0)]
    b = projected[wp.mesh_get_index(mesh, face * 3 + 1)]
    c = projected[wp.mesh_get_index(mesh, face * 3 + 2)]
    u = edge_area(b, c, x, y) * a[2]
    v = edge_area(c, a, x, y) * b[2]
    total = u + v + edge_area(a, b, x, y) * c[2]
    colours[pixel] = shade_surface(
        mesh, face, u / total, v / total, pixel_direction(x, y, camera),
        lights, normals, openness, corner_uv, layers, gloss, textures,
    )  # fmt: skip
    depths[pixel] = edge_area(a, b, c[0], c[1]) / total


@wp.kernel
def smooth_edges(
    mesh: wp.uint64,
    width: int,
    camera: Camera,
    lights: Lights,
    planes: Planes,
    normals: wp.array(dtype=wp.vec3),
    openness: wp.array(dtype=wp.vec2),
    corner_uv: wp.array2d(dtype=wp.vec2),
    layers: wp.array(dtype=wp.int32),
    gloss: wp.array(dtype=wp.float32),
    textures: wp.array3d(dtype=wp.vec3),
    wall: wp.array3d(dtype=wp.vec3),
    table: wp.array3d(dtype=wp.vec3),
    pixels: wp.array(dtype=wp.int32),
    offsets: wp.array(dtype=wp.vec2),
    colours: wp.array(dtype=wp.vec3),
):
    """The mean of several rays for each listed pixel."""
    entry = wp.tid()
    pixel = pixels[entry]
    total = wp.vec3(0.0, 0.0, 0.0)
    for i in range(offsets.shape[0]):
        x = float(pixel % width) + 0.5 + offsets[i][0]
        y = float(pixel // width) + 0.5 + offsets[i][1]
        direction = pixel_direction(x, y, camera)
        hit = wp.mesh_query_ray(mesh, camera.origin, direction, MISS)
        if hit.result:
            total += shade_surface(
                mesh, hit.face, hit.u, hit.v, direction,
                lights, normals, openness, corner_uv, layers, gloss, textures,
            )  # fmt: skip
        else:
            total += shade_background(mesh, camera.origin, direction, wall, table, planes, lights)
    colours[pixel] = total / float(offsets.shape[0])


@wp.kernel
def cast_texels(mesh: wp.uint64, size: int, faces: wp.array(dtype=wp.int32), weights: wp.array(dtype=wp.vec3)):
    """For each texel of a size x size picture: the triangle of a flat mesh (u, v, 0) that covers it, and where."""
    texel_index = wp.tid()
    u = (float(texel_index % size) + 0.5) / float(size)
    v = 1.0 - (float(texel_index // size) + 0.5) / float(size)
    nearest = wp.mesh_query_point_no_sign(mesh, wp.vec3(u, v, 0.0), 0.02)
    faces[texel_index] = -1
    if nearest.result:
        faces[texel_index] = nearest.face
        weights[texel_index] = wp.vec3(nearest.u, nearest.v, 1.0 - nearest.u - nearest.v)


@wp.kernel
def surface_distance(
    mesh: wp.uint64, points: wp.array(dtype=wp.vec3), reach: float, distances: wp.array(dtype=wp.float32)
):
    """How far each point is from a mesh's surface, at most `reach`."""
    entry = wp.tid()
    distances[entry] = reach
    nearest = wp.mesh_query_point_no_sign(mesh, points[entry], reach)
    if nearest.result:
        place = wp.mesh_eval_position(mesh, nearest.face, nearest.u, nearest.v)
        distances[entry] = wp.length(place - points[entry])
