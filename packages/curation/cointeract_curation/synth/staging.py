"""A staged shot: people, product, things around, cameras and surroundings with their movement, ready to be rendered."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import skeleton, skin
from cointeract_curation.human.camera import Pinhole
from cointeract_curation.human.geometry import TexturedMesh
from cointeract_curation.human.parts import FACE_PARTS, PARTS, face_parts, face_skin_triangles
from cointeract_curation.synth.figure import Figure
from cointeract_curation.synth.products import Product
from cointeract_curation.synth.props import Prop
from cointeract_curation.synth.regions import scalp
from cointeract_curation.synth.render import Backdrop, Lighting, Solid

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SKIN_GLOSS, HAIR_GLOSS = 0.04, 0.05

# What a triangle shows. The parts are those of the first person; the second one is one thing.
BODY, FACE, LEFT_HAND, RIGHT_HAND, HAIR, PRODUCT, OTHER_PERSON, PROP = 1, 2, 3, 4, 5, 6, 7, 8
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

    def bare_vertices(self, start: int, end: int) -> Floats32:
        """The body (M, V, 3) without clothes and facial actions: what a fitted body is compared with."""
        rest = self.figure.rest
        return skin(rest.vertices[None], rest, self.rotations[start:end], self.heads[start:end])

    def hair_vertices(self, start: int, end: int) -> Floats32:
        """The extra hair (M, H, 3): rigid on the head."""
        head = skeleton().bone("head")
        local = self.figure.hair.vertices - self.figure.rest.heads[head]
        turned = local @ np.swapaxes(self.rotations[start:end, head], 1, 2)
        return np.asarray(turned + self.heads[start:end, head][:, None], dtype=np.float32)


@dataclass(frozen=True)
class ProductShot:
    """A product's movement over a shot of N frames."""

    product: Product
    rotation: Floats32  # (N, 3, 3) world from product
    place: Floats32  # (N, 3)
    shape: Floats32 | None  # (N, P, 3) vertices in its own axes, for what changes its shape

    def vertices(self, start: int, end: int) -> Floats32:
        """The product (M, P, 3)."""
        own = self.product.mesh.vertices if self.shape is None else self.shape[start:end]
        turned = own @ np.swapaxes(self.rotation[start:end], 1, 2)
        return np.asarray(turned + self.place[start:end, None], dtype=np.float32)


@dataclass(frozen=True)
class StagedShot:
    """One shot of N frames. The first of the people is the one whose truth is kept."""

    label: str
    kind: str
    people: tuple[PersonShot, ...]
    item: ProductShot | None
    props: tuple[Prop, ...]
    held_by: Literal["left", "right", "both"] | None
    cameras: list[Pinhole]
    backdrop: Backdrop
    lighting: Lighting

    @property
    def person(self) -> PersonShot | None:
        """The first person."""
        return self.people[0] if self.people else None

    def vertices(self, start: int, end: int) -> Floats32:
        """Everything solid (M, all, 3): body and hair of each person, product, props."""
        solid = []
        for person in self.people:
            solid += [person.body_vertices(start, end), person.hair_vertices(start, end)]
        if self.item is not None:
            solid.append(self.item.vertices(start, end))
        for prop in self.props:
            place = prop.mesh.vertices.astype(np.float32)
            solid.append(np.broadcast_to(place, (end - start, *place.shape)))
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


@dataclass(frozen=True)
class _Piece:
    """One layer of the picture: a mesh with its texture, gloss and labels."""

    mesh: TexturedMesh
    texture: Floats32
    gloss: float
    labels: NDArray[np.uint8]


def _pieces(shot: StagedShot) -> list[_Piece]:
    """In the order of `StagedShot.vertices`."""
    body = skeleton()
    out = []
    for number, person in enumerate(shot.people):
        figure = person.figure
        skin_mesh = TexturedMesh(figure.rest.vertices, body.faces, body.uv)
        labels, hair = body_labels(), np.full(len(figure.hair.faces), HAIR, np.uint8)
        if number > 0:
            labels, hair = np.full_like(labels, OTHER_PERSON), np.full_like(hair, OTHER_PERSON)
        out.append(_Piece(skin_mesh, figure.body_texture, SKIN_GLOSS, labels))
        out.append(_Piece(figure.hair, figure.hair_texture, HAIR_GLOSS, hair))
    if shot.item is not None:
        product = shot.item.product
        label = np.full(len(product.mesh.faces), PRODUCT, np.uint8)
        out.append(_Piece(product.mesh, product.texture, product.gloss, label))
    for prop in shot.props:
        out.append(_Piece(prop.mesh, prop.texture, prop.gloss, np.full(len(prop.mesh.faces), PROP, np.uint8)))
    return out


def solid_of(shot: StagedShot) -> tuple[Solid, NDArray[np.uint8]]:
    """The shot's topology and textures, and the label of each triangle."""
    pieces = _pieces(shot)
    starts = np.cumsum([0, *(len(piece.mesh.vertices) for piece in pieces[:-1])])
    faces = np.concatenate([piece.mesh.faces + start for piece, start in zip(pieces, starts, strict=True)])
    counts = [len(piece.mesh.faces) for piece in pieces]
    solid = Solid(
        faces=faces.astype(np.int32),
        uv=np.concatenate([piece.mesh.uv for piece in pieces]),
        layers=np.repeat(np.arange(len(pieces), dtype=np.int32), counts),
        textures=np.stack([piece.texture for piece in pieces]),
        gloss=np.array([piece.gloss for piece in pieces], np.float32),
    )
    return solid, np.concatenate([piece.labels for piece in pieces])
