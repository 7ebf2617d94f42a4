"""Models and codecs that do and don't fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.saved import save_model
from cointeract_model.config import tiny
from cointeract_model.generation.errors import GenerationError
from cointeract_model.switches import paper, release
from cointeract_model.transformer import Transformer
from tests.model.generation.conftest import parts_of


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of ours, without an HOI stream, with the switches of the release."""
    config = tiny(text_size=64, audio_size=32, hoi=False).model_copy(update={"audio_states": 4})
    folder = tmp_path_factory.mktemp("checkpoint") / "model"
    save_model(Transformer(config, release()), folder)
    return folder


def test_a_saved_model_brings_its_switches(saved: Path) -> None:
    parts = parts_of(model=str(saved))
    assert parts.model.switches == release()
    assert (parts.settings.shift, parts.settings.phase) == (7, "release")
    assert not parts.model.training


def test_show_hoi_needs_a_model_with_that_stream(saved: Path) -> None:
    with pytest.raises(GenerationError, match="show_hoi is set, but the model was built without an HOI stream"):
        parts_of(model=str(saved), show_hoi=True)


def test_a_codec_of_other_sizes_is_refused(saved: Path) -> None:
    for codecs, message in (
        ({"text": {"name": "hashed-text", "dim": 32}}, "needs 64 numbers in a row of text, but hashed-text makes 32"),
        (
            {"audio": {"name": "log-mel", "layers": 3}},
            "needs 4 feature vectors of a frame of sound, but log-mel makes 3",
        ),
    ):
        with pytest.raises(GenerationError, match=message):
            parts_of(model=str(saved), codecs=codecs)


def test_no_checkpoint_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere"):
        parts_of(model=str(tmp_path / "nowhere"))


def test_no_such_device() -> None:
    with pytest.raises(GenerationError, match="device is 'cuda:7', which can't be used here"):
        parts_of(device="cuda:7")
    with pytest.raises(GenerationError, match="device is 'fridge'"):
        parts_of(device="fridge")


def test_the_tiny_model_fits_any_codecs_and_is_the_same_each_time() -> None:
    codecs = {"text": {"name": "hashed-text", "dim": 24}, "audio": {"name": "log-mel", "layers": 7, "bands": 16}}
    state = torch.random.get_rng_state()
    first, second = parts_of(codecs=codecs), parts_of(codecs=codecs)
    assert torch.equal(torch.random.get_rng_state(), state)
    config = first.model.config
    assert (config.text_size, config.audio_states, config.audio_size) == (24, 7, 16)
    for one, other in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_preset_chooses_the_tiny_model_s_switches() -> None:
    assert parts_of().model.switches == paper()
    assert parts_of(preset="release").model.switches == release()
