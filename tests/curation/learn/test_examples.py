"""Examples that the network of the stage `object` is trained on, and the fit itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cointeract_curation.learn.augment import augment, learned_colours
from cointeract_curation.learn.examples import Examples, are_complete, load_examples, make_examples
from cointeract_curation.learn.fit import FitConfig, fit_network, mask_loss
from cointeract_curation.stages.object.colours import BINS
from cointeract_curation.stages.object.features import CHANNELS
from cointeract_curation.stages.object.network import load_network

SHOTS = 2


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    make_examples(folder / "one", SHOTS, 3)
    return folder


def test_the_same_seed_gives_the_same_examples(made: Path) -> None:
    make_examples(made / "again", 1, 3)
    one, again = load_examples(made / "one"), load_examples(made / "again")
    assert np.array_equal(one.maps[0], again.maps[0])
    assert np.array_equal(one.masks[0], again.masks[0])
    assert not np.array_equal(one.maps[0], one.maps[1])


def test_the_object_lies_near_a_hand_and_its_pixels_are_told_from_the_rest(made: Path) -> None:
    examples = load_examples(made / "one")
    assert are_complete(made / "one", SHOTS)
    assert examples.maps.shape[2] == len(CHANNELS)
    near = examples.maps[:, :, CHANNELS.index("near")]
    assert examples.masks.any()
    assert near[examples.masks].mean() > near[~examples.masks].mean()


def test_the_fit_learns_two_shots_by_heart(made: Path, tmp_path: Path) -> None:
    losses: list[str] = []
    config = FitConfig(steps=40, batch=4, report_every=10, save_every=40)
    fit_network([made / "one"], config, tmp_path / "net.safetensors", losses.append)
    first, last = (float(line.split("loss ")[1].split(",")[0]) for line in (losses[0], losses[-1]))
    assert last < 0.8 * first
    assert load_network(tmp_path / "net.safetensors")(torch.zeros(1, len(CHANNELS), 32, 32)).shape == (1, 32, 32)


def test_a_perfect_answer_costs_next_to_nothing_and_an_empty_aim_is_a_fair_one() -> None:
    mask = torch.zeros(2, 64, 64)
    mask[0, 10:40, 10:40] = 1
    right = torch.where(mask > 0, 12.0, -12.0)
    assert float(mask_loss(right, mask)) < 0.02
    assert float(mask_loss(-right, mask)) > 1
    assert float(mask_loss(torch.full_like(mask[1:], -12.0), mask[1:])) < 0.02


def test_a_mirrored_example_stays_one(made: Path) -> None:
    examples: Examples = load_examples(made / "one")
    for seed in range(6):
        maps = examples.maps[0, 0].astype(np.float32) / 63
        mask = np.array(examples.masks[0, 0])
        before = maps[CHANNELS.index("near")][mask].sum()
        augment(maps, mask, np.random.default_rng(seed))
        assert np.isclose(maps[CHANNELS.index("near")][mask].sum(), before)
        assert np.abs(maps).max() <= 2


def test_colours_learned_from_an_object_speak_for_it() -> None:
    random = np.random.default_rng(0)
    masks = np.zeros((4, 40, 40), bool)
    masks[:, 10:25, 10:25] = True
    bins = np.where(masks, 100, random.integers(2000, BINS, masks.shape)).astype(np.uint16)
    spoken = [learned_colours(bins, masks, 0, np.random.default_rng(seed)) for seed in range(20)]
    told = [own for own in spoken if own.any()]
    assert 0 < len(told) < len(spoken)
    assert np.mean([own[masks[0]].mean() > own[~masks[0]].mean() for own in told]) == 1
