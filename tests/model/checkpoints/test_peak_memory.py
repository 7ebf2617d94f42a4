"""Loading takes the memory of the weights and little more, however many files they lie in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from cointeract_model.checkpoints.dimensions import wan_settings
from cointeract_model.checkpoints.saved import save_model
from cointeract_model.config import ModelConfig
from cointeract_model.lora import LoraConfig, add_lora
from cointeract_model.switches import release
from cointeract_model.transformer import Transformer
from tests.model.checkpoints import released_files as files
from tests.model.checkpoints.peak_memory import STATUS

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="reads the peak where Linux tells it")

ROOT = Path(__file__).parents[3]
LIMIT = 1.2
BASE = ModelConfig(
    hidden_size=512,
    heads=4,
    feed_forward_size=2048,
    layers=14,
    audio_layers=(0, 4, 9),
    text_size=512,
    audio_size=256,
    expert_size=None,
    hoi=False,
)
MIXED = ModelConfig.model_validate({**BASE.model_dump(), "expert_size": 64})
RANK = 32


def _filled(config: ModelConfig) -> Transformer:
    with torch.device("meta"):
        model = Transformer(config, release())
    model.to_empty(device="cpu")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.01)
    return model


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _peak(config: ModelConfig, *paths: Path) -> int:
    command = [sys.executable, "-m", "tests.model.checkpoints.peak_memory", config.model_dump_json(), *map(str, paths)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


@pytest.fixture(scope="module")
def empty() -> int:
    """Bytes of a process that loads nothing."""
    return _peak(BASE)


def _assert_within(taken: int, weights: int) -> None:
    assert 0.9 * weights < taken < LIMIT * weights


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred megabytes in four files."""
    folder = files.write_base(
        tmp_path_factory.mktemp("wan") / "base", files.released_state(_filled(BASE)), settings=False
    )
    (folder / "config.json").write_text(json.dumps(wan_settings(BASE)))
    return folder


def test_a_base_in_four_files(wan: Path, empty: int) -> None:
    weights = sum(file.stat().st_size for file in wan.glob("*.safetensors"))
    assert weights > 250e6
    _assert_within(_peak(BASE, wan) - empty, weights)


def test_a_base_with_experts_and_merged_lora_on_top(wan: Path, tmp_path: Path, empty: int) -> None:
    model = _filled(MIXED)
    weights = _bytes(model.parameters())
    add_lora(model, LoraConfig(rank=RANK))
    own = files.own_state(_filled(MIXED))
    for name, tensor in model.state_dict().items():
        if ".lora_" in name:
            layer, _, part = name.rpartition(".lora_")
            (released,) = files.to_released({f"{layer}.weight": tensor}, BASE.audio_layers)
            own[released.replace("weight", f"lora_{part.upper()}.default.weight")] = tensor.contiguous()
    path = tmp_path / "checkpoint.safetensors"
    save_file(own, path)
    del model, own
    _assert_within(_peak(MIXED, path, wan) - empty, weights)


def test_our_own_folder(tmp_path: Path, empty: int) -> None:
    model = _filled(BASE)
    save_model(model, tmp_path / "saved", shard_bytes=_bytes(model.parameters()) // 4)
    _assert_within(_peak(BASE, tmp_path / "saved") - empty, _bytes(model.parameters()))
