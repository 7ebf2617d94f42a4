"""Names and shapes of the released checkpoints, without their weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from cointeract_model.checkpoints.names import ReleasedNames, from_released, to_released
from cointeract_model.config import ModelConfig, tiny, wan_s2v_14b
from cointeract_model.errors import TensorNameError
from cointeract_model.switches import paper, release
from cointeract_model.transformer import Transformer

BASE_FINGERPRINT = "966cffdcc52f9c46c391768b27637614"
"""By which the released loader knows Wan2.2-S2V-14B: MD5 over its sorted names, and names with shapes."""
BASE_TENSORS, BASE_PARAMETERS = 1260, 16_295_755_609
MIXED_PARAMETERS, HOI_PARAMETERS = 17_030_803_409, 1_904_704
GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "wan2.2_s2v_14b_tensors.json"


def _on_meta(config: ModelConfig) -> Transformer:
    with torch.device("meta"):
        return Transformer(config, release())


@pytest.fixture(scope="module")
def base() -> Transformer:
    return _on_meta(wan_s2v_14b(expert_size=None, hoi=False))


@pytest.fixture(scope="module")
def whole() -> Transformer:
    return _on_meta(wan_s2v_14b())


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _released(model: Transformer) -> dict[str, torch.Tensor]:
    return to_released(model.state_dict(), model.config.audio_layers)


def test_the_base_model_has_the_released_fingerprint(base: Transformer) -> None:
    named = [(name, "_".join(map(str, tensor.shape))) for name, tensor in _released(base).items()]
    listed = sorted([name for name, _ in named] + [f"{name}:{shape}" for name, shape in named])
    assert len(named) == BASE_TENSORS
    assert hashlib.md5(",".join(listed).encode(), usedforsecurity=False).hexdigest() == BASE_FINGERPRINT


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the released names beside the repository")
def test_names_and_shapes_are_the_released_ones(base: Transformer) -> None:
    expected = json.loads(GOLDEN.read_text())
    assert {name: list(tensor.shape) for name, tensor in _released(base).items()} == expected


def test_parameters_are_counted(base: Transformer, whole: Transformer) -> None:
    assert _parameters(base) == BASE_PARAMETERS
    assert _parameters(_on_meta(wan_s2v_14b(hoi=False))) == MIXED_PARAMETERS
    assert _parameters(whole) == MIXED_PARAMETERS + HOI_PARAMETERS


def test_cointeract_s_own_tensors_have_their_released_names(base: Transformer, whole: Transformer) -> None:
    mixed = {name.replace(".ffn_base.", ".") for name in _released(whole)}
    added = mixed - set(_released(base))
    own = {name for name in added if ".ffn." in name}
    assert len(own) == 560
    assert {name for name in added if name.startswith("blocks.7.")} == {
        "blocks.7.depth_modulation",
        *(f"blocks.7.ffn.router.{layer}.{kind}" for layer in (0, 2, 3) for kind in ("weight", "bias")),
        *(
            f"blocks.7.ffn.{expert}_expert.{layer}.{kind}"
            for expert in ("hand", "face")
            for layer in ("fc1", "fc2")
            for kind in ("weight", "bias")
        ),
    }
    assert {name for name in added if not name.startswith("blocks.")} == {
        *(f"depth_patch_embedding.{kind}" for kind in ("weight", "bias")),
        *(f"depth_head.{kind}" for kind in ("modulation", "head.weight", "head.bias")),
        "depth_cond_mask.weight",
    }
    assert len(added) - len(own) == 46


@pytest.mark.parametrize("switches", [paper(), release()])
@pytest.mark.parametrize("expert_size", [None, 16])
def test_names_go_there_and_back(switches: object, expert_size: int | None) -> None:
    state = Transformer(tiny(expert_size=expert_size), switches).state_dict()
    released = to_released(state, tiny().audio_layers)
    assert len(released) == len(state)
    assert not released.keys() & {name for name in state if "hoi" in name or "experts" in name}
    back = from_released(released, tiny().audio_layers)
    assert list(back) == list(state)
    assert all(back[name] is state[name] for name in state)


def test_the_shared_expert_is_known_by_both_released_names() -> None:
    names = ReleasedNames(tiny().audio_layers, experts=True)
    for released in ("blocks.1.ffn.ffn_base.0.weight", "blocks.1.ffn.0.weight"):
        assert names.from_released(released) == "blocks.1.feed_forward.shared.0.weight"
    assert names.to_released("blocks.1.feed_forward.shared.0.weight") == "blocks.1.ffn.ffn_base.0.weight"


def test_injections_are_numbered_there_and_named_by_their_block_here() -> None:
    names = ReleasedNames((0, 4, 27), experts=False)
    assert names.from_released("audio_injector.injector.2.q.weight") == "audio_injections.27.attention.q.weight"
    assert (
        names.to_released("audio_injections.4.modulation.bias") == "audio_injector.injector_adain_layers.1.linear.bias"
    )


@pytest.mark.parametrize("name", ["blocks.0.attn.q.weight", "vae.encoder.weight", "audio_injector.injector.9.q.weight"])
def test_a_tensor_of_another_model_is_named(name: str) -> None:
    with pytest.raises(TensorNameError, match=name.replace(".", r"\.")):
        from_released({name: 0}, (0, 2))
    with pytest.raises(TensorNameError, match=r"audio_injections\.1"):
        to_released({"audio_injections.1.attention.q.weight": 0}, (0, 2))
