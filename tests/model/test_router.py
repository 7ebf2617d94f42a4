"""The router's labels, loss, metrics and maps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model.config import tiny
from cointeract_model.errors import InputError
from cointeract_model.grid import Grid
from cointeract_model.router import BASE, HAND, HEAD, Router
from cointeract_model.router_loss import router_loss, router_metrics
from cointeract_model.routing_maps import routing_maps
from cointeract_model.switches import paper, release
from cointeract_model.token_labels import labels_of_tracks, token_labels
from cointeract_shards import boxes
from cointeract_shards.records import TrackPoint, Tracks

GOLDEN = json.loads((Path(__file__).parents[1] / "shards" / "golden_box_to_tokens.json").read_text())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['original_hw']}-{case['key']}-{case['box_xyxy']}")
def test_labels_are_the_released_ones_with_inclusive_ends(case: dict) -> None:
    expected = [token for first, last in case["token_ranges"] for token in range(first, last + 1)]
    box = (boxes.key_frame(case["key"]), tuple(float(value) for value in case["box_xyxy"]))
    sizes = tuple(case["original_hw"]), tuple(case["target_hw"])
    for label, head, hands in ((HEAD, [box], []), (HAND, [], [box])):
        labels = token_labels(head, hands, *sizes, box_ends="inclusive")
        assert labels.nonzero()[:, 0].tolist() == expected
        assert set(labels[expected].tolist()) <= {label}


def test_a_box_of_six_tokens_marks_six_inside_it_and_seven_by_the_released_rule() -> None:
    box = [(2, (96.0, 96.0, 192.0, 192.0))]
    size = (256, 256)
    assert (token_labels(box, [], size, size) == HEAD).sum() == 6 * 6
    assert (token_labels(box, [], size, size, box_ends="inclusive") == HEAD).sum() == 7 * 7


edges = st.floats(-100, 400)


@settings(deadline=None)
@given(edges, edges, edges, edges, st.integers(100, 600), st.integers(100, 600))
def test_labelled_tokens_are_those_that_the_scaled_box_overlaps(
    x1: float, y1: float, x2: float, y2: float, height: int, width: int
) -> None:
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    labels = token_labels([(2, box)], [], (height, width), (128, 64), latents=1).view(8, 4)
    scale = max(64 / width, 128 / height)
    left, top = (round(width * scale) - 64) / 2, (round(height * scale) - 128) / 2
    for row in range(8):
        for column in range(4):
            across = min(box[2] * scale - left, column * 16 + 16) - max(box[0] * scale - left, column * 16)
            down = min(box[3] * scale - top, row * 16 + 16) - max(box[1] * scale - top, row * 16)
            assert (labels[row, column] == HEAD) == (across > 0 and down > 0)


def test_tracks_give_head_and_hands_of_the_middle_frames_and_hands_win() -> None:
    def point(*box: float) -> TrackPoint:
        return TrackPoint(box=box, score=1.0)

    nothing: tuple[None, ...] = (None,) * 81
    face = tuple(point(0, 0, 32, 32) if frame == 2 else None for frame in range(81))
    hand = tuple(point(16, 0, 48, 16) if frame in (2, 3, 78) else None for frame in range(81))
    unplaced = tuple(TrackPoint(box=None, score=0.1) for _ in range(81))
    tracks = Tracks(
        width=64, height=64, frames=81, face=face, left_hand=hand, right_hand=unplaced, object=face, contact=nothing
    )
    labels = labels_of_tracks(tracks, (64, 64)).view(20, 4, 4)
    assert labels[0].tolist() == [[HEAD, HAND, HAND, 0], [HEAD, HEAD, 0, 0], [0] * 4, [0] * 4]
    assert not labels[1:19].any()
    assert (labels[19] == HAND).sum() == 2


def test_the_loss_is_the_weighted_cross_entropy_over_all_tokens_and_blocks() -> None:
    logits = tuple(torch.randn(2, 5, 3) for _ in range(3))
    labels = torch.tensor([[BASE, BASE, HAND, HEAD, BASE], [HEAD, HEAD, BASE, BASE, HAND]])
    for weights in ((1.0, 1.0, 1.0), (1.0, 10.0, 10.0)):
        terms = [
            -block[sample, token].log_softmax(-1)[labels[sample, token]] * weights[labels[sample, token]]
            for block in logits
            for sample in range(2)
            for token in range(5)
        ]
        torch.testing.assert_close(router_loss(logits, labels, weights), torch.stack(terms).mean())


def test_presets_weigh_classes_as_stated() -> None:
    assert paper().router_class_weights.as_tuple() == (1, 1, 1)
    assert release().router_class_weights.as_tuple() == (1, 10, 10)


def test_the_loss_of_no_logits_or_other_labels_is_refused() -> None:
    logits = (torch.randn(2, 5, 3),)
    with pytest.raises(InputError, match="router_logits=True"):
        router_loss((), torch.zeros(2, 5), (1, 1, 1))
    with pytest.raises(InputError, match=r"labels are \(2, 4\) for logits \(2, 5, 3\)"):
        router_loss(logits, torch.zeros(2, 4, dtype=torch.long), (1, 1, 1))
    with pytest.raises(InputError, match="labels go from 0 to 255"):
        router_metrics(logits, torch.tensor([[0, 1, 2, 255, 0]] * 2))


def test_metrics_count_what_was_routed_where() -> None:
    labels = torch.tensor([[BASE, BASE, BASE, HAND]])
    routed = torch.tensor([[BASE, BASE, HAND, HAND]])
    metrics = router_metrics((torch.nn.functional.one_hot(routed, 3).float(),), labels).as_dict()
    assert metrics["accuracy"] == 0.75
    assert metrics["recall/base"] == pytest.approx(2 / 3)
    assert metrics["recall/hand"] == 1
    assert metrics["precision/hand"] == 0.5
    assert metrics["load/hand"] == 0.5
    assert metrics["labelled/hand"] == 0.25
    assert metrics["recall/head"].isnan()


def test_maps_show_each_token_where_it_lies() -> None:
    grid = Grid(frames=2, height=4, width=6)
    labels = torch.zeros(2, 2, 3, dtype=torch.long)
    labels[1, 0, 2] = HAND
    logits = 50 * torch.nn.functional.one_hot(labels.flatten()[None], 3).float()
    maps = routing_maps((logits, logits), grid)
    assert maps.shape == (1, 3, 2, 2, 3)
    torch.testing.assert_close(maps.sum(1), torch.ones(1, 2, 2, 3))
    assert np.argwhere(maps[0, HAND].numpy() > 0.9).tolist() == [[1, 0, 2]]
    with pytest.raises(InputError, match="aren't of the 24 tokens"):
        routing_maps(logits, Grid(frames=4, height=4, width=6))


@pytest.mark.parametrize("kind", ["mlp", "release"])
def test_no_gradient_of_the_router_reaches_the_tokens(kind: str) -> None:
    router = Router(tiny(), kind)
    tokens = torch.randn(1, 4, 48, requires_grad=True)
    assert router(tokens).shape == (1, 4, 3)
    router(tokens).sum().backward()
    assert tokens.grad is None
    assert router[0].weight.grad is not None


def test_a_router_learns_its_labels() -> None:
    """The whole path: tokens that show a region are told apart after a few steps of its own loss."""
    torch.manual_seed(0)
    router = Router(tiny(), "mlp")
    labels = torch.randint(0, 3, (1, 256), generator=torch.Generator().manual_seed(0))
    tokens = torch.randn(1, 256, 48) + 2 * torch.nn.functional.one_hot(labels, 48).float()
    optimiser = torch.optim.AdamW(router.parameters(), lr=1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        router_loss((router(tokens),), labels, (1, 1, 1)).backward()
        optimiser.step()
    assert router_metrics((router(tokens),), labels).accuracy > 0.95
