"""The network of the stage `object`: what goes in, what comes out, and the weights that come with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cointeract_curation.stages.object.features import CHANNELS, own_map
from cointeract_curation.stages.object.learned import WEIGHTS, NetworkRegions
from cointeract_curation.stages.object.network import Block, HandledObjectNet, load_network


@pytest.mark.parametrize("shape", [(64, 96), (63, 97), (33, 34)])
def test_every_pixel_has_an_answer_whatever_the_picture_measures(shape: tuple[int, int]) -> None:
    network = HandledObjectNet().eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, len(CHANNELS), *shape)).shape == (2, *shape)


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
    ("at_first_sight", "with_hand", "believed"), [(0.9, -0.2, True), (0.3, 0.4, True), (0.5, 0.0, False), (0.0, -1.0, False)]
)
def test_the_network_is_believed_where_it_is_sure_at_once_or_where_things_move_with_a_hand(
    at_first_sight: float, with_hand: float, believed: bool
) -> None:
    assert NetworkRegions(np.zeros((1, 2, 2), np.float32), at_first_sight, with_hand).convincing == believed
