"""A staged shot: person, product, cameras and surroundings with their movement, ready to be rendered frame by frame."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton, skin
from cointeract_curation.human.camera import Pinhole
from cointeract_curation.human.parts import FACE_PARTS, PARTS, TEXTURE_SIZE, face_parts, face_skin_triangles
from cointeract_curation.synth.figure import Figure
from cointeract_curation.synth.products import Product
from cointeract_curation.synth.regions import scalp
from cointeract_curation.synth.render import Backdrop, Lighting, Solid

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

BODY_LAYER, HAIR_LAYER, PRODUCT_LAYER = 0, 1, 2
SKIN_GLOSS, HAIR_GLOSS = 0.04, 0.05

# What a triangle shows.
BODY, FACE, LEFT_HAND, RIGHT_HAND, HAIR, PRODUCT = 1, 2, 3, 4, 5, 6
HAIRLINE = 0.5  # share of the scalp from which skin counts as hair and not as face
LABEL_OF_PART = {"hand.L": LEFT_HAND, "hand.R": RIGHT_HAND}


@dataclass(frozen=True)
class PersonShot:
    """A person's movement over a shot of N frames, in the precision that is written as truth."""

    figure: Figure
    dress: Floats32  # (V, 3)
    rotations: Floats32  # (N, J, 3, 3)
    heads: Floats  # (N, J, 3), made from the rotations and the root
    actions: Floats32  # (N, A)

    def body_vertices(self, start: int, end: int) -> Floats32:
        """The dressed body (M, V, 3) in frames start to end - 1."""
        rest = self.figure.rest
        offsets = self.dress + np.einsum("na,avc->nvc", self.actions[start:end], rest.actions)
        return skin(rest.vertices + offsets, rest, self.rotations[start:end], self.heads[start:end])

    def hair_vertices(self, start: int, end: int) -> Floats32:
        """The extra hair (M, H, 3): rigid on the head."""
        head = skeleton().bone("head")
        local = self.figure.hair.vertices - self.figure.rest.heads[head]
        turned = local @ np.swapaxes(self.rotations[start:end, head], 1, 2)
        return np.asarray(turned + self.heads[start:end, head][:, None], dtype=np.float32)


@dataclass(frozen=True)
class StagedShot:
    """One shot of N frames."""

    label: str
    person: PersonShot | None
    product: Product
    product_rotation: Floats32  # (N, 3, 3) world from product
    product_place: Floats32  # (N, 3)
    held_by: str | None
    cameras: list[Pinhole]
    backdrop: Backdrop
    lighting: Lighting

    def product_vertices(self, start: int, end: int) -> Floats32:
        """The product (M, P, 3)."""
        turned = self.product.mesh.vertices @ np.swapaxes(self.product_rotation[start:end], 1, 2)
        return np.asarray(turned + self.product_place[start:end, None], dtype=np.float32)

    def vertices(self, start: int, end: int) -> Floats32:
        """Everything solid (M, all, 3): body, hair, product."""
        solid = [self.product_vertices(start, end)]
        if self.person is not None:
            solid = [self.person.body_vertices(start, end), self.person.hair_vertices(start, end), *solid]
        return np.concatenate(solid, axis=1)


@functools.lru_cache(maxsize=1)
def body_labels() -> NDArray[np.uint8]:
    """What each triangle of the body shows (F,)."""
    labels = np.full(len(skeleton().faces), BODY, dtype=np.uint8)
    middles = skeleton().template[skeleton().faces].mean(axis=1).astype(np.float32)
    labels[face_skin_triangles() & (scalp(middles) < HAIRLINE)] = FACE
    labels[np.isin(face_parts(), [PARTS.index(part) for part in FACE_PARTS])] = FACE
    for part, label in LABEL_OF_PART.items():
        labels[face_parts() == PARTS.index(part)] = label
    return labels


@functools.lru_cache(maxsize=4)
def skin_of(label: int) -> NDArray[np.int64]:
    """Vertices of the body's triangles with a label."""
    return np.asarray(np.unique(skeleton().faces[body_labels() == label]), dtype=np.int64)


def solid_of(shot: StagedShot) -> tuple[Solid, NDArray[np.uint8]]:
    """The shot's topology and textures, and the label of each triangle."""
    product = shot.product.mesh
    if shot.person is None:
        empty = np.zeros((2, TEXTURE_SIZE, TEXTURE_SIZE, 3), np.float32)
        textures = np.concatenate([empty, shot.product.texture[None]])
        faces, uv, counts = product.faces, product.uv, (0, 0, len(product.faces))
        labels = np.full(len(faces), PRODUCT, dtype=np.uint8)
    else:
        figure, body = shot.person.figure, skeleton()
        first_hair = len(body.template)
        first_product = first_hair + len(figure.hair.vertices)
        faces = np.concatenate([body.faces, figure.hair.faces + first_hair, product.faces + first_product])
        uv = np.concatenate([body.uv, figure.hair.uv, product.uv])
        counts = (len(body.faces), len(figure.hair.faces), len(product.faces))
        textures = np.stack([figure.body_texture, figure.hair_texture, shot.product.texture])
        labels = np.concatenate([body_labels(), np.repeat(np.array([HAIR, PRODUCT], np.uint8), counts[1:])])
    layers = np.repeat(np.array([BODY_LAYER, HAIR_LAYER, PRODUCT_LAYER], np.int32), counts)
    gloss = np.array([SKIN_GLOSS, HAIR_GLOSS, shot.product.gloss], np.float32)
    return Solid(faces.astype(np.int32), uv, layers, textures, gloss), labels
