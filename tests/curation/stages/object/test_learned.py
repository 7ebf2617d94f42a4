"""The network of the stage `object`: what goes in, what comes out, and the weights that come with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import BINS, colour_bins
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.features import CHANNELS, FROM_EVIDENCE, feature_maps, own_map, packed_maps
from cointeract_curation.stages.object.hands import Hands
from cointeract_curation.stages.object.learned import WEIGHTS, NetworkRegions
from cointeract_curation.stages.object.network import Block, HandledObjectNet, load_network
from cointeract_curation.stages.object.view import View


@pytest.mark.parametrize("shape", [(64, 96), (63, 97), (33, 34)])
def test_every_pixel_has_an_answer_whatever_the_picture_measures(shape: tuple[int, int]) -> None:
    network = HandledObjectNet().eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, len(CHANNELS), *shape)).shape == (2, *shape)


@pytest.mark.parametrize("shape", [(32, 48), (33, 47)])
def test_maps_that_are_packed_at_once_are_those_that_the_network_packs(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    view, evidence, own = noise(rng, 5, shape)
    network = HandledObjectNet().eval()
    frames = np.array([0, 2, 4])
    with torch.inference_mode():
        whole = network(torch.from_numpy(feature_maps(view, evidence, frames, own)))
        packed = network.weigh(torch.from_numpy(packed_maps(view, evidence, frames, own)))
    torch.testing.assert_close(packed[:, : shape[0], : shape[1]], whole, rtol=1e-4, atol=1e-4)


def noise(rng: np.random.Generator, frames: int, shape: tuple[int, int]) -> tuple[View, Evidence, NDArray[np.float32]]:
    names = (*FROM_EVIDENCE, "change", "known")
    lab = rng.integers(0, 256, (frames, *shape, 3)).astype(np.uint8)
    points = np.zeros((frames, 2, 21, 2), np.float32)
    hands = Hands(points, np.full((frames, 2), 9, np.float32), np.ones((frames, 2), bool))
    flow = np.zeros((frames - 1, *shape, 2), np.float32)
    evidence = Evidence(
        channels={name: rng.random((frames, *shape), np.float32) for name in names},
        bins=colour_bins(lab),
        parts=rng.integers(0, 3, (frames, *shape)).astype(np.uint8),
        hands=hands,
        shapes=np.zeros((frames, *shape), np.uint8),
        apart=rng.random((frames, 2, *shape), np.float32) * 5,
        onward=flow,
        back=flow,
    )
    return View(lab, lab, (1.0, 1.0)), evidence, rng.random(BINS, np.float32) + np.float32(0.1)


def test_folding_the_normalisation_changes_no_answer(tmp_path: Path) -> None:
    from cointeract_curation.learn.fit import save_network

    torch.manual_seed(5)
    network = HandledObjectNet().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    save_network(network, tmp_path / "net.safetensors")
    folded = load_network(tmp_path / "net.safetensors")
    assert all(isinstance(block[1], torch.nn.Identity) for block in folded.modules() if isinstance(block, Block))
    maps = torch.randn(1, len(CHANNELS), 64, 64)
    with torch.inference_mode():
        difference = (network.half().float()(maps) - folded(maps)).abs().max()
    assert float(difference) < 1e-3


def test_missing_weights_name_their_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.safetensors"):
        load_network(tmp_path / "gone.safetensors")


def test_the_package_brings_weights_of_less_than_two_megabytes() -> None:
    assert WEIGHTS.stat().st_size < 2 * 1024 * 1024


def test_unknown_colours_say_nothing_and_known_ones_speak_for_their_pixels() -> None:
    bins = np.array([[0, 1], [1, 0]], np.uint16)
    assert not own_map(bins, None).any()
    known = own_map(bins, np.array([0.02, 50.0], np.float32))
    assert (known[bins == 1] > 0).all()
    assert (known[bins == 0] < 0).all()


@pytest.mark.parametrize(
    ("at_first_sight", "with_hand", "believed"),
    [
        (0.9, -0.2, True),
        (0.3, 0.4, True),
        (0.7, 0.1, True),
        (0.6, 0.1, False),
        (0.7, 0.0, False),
        (0.0, -1.0, False),
    ],
)
def test_the_network_is_believed_where_it_is_sure_at_once_or_where_things_move_with_a_hand(
    at_first_sight: float, with_hand: float, believed: bool
) -> None:
    assert NetworkRegions(np.zeros((1, 2, 2), np.float32), at_first_sight, with_hand).convincing == believed
