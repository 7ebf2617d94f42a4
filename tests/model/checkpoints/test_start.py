"""Experts and HOI parts that start from a base model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.load import load_model
from cointeract_model.checkpoints.released import start_from_base
from cointeract_model.switches import Switches, paper, release
from tests.model.checkpoints import released_files as files
from tests.model.checkpoints.released_files import BASE, WHOLE, assert_same
from tests.model.samples import Case, random_inputs, random_model

PRESETS = [pytest.param(paper(), id="paper"), pytest.param(release(), id="release")]


@pytest.fixture(scope="module")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return files.write_base(tmp_path_factory.mktemp("wan") / "base", files.base_state(random_model(release(), BASE)))


@torch.no_grad()
@pytest.mark.parametrize("switches", PRESETS)
def test_new_parts_change_no_prediction(base_folder: Path, switches: Switches) -> None:
    base, started = load_model(base_folder, switches=switches), start_from_base(base_folder, switches, expert_size=16)
    assert started.config == WHOLE
    assert started.switches == switches
    conditions, noisy = random_inputs(Case(hoi=False))
    before, after = (model(noisy, model.encode(conditions)).velocity for model in (base, started))
    assert torch.equal(before, after)


@torch.no_grad()
@pytest.mark.parametrize("switches", PRESETS)
def test_hoi_parts_are_copies_and_its_type_is_zero(base_folder: Path, switches: Switches) -> None:
    state = start_from_base(base_folder, switches, expert_size=16).state_dict()
    copies = {name for name in state if "hoi_" in name} - {"hoi_type_embedding.weight"}
    assert len(copies) == 5 + BASE.layers
    for name in copies:
        assert torch.equal(state[name], state[name.replace("hoi_", "")]), name
        assert state[name].data_ptr() != state[name.replace("hoi_", "")].data_ptr()
    assert not state["hoi_type_embedding.weight"].any()


@pytest.mark.parametrize("switches", PRESETS)
def test_experts_start_at_nothing(base_folder: Path, switches: Switches) -> None:
    state = start_from_base(base_folder, switches, expert_size=16).state_dict()
    experts = {name: tensor for name, tensor in state.items() if ".experts." in name}
    assert len(experts) == BASE.layers * 4 * (3 if switches.experts == "paper" else 2)
    bound = BASE.hidden_size**-0.5
    for name, tensor in experts.items():
        if name.endswith("fc1.weight"):
            assert 0.5 * bound < tensor.abs().max() <= bound
        else:
            assert not tensor.any(), name
    routers = [tensor for name, tensor in state.items() if ".router." in name and tensor.dim() > 1]
    assert all(tensor.std() > 0.1 * bound for tensor in routers)
    assert not torch.equal(routers[0], routers[2])


def test_the_seed_decides_and_leaves_the_global_one_alone(base_folder: Path) -> None:
    torch.manual_seed(1)
    first = start_from_base(base_folder, paper(), expert_size=16, seed=3).state_dict()
    drawn = torch.rand(1)
    second = start_from_base(base_folder, paper(), expert_size=16, seed=3).state_dict()
    other = start_from_base(base_folder, paper(), expert_size=16, seed=4).state_dict()
    assert_same(first, second)
    assert not torch.equal(
        first["blocks.0.feed_forward.router.0.weight"], other["blocks.0.feed_forward.router.0.weight"]
    )
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))


def test_sizes_and_dtype_are_as_asked_for(base_folder: Path) -> None:
    model = start_from_base(base_folder, paper(), expert_size=8, router_size=6, hoi=False, dtype=torch.bfloat16)
    assert (model.config.expert_size, model.config.router_size, model.config.hoi) == (8, 6, False)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    plain = start_from_base(base_folder, paper(), expert_size=None, router_size=6)
    assert plain.config.expert_size is None
    assert plain.config.hoi


def test_a_checkpoint_s_experts_are_used_and_hoi_starts(base_folder: Path, tmp_path: Path) -> None:
    whole = random_model(release(), WHOLE)
    experts = {name: tensor for name, tensor in files.own_state(whole).items() if "depth" not in name}
    save_file(experts, tmp_path / "checkpoint.safetensors")
    model = start_from_base(base_folder, release(), checkpoint=tmp_path / "checkpoint.safetensors")
    assert model.config == WHOLE
    state = model.state_dict()
    assert torch.equal(state["blocks.1.feed_forward.router.0.weight"], experts["blocks.1.ffn.router.0.weight"])
    assert torch.equal(state["hoi_head.modulation"], state["head.modulation"])


def test_nothing_starts_unless_asked_for(base_folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no experts and no HOI parts.*start_from_base"):
        load_model(base_folder, config=WHOLE)
