"""Other colours for a staged shot: clothes, skin, product and wall far beyond what the studio draws.

What separates a product from a person must not be learned from the studio's own palette, so that colours agree by chance as
often as they do in front of real cameras: white on white, skin on skin, print on print.
"""

from __future__ import annotations

import colorsys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.synth.look import SKINS, Colour, Look
from cointeract_curation.synth.paint import linear, paint_body, smooth_noise
from cointeract_curation.synth.staging import PersonShot, ProductShot, StagedShot
from cointeract_curation.synth.texels import texel_map

Floats32 = NDArray[np.float32]

OTHER_CLOTHES = 0.6
LIKE_CLOTHES, LIKE_SKIN, LIKE_HAIR, LIKE_NOTHING = 0.14, 0.06, 0.1, 0.45
"""Shares of products that take the colour of the shirt, of skin, of hair, and that take any colour."""
OTHER_WALL = 0.5
OTHER_SIZE, SIZES = 0.5, (0.8, 1.8)
WALL_PIXELS = 512
PATTERNS = ("plain", "plain", "stripes", "checks")


def restyle(shot: StagedShot, rng: np.random.Generator) -> StagedShot:
    """The same shot in other colours."""
    people = tuple(_dressed(person, rng) for person in shot.people)
    item = shot.item
    if item is not None and people:
        item = _coloured(_sized(item, rng), people[0].figure.look, rng)
    backdrop = shot.backdrop
    if rng.random() < OTHER_WALL:
        backdrop = replace(backdrop, wall=any_wall(rng))
    return replace(shot, people=people, item=item, backdrop=backdrop)


def any_colour(rng: np.random.Generator) -> Colour:
    """Any colour, greys, black and white among them."""
    saturation = rng.choice([0.0, rng.uniform(0, 0.3), rng.uniform(0.3, 1)], p=[0.3, 0.3, 0.4])
    return colorsys.hsv_to_rgb(rng.random(), float(saturation), float(rng.uniform(0.04, 1)))


def _dressed(person: PersonShot, rng: np.random.Generator) -> PersonShot:
    if rng.random() > OTHER_CLOTHES:
        return person
    look = replace(
        person.figure.look,
        shirt=_near(SKINS[int(rng.integers(len(SKINS)))], 0.15, rng) if rng.random() < LIKE_SKIN else any_colour(rng),
        shirt_accent=any_colour(rng),
        trousers=any_colour(rng),
        pattern=PATTERNS[int(rng.integers(len(PATTERNS)))],  # type: ignore[arg-type]
        skin=_near(person.figure.look.skin, 0.08, rng),
    )
    figure = replace(person.figure, look=look, body_texture=paint_body(look, texel_map(), rng))
    return replace(person, figure=figure)


def _sized(item: ProductShot, rng: np.random.Generator) -> ProductShot:
    """Larger or smaller than the studio has it; fingers then hide in it or leave a gap, as they seem to in pictures."""
    if item.product.soft or rng.random() > OTHER_SIZE:
        return item
    mesh = item.product.mesh
    scale = np.exp(rng.uniform(np.log(SIZES[0]), np.log(SIZES[1]))) * np.exp(rng.normal(0, 0.1, 3))
    return replace(item, product=replace(item.product, mesh=replace(mesh, vertices=mesh.vertices * scale)))


def _coloured(item: ProductShot, look: Look, rng: np.random.Generator) -> ProductShot:
    draw, texture = rng.random(), item.product.texture
    if draw < LIKE_CLOTHES:
        texture = _tinted(texture, _near(look.shirt, 0.1, rng), rng)
    elif draw < LIKE_CLOTHES + LIKE_SKIN:
        texture = _tinted(texture, _near(look.skin, 0.1, rng), rng)
    elif draw < LIKE_CLOTHES + LIKE_SKIN + LIKE_HAIR:
        texture = _tinted(texture, _near(look.hair, 0.05, rng), rng)
    elif draw < LIKE_CLOTHES + LIKE_SKIN + LIKE_HAIR + LIKE_NOTHING:
        texture = _tinted(texture, any_colour(rng), rng)
    return replace(item, product=replace(item.product, texture=texture))


def _near(colour: Colour, spread: float, rng: np.random.Generator) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.uniform(-spread, spread, 3), 0.02, 1).tolist()
    return red, green, blue


def _tinted(texture: Floats32, colour: Colour, rng: np.random.Generator) -> Floats32:
    """The picture's lights and darks around a colour; part of its own colours stays."""
    keep = float(rng.choice([0.0, rng.uniform(0, 0.5)]))
    light = texture.mean(axis=-1, keepdims=True)
    light = light / max(float(light.mean()), 1e-3)
    contrast = rng.uniform(0.1, 1.0)
    plain = linear(np.array(colour, np.float32)) * (1 + contrast * (light - 1))
    return np.asarray(np.clip((1 - keep) * plain + keep * texture, 0, 1), np.float32)


def any_wall(rng: np.random.Generator) -> Floats32:
    """A wall (S, S, 3) in linear light: a colour, things of any shape before it, and grain."""
    import cv2

    size = WALL_PIXELS
    wall = np.broadcast_to(np.array(any_colour(rng), np.float32), (size, size, 3)).copy()
    for _ in range(int(rng.integers(0, 60))):
        place = tuple(int(value) for value in rng.integers(0, size, 2))
        extent = tuple(int(value) for value in np.exp(rng.uniform(np.log(6), np.log(160), 2)))
        colour = any_colour(rng)
        if rng.random() < 0.5:  # noqa: PLR2004
            cv2.rectangle(wall, place, (place[0] + extent[0], place[1] + extent[1]), colour, -1)
        else:
            cv2.ellipse(wall, place, extent, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    grain = smooth_noise(rng, size, int(rng.integers(4, 120)))[..., None]
    wall = np.clip(wall * (1 + float(rng.uniform(0, 0.25)) * grain), 0, 1).astype(np.float32)
    return linear(cv2.GaussianBlur(wall, (0, 0), float(rng.uniform(0.5, 6))))
