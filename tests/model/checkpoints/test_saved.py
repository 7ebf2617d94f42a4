"""Our own checkpoints: saved, loaded, refused."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from torch import distributed

from cointeract_model.checkpoints import saved
from cointeract_model.checkpoints.agreement import FORWARD_SWITCHES
from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.load import CheckpointKind, kind_of, load_model
from cointeract_model.checkpoints.saved import load_saved, save_model
from cointeract_model.config import ModelConfig, tiny
from cointeract_model.lora import LoraConfig, add_lora, load_lora_state, lora_config, lora_state
from cointeract_model.switches import Switches, paper, release
from cointeract_model.transformer import Transformer
from tests.model import two_processes
from tests.model.checkpoints.released_files import assert_same
from tests.model.samples import Case, random_inputs, random_model


def _with_lora(dtype: torch.dtype = torch.float32) -> Transformer:
    model = random_model(dtype=dtype)
    add_lora(model, LoraConfig(rank=2, alpha=3.0), dtype=torch.float32)
    generator = torch.Generator().manual_seed(3)
    load_lora_state(
        model, {name: torch.randn(tensor.shape, generator=generator) for name, tensor in lora_state(model).items()}
    )
    return model


@settings(deadline=None, max_examples=8)
@given(
    switches=st.sampled_from([paper(), release(), Switches(routing_cutoff=500.5, eta_router=0.1)]),
    expert_size=st.sampled_from([None, 16]),
    hoi=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16, torch.float64]),
    shard_bytes=st.integers(1, 2_000_000),
)
def test_saved_and_loaded_is_equal_to_the_bit(
    switches: Switches, expert_size: int | None, hoi: bool, dtype: torch.dtype, shard_bytes: int
) -> None:
    model = random_model(switches, tiny(expert_size=expert_size, hoi=hoi), dtype=dtype)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "checkpoints" / "step-1"
        save_model(model, folder, shard_bytes=shard_bytes)
        loaded = load_model(folder)
    assert loaded.config == model.config
    assert loaded.switches == switches
    assert_same(loaded.state_dict(), model.state_dict())


def test_lora_is_kept_or_merged(tmp_path: Path) -> None:
    model = _with_lora(torch.bfloat16)
    save_model(model, tmp_path / "saved")
    kept = load_saved(tmp_path / "saved")
    assert_same(kept.state_dict(), model.state_dict())
    assert lora_config(kept) == LoraConfig(rank=2, alpha=3.0)
    model, merged = _with_lora(), load_model(tmp_path / "saved", dtype=torch.float32)
    assert lora_config(merged) is None
    state, layer = model.state_dict(), "blocks.1.feed_forward.shared.0"
    weight = state[f"{layer}.weight"].bfloat16().double()
    exact = weight + 1.5 * state[f"{layer}.lora_b"].double() @ state[f"{layer}.lora_a"].double()
    torch.testing.assert_close(merged.get_parameter(f"{layer}.weight").double(), exact, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_a_loaded_model_predicts_the_same(tmp_path: Path) -> None:
    model = random_model()
    save_model(model, tmp_path / "saved")
    conditions, noisy = random_inputs(Case())
    first, second = (one(noisy, one.encode(conditions)).velocity for one in (model, load_model(tmp_path / "saved")))
    assert torch.equal(first, second)


def test_other_values_are_saved_in_the_model_s_place(tmp_path: Path) -> None:
    model = random_model()
    averages = {name: tensor / 2 for name, tensor in model.state_dict().items()}
    save_model(model, tmp_path / "saved", state=averages)
    assert_same(load_model(tmp_path / "saved").state_dict(), averages)
    averages["head.modulation"] = averages["head.modulation"][:, :1]
    with pytest.raises(CheckpointError, match=r"1 names or shapes differ, the first is head\.modulation"):
        save_model(model, tmp_path / "other", state=averages)
    assert not (tmp_path / "other").exists()


def test_files_stay_under_the_limit_unless_a_tensor_is_larger(tmp_path: Path) -> None:
    limit = 40_000
    model = random_model()
    save_model(model, tmp_path / "saved", shard_bytes=limit)
    files = sorted((tmp_path / "saved").glob("model-*.safetensors"))
    index = json.loads((tmp_path / "saved" / "model.safetensors.index.json").read_text())
    assert len(files) > 5
    assert {file.name for file in files} == set(index["weight_map"].values())
    for file in files:
        with safe_open(file, framework="pt") as content:
            names = list(content.keys())
        sizes = [tensor.numel() * 4 for name, tensor in model.state_dict().items() if name in names]
        assert sum(sizes) <= limit or len(sizes) == 1
    assert index["metadata"]["total_size"] == sum(4 * tensor.numel() for tensor in model.state_dict().values())


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, folder = random_model(), tmp_path / "saved"
    save_model(model, folder)
    with pytest.raises(FileExistsError, match="exists already"):
        save_model(model, folder)

    def full_disk(*_: object) -> None:
        (next(tmp_path.glob(".saved*")) / "model-half").write_bytes(b"half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(saved, "write_shards", full_disk)
        with pytest.raises(OSError, match="No space"):
            save_model(random_model(seed=1), folder, replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    assert_same(load_model(folder).state_dict(), model.state_dict())
    save_model(random_model(seed=1), folder, replace=True)
    assert_same(load_model(folder).state_dict(), random_model(seed=1).state_dict())


def test_weights_that_could_not_be_loaded_are_not_saved(tmp_path: Path) -> None:
    model = random_model()
    with torch.no_grad():
        model.get_parameter("blocks.2.modulation")[0, 3, 5] = torch.nan
    with pytest.raises(CheckpointError, match=r"1 tensors hold NaN or infinity.*blocks\.2\.modulation"):
        save_model(model, tmp_path / "saved")
    with torch.device("meta"):
        empty = Transformer(tiny(), paper())
    with pytest.raises(CheckpointError, match=r"meta device.* more"):
        save_model(empty, tmp_path / "saved")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module")
def test_shares_of_a_process_group_are_gathered_first(tmp_path: Path) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    try:
        model = two_processes.sharded(random_model(), 1)
        with pytest.raises(CheckpointError, match=r"shares of a process group: gather them .* more"):
            save_model(model, tmp_path / "saved")
        gathered = {name: tensor.full_tensor() for name, tensor in model.state_dict().items()}
        save_model(model, tmp_path / "saved", state=gathered)
    finally:
        distributed.destroy_process_group()
    assert_same(load_model(tmp_path / "saved").state_dict(), random_model().state_dict())


@torch.no_grad()
@pytest.mark.parametrize("field", list(Switches.model_fields))
def test_the_switches_that_must_agree_are_those_of_the_forward_pass(field: str) -> None:
    changed = paper().model_copy(update={field: getattr(release(), field)})
    conditions, noisy = random_inputs(Case(timestep=950.0))
    first, second = (
        model(noisy, model.encode(conditions), router_logits=True)
        for model in (random_model(switches) for switches in (paper(), changed))
    )
    same = all(
        torch.equal(one, other)
        for one, other in zip(
            (first.velocity, first.hoi_velocity, *first.router_logits),
            (second.velocity, second.hoi_velocity, *second.router_logits),
            strict=True,
        )
    )
    assert same == (field not in FORWARD_SWITCHES)


def _edit(folder: Path, **changes: Any) -> None:
    path = folder / "checkpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_another_configuration_is_told_field_by_field(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    save_model(random_model(), folder)
    other = ModelConfig.model_validate({**tiny().model_dump(), "layers": 4, "expert_size": 32})
    with pytest.raises(CheckpointError, match=r"layers: 3, wanted 4; expert_size: 16, wanted 32$"):
        load_model(folder, config=other)
    with pytest.raises(CheckpointError, match=r"hoi_keys: 'eq4', wanted 'release'$"):
        load_model(folder, switches=Switches(hoi_keys="release"))
    chosen = Switches(eta_router=0.3, guidance=2.0)
    assert load_model(folder, config=tiny(), switches=chosen).switches == chosen


def test_a_description_that_is_not_ours_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    save_model(random_model(), folder)
    assert kind_of(folder) is CheckpointKind.SAVED
    _edit(folder, version=2)
    with pytest.raises(CheckpointError, match="version 2, and this package reads up to 1"):
        load_model(folder)
    _edit(folder, version=1, format="something")
    with pytest.raises(CheckpointError, match="format 'something'"):
        load_model(folder)
    _edit(folder, format="cointeract-model", switches={"hoi_keys": "eq5"})
    with pytest.raises(CheckpointError, match="hoi_keys"):
        load_model(folder)
    (folder / "checkpoint.json").write_text('{"format": "cointer')
    with pytest.raises(CheckpointError, match="doesn't describe a checkpoint of ours"):
        load_model(folder)
    (folder / "checkpoint.json").unlink()
    with pytest.raises(CheckpointError, match=r"checkpoint\.json is missing"):
        load_model(folder)
    with pytest.raises(CheckpointError, match="can't be read"):
        load_saved(folder)


def test_tensors_and_description_must_agree(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    save_model(random_model(), folder)
    _edit(folder, config=tiny(hoi=False).model_dump())
    with pytest.raises(CheckpointError, match=r"9 unexpected: blocks\.0\.hoi_modulation, .* and 4 more"):
        load_model(folder)
