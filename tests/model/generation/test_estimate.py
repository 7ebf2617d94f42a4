"""What is said of memory and time before the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cointeract_model.checkpoints.saved import save_model
from cointeract_model.config import tiny
from cointeract_model.generation import estimate as module
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.estimate import check_weights, device_speed, estimate, free_bytes
from cointeract_model.generation.generate import generate
from cointeract_model.generation.prepare import Prepared
from cointeract_model.generation.progress import LogProgress
from cointeract_model.generation.record import Outputs
from cointeract_model.generation.settings import build_settings
from cointeract_model.switches import paper
from cointeract_model.transformer import Transformer
from tests.model.generation.conftest import parts_of, small

CPU = torch.device("cpu")


def test_weights_and_passes_are_counted(prepared: Prepared) -> None:
    parts = parts_of(guidance_text=5, guidance_audio=3)
    found = estimate(prepared, parts)
    assert found.weights == 4 * sum(parameter.numel() for parameter in parts.model.parameters())
    assert found.passes == 2 * 2 * 3  # clips, steps, passes of guidance


def test_more_takes_more(prepared: Prepared) -> None:
    plain = estimate(prepared, parts_of())
    assert estimate(prepared, parts_of(show_hoi=True)).working >= plain.working
    assert estimate(prepared, parts_of(height=320, width=320)).working > 4 * plain.working
    assert estimate(prepared, parts_of(dtype="bfloat16")).weights == plain.weights // 2


def test_a_video_that_cannot_fit_is_refused_before_anything_is_written(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "free_bytes", lambda _: 1_000_000)
    with pytest.raises(GenerationError, match=r"are needed beside the weights.*--ignore-memory"):
        generate(prepared, Outputs(tmp_path / "a.mp4"), parts_of(), LogProgress())
    assert not list(tmp_path.iterdir())
    assert generate(prepared, Outputs(tmp_path / "a.mp4"), parts_of(), LogProgress(), ignore_memory=True).made


def test_weights_that_cannot_fit_are_refused_from_their_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Transformer(tiny(), paper())
    save_model(model, tmp_path / "model")
    settings = build_settings({"model": str(tmp_path / "model"), "device": "cpu"}, "x")
    check_weights(settings)
    needed = 4 * sum(parameter.numel() for parameter in model.parameters())
    monkeypatch.setattr(module, "free_bytes", lambda _: needed - 1)
    with pytest.raises(GenerationError, match="use bfloat16 or another device"):
        check_weights(settings)
    monkeypatch.setattr(module, "free_bytes", lambda _: needed)
    check_weights(settings)
    check_weights(small())  # the tiny model has no files


def test_free_memory_and_speed_are_those_of_a_machine() -> None:
    assert 10**7 < free_bytes(CPU) < 10**14
    assert 10**8 < device_speed(CPU, torch.float32) < 10**15


def test_a_fitting_estimate_passes() -> None:
    found = module.Estimate(weights=0, working=5, free=5, seconds=0, passes=1)
    found.check()
    with pytest.raises(GenerationError):
        replace(found, free=4).check()
