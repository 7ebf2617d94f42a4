"""What of a model is trained, how fast, and its moving average."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.train.states import trained_in
from tests.train.toy import ToyData, toy_config

from cointeract_model.checkpoints.saved import load_saved, save_model
from cointeract_model.lora import is_lora, lora_config
from cointeract_train.average import Average
from cointeract_train.config import OptimiserSettings
from cointeract_train.errors import ResumeError
from cointeract_train.export import export_model
from cointeract_train.optimiser import build_optimiser, build_schedule, learning_rate_share
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in
from cointeract_train.run import train
from cointeract_train.trainable import build_model, trained_names

LORA = {"trained": {"what": "lora", "lora": {"rank": 2}}, "hardware": {"precision": "bfloat16"}}


def test_lora_trains_updates_experts_and_hoi_and_freezes_the_rest() -> None:
    model = build_model(toy_config(**LORA))
    trained = trained_names(model)
    assert any(is_lora(name) for name in trained)
    for part in ("feed_forward.router", "feed_forward.experts", "hoi_patch_embedding", "hoi_head", "hoi_modulation"):
        assert any(part in name for name in trained), part
    frozen = {name: parameter for name, parameter in model.named_parameters() if name not in trained}
    assert "patch_embedding.weight" in frozen
    assert "blocks.0.modulation" in frozen
    assert frozen["patch_embedding.weight"].dtype == torch.bfloat16
    assert frozen["blocks.0.modulation"].dtype == torch.float32
    assert {model.get_parameter(name).dtype for name in trained} == {torch.float32}


def test_lora_from_saved_weights_changes_only_what_is_trained_and_saves_only_that(tmp_path: Path) -> None:
    base = build_model(toy_config())
    save_model(base, tmp_path / "base")
    config = toy_config(
        **LORA, model={"dimensions": None, "start": str(tmp_path / "base")}, data={"hoi": True}, optimiser={"warmup": 1}
    )
    result = train(config, tmp_path / "run", LineProgress(), data=ToyData(config), max_steps=3)
    assert result.model is not None
    after = load_saved(result.model)
    assert lora_config(after) is not None
    names = trained_names(build_model(config))
    for name, tensor in after.state_dict().items():
        if name in names:
            continue
        assert torch.equal(tensor, base.state_dict()[name].to(tensor.dtype)), name
    assert any(bool(after.get_parameter(name).any()) for name in names if name.endswith("lora_b"))
    saved = trained_in(checkpoints_in(tmp_path / "run")[-1])
    assert {name.removeprefix("model.") for name in saved} == names
    again = train(config, tmp_path / "run", LineProgress(), data=ToyData(config), resume="auto")
    assert again.step == 6


def test_new_weights_follow_the_seed() -> None:
    first, same, other = (build_model(toy_config(seed=seed)).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_the_average_follows_the_model_and_can_stand_in_for_it() -> None:
    model = torch.nn.Linear(3, 2)
    model.bias.requires_grad_(False)
    average = Average(model, decay=0.5)
    begin = model.weight.detach().clone()
    with torch.no_grad():
        model.weight += 1
    average.update(model, 100)
    torch.testing.assert_close(average.state_of(model)["weight"].data, begin + 0.5)
    with average.in_place(model):
        torch.testing.assert_close(model.weight.data, begin + 0.5)
    torch.testing.assert_close(model.weight.data, begin + 1)
    assert list(average.values) == ["weight"]
    assert not any(parameter.requires_grad for parameter in average.parameters())


def test_the_average_counts_first_steps_more() -> None:
    model = torch.nn.Linear(1, 1)
    average = Average(model, decay=0.999)
    with torch.no_grad():
        model.weight += 1
    before = float(average.values["weight"])
    average.update(model, 0)
    assert abs(float(average.values["weight"]) - before - 0.9) < 1e-6


def test_tables_norms_and_biases_have_no_weight_decay() -> None:
    model = build_model(toy_config())
    optimiser = build_optimiser(model.named_parameters(), OptimiserSettings(weight_decay=0.1))
    decayed = {id(one) for group in optimiser.param_groups if group["weight_decay"] for one in group["params"]}
    names = {name for name, parameter in model.named_parameters() if id(parameter) in decayed}
    assert "blocks.0.self_attention.q.weight" in names
    assert not any(name.endswith(("bias", "modulation", "type_embedding.weight")) for name in names)
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(list(model.parameters()))


def test_the_router_alone_has_a_rate_of_its_own_throughout() -> None:
    model = build_model(toy_config())
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    settings = OptimiserSettings(learning_rate=0.1, router_rate=4, warmup=1)
    optimiser = build_optimiser(model.named_parameters(), settings)
    schedule = build_schedule(optimiser, settings, 10)
    for share in (0.5, 1.0):
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                rate = 0.4 if ".router." in names[id(parameter)] else 0.1
                assert group["lr"] == pytest.approx(share * rate)
        optimiser.step()
        schedule.step()
    assert sum(len(group["params"]) for group in optimiser.param_groups) == len(names)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"schedule": "constant"}, [1, 1, 1, 1, 1]),
        ({"schedule": "cosine"}, [1, 0.8536, 0.5, 0.1464, 0]),
        ({"schedule": "cosine", "final_share": 0.1}, [1, 0.8682, 0.55, 0.2318, 0.1]),
        ({"schedule": "constant", "warmup": 2}, [1 / 3, 2 / 3, 1, 1, 1]),
    ],
)
def test_the_learning_rate(settings: dict[str, object], expected: list[float]) -> None:
    chosen = OptimiserSettings.model_validate(settings)
    shares = [learning_rate_share(step, 4, chosen) for step in range(5)]
    assert shares == pytest.approx(expected, abs=1e-4)


def test_a_model_can_be_exported_from_a_state_at_any_time(tmp_path: Path) -> None:
    config = toy_config(optimiser={"average_decay": 0.5})
    train(config, tmp_path / "run", LineProgress(), data=ToyData(config))
    state = export_model(tmp_path / "run", tmp_path / "model")
    assert state == checkpoints_in(tmp_path / "run")[-1]
    exported, at_the_end = load_saved(tmp_path / "model"), load_saved(tmp_path / "run" / "model")
    for name, tensor in exported.state_dict().items():
        assert torch.equal(tensor, at_the_end.state_dict()[name]), name
    with pytest.raises(ResumeError, match="no saved state"):
        export_model(tmp_path, tmp_path / "other")
