"""A dressed person: the body with a shirt's thickness, hair and its texture, ready to be posed and rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, rest_body, skeleton
from cointeract_curation.human.geometry import Surface, TexturedMesh
from cointeract_curation.human.parts import PARTS, face_parts
from cointeract_curation.synth import regions
from cointeract_curation.synth.hair import hair_mesh, hair_texture
from cointeract_curation.synth.look import Look
from cointeract_curation.synth.paint import paint_body
from cointeract_curation.synth.texels import texel_map

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SHIRT_THICKNESS = 0.007  # metres
SHIRT_SMOOTHING = 30  # passes that let the cloth hang instead of following every fold of the body
HAIR_THICKNESS = {"short": 0.011, "bun": 0.008, "long": 0.010}
CROWN_EXTRA = 0.010  # metres more hair on top


@dataclass(frozen=True)
class Figure:
    """Everything about a person that doesn't change while they move."""

    look: Look
    rest: RestBody
    dress: Floats  # (V, 3) offsets that clothes and hair add to the rest vertices, metres
    hair: TexturedMesh  # extra hair, rest frame, rigid on the head bone; may be empty
    body_texture: Floats32
    hair_texture: Floats32


def make_figure(look: Look, rng: np.random.Generator) -> Figure:
    """Dress the body of a look."""
    rest = rest_body(look.phenotype)
    return Figure(
        look=look,
        rest=rest,
        dress=_dress(rest, look),
        hair=hair_mesh(look.hair_style, rest),
        body_texture=paint_body(look, texel_map(), rng),
        hair_texture=hair_texture(look.hair, rng),
    )


def _vertices_of(*parts: str) -> NDArray[np.bool_]:
    wanted = np.isin(face_parts(), [PARTS.index(part) for part in parts])
    inside = np.zeros(len(skeleton().template), dtype=bool)
    inside[skeleton().faces[wanted]] = True
    return inside


def _dress(rest: RestBody, look: Look) -> Floats:
    template = skeleton().template.astype(np.float32)
    skin = _vertices_of("body", "head") & ~_vertices_of("mouth_cavity", "eye_cavity.L", "eye_cavity.R", "tongue")
    shirt = regions.shirt(template, look) * skin * (template[:, 2] < regions.HEAD_BASE)
    scalp = regions.scalp(template) * skin * (template[:, 2] >= regions.HEAD_BASE)
    surface = Surface(skeleton().faces, len(template))
    cloth = rest.vertices.copy()
    for _ in range(SHIRT_SMOOTHING):
        cloth += 0.5 * shirt[:, None] * (surface.neighbour_mean(cloth) - cloth)
    normals = surface.normals(cloth.astype(np.float32)).astype(np.float64)
    crown = regions.ramp(template[:, 2], 0.74, 0.8)
    hair = scalp * (HAIR_THICKNESS[look.hair_style] + CROWN_EXTRA * crown)
    lift = normals * (SHIRT_THICKNESS * shirt + hair)[:, None]
    # Where smoothing pulled the cloth below the skin, the skin pushes it back out.
    inward = np.einsum("va,va->v", cloth - rest.vertices, normals)
    return np.asarray(cloth - rest.vertices + lift - normals * np.minimum(inward, 0)[:, None])
