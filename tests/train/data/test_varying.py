"""Training samples shown mirrored and recoloured: every part alike, held-out samples never, each draw on its own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.train.data.samples import config_of
from tests.train.data.test_examples import NOTHING, example_of, maker_of, tensors_of

from cointeract_model.codecs.block_dct import BlockDctCodec
from cointeract_model.codecs.joint import decode_hoi
from cointeract_model.codecs.protocols import Variation
from cointeract_train.data.config import Variations
from cointeract_train.data.errors import ChangedDataError
from cointeract_train.data.module import ShardDataModule
from cointeract_train.data.plan import Draw
from cointeract_train.data.varying import drawn_variation, varied

CODEC = BlockDctCodec()
FULL = {"mirror": 0.5, "colours": 1.0}


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**62))
def test_a_mirrored_sample_is_mirrored_in_all_its_pictures_and_labels(dataset: Path, seed: int) -> None:
    plain = example_of(config_of(dataset, dropouts=NOTHING), "wide-5", position=seed % 97)
    mirrored = varied(plain, Variation(mirrored=True), CODEC)
    decoded = CODEC.decode(plain.conditions.person).flip(-1)
    torch.testing.assert_close(CODEC.decode(mirrored.conditions.person), decoded, atol=1e-4, rtol=0)
    rows, columns = (side // 2 for side in plain.target.shape[-2:])
    maps = plain.labels.view(-1, rows, columns)
    assert torch.equal(mirrored.labels.view(-1, rows, columns), maps.flip(-1))
    again = tensors_of(varied(mirrored, Variation(mirrored=True), CODEC))
    for name, part in tensors_of(plain).items():
        if part is not None:
            torch.testing.assert_close(again[name], part, atol=1e-5, rtol=0)


def test_the_hoi_stream_keeps_its_greys_and_brightness(dataset: Path) -> None:
    plain = example_of(config_of(dataset, dropouts=NOTHING), "wide-5")
    assert plain.hoi is not None
    grey = replace(plain, hoi=CODEC.encode(torch.full((1, 3, 81, 64, 96), -0.8))[0, :, 1:])
    changed = varied(grey, Variation(gains=(1.4, 0.2, -0.5), shifts=(0.3, 0.1, 0.05)), CODEC)
    assert changed.hoi is not None
    torch.testing.assert_close(
        decode_hoi(CODEC, changed.hoi[None]), torch.full((1, 3, 80, 64, 96), -0.8), atol=1e-4, rtol=0
    )
    assert not torch.allclose(changed.target, grey.target, atol=0.1)


def test_each_draw_is_varied_on_its_own_and_always_alike(dataset: Path) -> None:
    config = config_of(dataset, dropouts=NOTHING, vary=FULL)
    maker, numbers = maker_of(config)
    first, second = (maker.make(Draw(numbers["wide-5"], 0, position)) for position in (0, 1))
    assert not torch.allclose(first.conditions.person, second.conditions.person, atol=0.1)
    again = maker_of(config)[0].make(Draw(numbers["wide-5"], 0, 1))
    assert torch.equal(again.target, second.target)
    unvaried = example_of(config_of(dataset, dropouts=NOTHING), "wide-5", position=1)
    assert unvaried.seed == second.seed
    assert torch.equal(unvaried.conditions.text.rows, second.conditions.text.rows)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**63 - 1), strength=st.floats(0, 1))
def test_variations_keep_to_their_strength(seed: int, strength: float) -> None:
    variation = drawn_variation(seed, Variations(mirror=0, colours=strength))
    assert not variation.mirrored
    assert abs(variation.gains[0] - 1) <= 0.5 * strength + 1e-9
    assert all(1 - 1.5 * strength - 1e-9 <= gain <= 1 for gain in variation.gains[1:])
    assert abs(variation.shifts[0]) <= 0.4 * strength


def test_held_out_samples_are_never_varied(dataset: Path, tmp_path: Path) -> None:
    for split in ("train", "held"):
        shutil.copytree(dataset / "shards" / "train", tmp_path / "shards" / split)
    validation = {"split": "held", "dropouts": NOTHING}
    held = [
        next(iter(_module(config_of(tmp_path, workers=0, vary=vary, validation=validation)).val_dataloader()))[0]
        for vary in ({}, FULL)
    ]
    assert torch.equal(held[0].target, held[1].target)


def test_a_run_does_not_go_on_with_other_variations(dataset: Path) -> None:
    state = _module(config_of(dataset, workers=0, vary=FULL)).state_dict()
    with pytest.raises(ChangedDataError, match=r"data\.vary"):
        _module(config_of(dataset, workers=0)).load_state_dict(state)


def test_a_codec_that_cannot_vary_latents_is_refused_before_anything_is_read(dataset: Path) -> None:
    stiff = {"latents": {"name": "wan-vae", "path": "weights"}}
    with pytest.raises(ValueError, match=r"those of wan-vae can't: set mirror and colours to 0"):
        config_of(dataset, codecs=stiff, vary=FULL)
    assert config_of(dataset, codecs=stiff).vary == Variations()


def _module(config: object) -> ShardDataModule:
    module = ShardDataModule(config, rank=0, ranks=1)  # type: ignore[arg-type]
    module.setup()
    return module
