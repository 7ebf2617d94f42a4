"""Models written under the released names, and back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.export import export_base, export_cointeract
from cointeract_model.checkpoints.load import load_model
from cointeract_model.config import tiny
from cointeract_model.lora import LoraConfig, add_lora, load_lora_state, lora_state
from cointeract_model.switches import Switches, paper, release
from cointeract_model.transformer import Transformer
from tests.model.checkpoints import released_files as files
from tests.model.checkpoints.released_files import BASE, WHOLE, assert_same
from tests.model.samples import random_model


def _model(
    switches: Switches, *, experts: bool = True, hoi: bool = True, alpha: float | None = None, rank: int = 2
) -> Transformer:
    model = random_model(switches, tiny(expert_size=16 if experts else None, hoi=hoi))
    add_lora(model, LoraConfig(rank=rank, alpha=alpha))
    generator = torch.Generator().manual_seed(9)
    load_lora_state(
        model, {name: torch.randn(tensor.shape, generator=generator) for name, tensor in lora_state(model).items()}
    )
    return model


@settings(deadline=None, max_examples=12)
@given(
    switches=st.sampled_from([paper(), release()]),
    experts=st.booleans(),
    hoi=st.booleans(),
    rank=st.integers(1, 5),
    shard_bytes=st.integers(50_000, 2_000_000),
)
def test_exported_and_imported_is_equal_to_the_bit(
    switches: Switches, experts: bool, hoi: bool, rank: int, shard_bytes: int
) -> None:
    model = _model(switches, experts=experts, hoi=hoi, rank=rank)
    with tempfile.TemporaryDirectory() as parent:
        base, own = Path(parent) / "base", Path(parent) / "checkpoint.safetensors"
        export_base(model, base, shard_bytes=shard_bytes)
        export_cointeract(model, own)
        back = load_model(own, base=base, lora="keep")
    assert back.config == model.config
    assert back.switches == switches
    assert_same(back.state_dict(), model.state_dict())


def test_a_released_base_comes_out_as_it_went_in(tmp_path: Path) -> None:
    state = files.base_state(random_model(release(), WHOLE))
    export_base(load_model(files.write_base(tmp_path / "in", state)), tmp_path / "out")
    (file,) = (tmp_path / "out").glob("*.safetensors")
    assert file.name == "diffusion_pytorch_model-00001-of-00001.safetensors"
    assert_same(load_file(file), state)
    assert json.loads((tmp_path / "out" / "config.json").read_text()).items() >= files.SETTINGS.items()


def test_a_released_checkpoint_comes_out_as_it_went_in(tmp_path: Path) -> None:
    whole = random_model(release(), WHOLE)
    base = files.write_base(tmp_path / "base", files.base_state(whole))
    own = files.own_state(whole) | files.lora(files.base_state(whole))
    files.save_file({name: tensor.contiguous() for name, tensor in own.items()}, tmp_path / "in.safetensors")
    model = load_model(tmp_path / "in.safetensors", base=base, lora="keep")
    export_cointeract(model, tmp_path / "out.safetensors")
    assert_same(load_file(tmp_path / "out.safetensors"), own)


def test_merged_lora_is_in_the_base_and_not_in_the_checkpoint(tmp_path: Path) -> None:
    model = _model(paper())
    export_base(model, tmp_path / "base")
    export_cointeract(model, tmp_path / "own.safetensors")
    merged = load_model(tmp_path / "own.safetensors", base=tmp_path / "base")
    export_base(merged, tmp_path / "merged")
    export_cointeract(merged, tmp_path / "rest.safetensors")
    assert not any("lora" in name for name in load_file(tmp_path / "rest.safetensors"))
    again = load_model(tmp_path / "rest.safetensors", base=tmp_path / "merged")
    assert_same(again.state_dict(), merged.state_dict())


def test_another_scale_is_multiplied_into_the_update(tmp_path: Path) -> None:
    model = _model(release(), alpha=0.5)
    export_base(model, tmp_path / "base")
    export_cointeract(model, tmp_path / "own.safetensors")
    kept = load_model(tmp_path / "own.safetensors", base=tmp_path / "base", lora="keep").state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(kept[name], tensor * 0.25 if name.endswith("lora_b") else tensor), name


def test_switches_are_noted_and_those_of_the_forward_pass_hold(tmp_path: Path) -> None:
    model = _model(paper())
    export_base(model, tmp_path / "base")
    export_cointeract(model, tmp_path / "own.safetensors")
    with safe_open(tmp_path / "own.safetensors", framework="pt") as file:
        assert Switches.model_validate_json(file.metadata()["cointeract_switches"]) == paper()
    with pytest.raises(CheckpointError, match="hoi_block_timestep: 't', wanted 'zero'"):
        load_model(tmp_path / "own.safetensors", base=tmp_path / "base", switches=release())


def test_there_must_be_something_to_write(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="use export_base"):
        export_cointeract(random_model(release(), BASE), tmp_path / "own.safetensors")
    with pytest.raises(CheckpointError, match=r"must end in \.safetensors"):
        export_cointeract(random_model(), tmp_path / "own.pt")
    export_base(random_model(), tmp_path / "base")
    with pytest.raises(FileExistsError):
        export_base(random_model(), tmp_path / "base")
    assert [path.name for path in tmp_path.iterdir()] == ["base"]
