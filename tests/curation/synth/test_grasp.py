from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_curation.human.body import pose_bones, rest_body, skin
from cointeract_curation.human.hands import SIDES, rest_hand
from cointeract_curation.synth.grasp import make_grasp
from cointeract_curation.synth.plan import AROUND, BROAD, Hold, ProductKind
from cointeract_curation.synth.products import make_product
from cointeract_curation.synth.staging import LEFT_HAND, RIGHT_HAND, skin_of

KINDS: tuple[ProductKind, ...] = get_args(ProductKind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_products_surface_has_distance_zero_and_its_mesh_is_closed(kind: ProductKind) -> None:
    product = make_product(kind, np.random.default_rng(0), 0)
    mesh = product.mesh
    if product.exact:
        assert np.abs(product.distance(mesh.vertices)).max() < 1e-9
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    assert np.abs(np.cross(b - a, c - a).sum(axis=0)).max() < 1e-12  # faces of a closed surface cancel
    assert np.einsum("fa,fa->", a, np.cross(b, c)) > 0  # and look outwards


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 99), step=st.floats(0.001, 0.05))
def test_distance_never_grows_faster_than_the_way_walked(kind: ProductKind, seed: int, step: float) -> None:
    product = make_product(kind, np.random.default_rng(seed), seed)
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 0.08, (200, 3))
    way = rng.normal(0, 1, (200, 3))
    way *= step / np.linalg.norm(way, axis=1, keepdims=True)
    assert (np.abs(product.distance(points + way) - product.distance(points)) <= step + 1e-9).all()


HELD: list[tuple[ProductKind, Hold]] = [(kind, "side") for kind in KINDS]
HELD += [(kind, "front") for kind in AROUND] + [(kind, "behind") for kind in BROAD]


@pytest.mark.parametrize(("kind", "hold"), HELD)
def test_a_hand_closes_on_a_product_without_going_into_it(kind: ProductKind, hold: Hold) -> None:
    rest = rest_body({"gender": 0.9, "age": 0.7})
    product = make_product(kind, np.random.default_rng(1), 1)
    for side in SIDES:
        hand = rest_hand(rest, side)
        grasp = make_grasp(hand, product, hold)
        rotations, heads = pose_bones(
            rest, {bone: turn[None] for bone, turn in grasp.fingers.items()}, {}, rest.heads[:1]
        )
        vertices = skin(rest.vertices[None], rest, rotations, heads)[0].astype(np.float64)
        gaps = product.distance((vertices - grasp.product_place) @ grasp.product_axes)
        assert gaps[skin_of(LEFT_HAND if side == "left" else RIGHT_HAND)].min() > -0.005
        assert gaps[skin_of(LEFT_HAND if side == "left" else RIGHT_HAND)].min() < 0.001
        near = [gaps[vertices_of_tip].min() < 0.02 for vertices_of_tip in hand.tips.values()]
        assert sum(near) >= (3 if kind in {"lipstick", "coat"} else 4)  # too short or too thin for all fingers
