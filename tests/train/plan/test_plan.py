"""What the plan tells: remedies, operations, hours; and the command that shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.train.plan.settings import DIMENSIONS, small_config
from typer.testing import CliRunner

from cointeract.cli import app
from cointeract_model.config import wan_s2v_14b
from cointeract_model.summary import flops_table
from cointeract_model.switches import Stage, paper
from cointeract_train.config import TrainConfig
from cointeract_train.errors import RecipeError
from cointeract_train.plan.cost import TERA, StageCost, stage_costs
from cointeract_train.plan.make import GIB, make_plan
from cointeract_train.plan.passes import largest_grid
from cointeract_train.plan.remedies import alone, together
from cointeract_train.plan.report import as_lines, as_mapping
from cointeract_train.plan.shapes import dimensions_of


def _made_up_size(config: TrainConfig) -> int:
    """A card's bytes that every remedy halves, but sharing a sample's tokens, which two processes can't."""
    hardware, halvings = config.hardware, 0
    halvings += config.data.micro_batch == 1
    halvings += {"none": 0, "selective": 1, "block": 2}[hardware.checkpointing]
    halvings += hardware.strategy == "fsdp"
    halvings += hardware.sequence_parallel.bit_length() - 1
    return 1024 >> halvings


def test_remedies_are_tried_alone_and_then_on_top_of_one_another_until_it_fits() -> None:
    config = small_config(data={"global_batch": 16, "micro_batch": 2})
    single = {remedy.settings: remedy.bytes for remedy in alone(config, DIMENSIONS, _made_up_size)}
    assert single["data.micro_batch=1",] == 512
    assert single["hardware.checkpointing=block",] == 256
    assert single["hardware.strategy=fsdp", "hardware.processes=8"] == 512
    assert single["trained.what=lora",] == 1024
    assert {settings[0] for settings in single if "sequence" in settings[0]} == {
        "hardware.sequence_parallel=2",
        "hardware.sequence_parallel=4",  # not 8: the model has 4 heads
    }
    chain = together(config, DIMENSIONS, _made_up_size, 100)
    assert [remedy.bytes for remedy in chain] == [512, 256, 128, 64]
    assert chain[-1].settings == (
        "data.micro_batch=1",
        "hardware.checkpointing=block",
        "hardware.strategy=fsdp",
        "hardware.processes=8",
    )


def test_what_is_taken_already_or_impossible_is_not_a_remedy() -> None:
    hardware = {"checkpointing": "block", "strategy": "fsdp", "processes": 2, "sequence_parallel": 2}
    config = small_config(hardware=hardware, data={"micro_batch": 1, "global_batch": 4})
    assert [remedy.settings for remedy in alone(config, DIMENSIONS, _made_up_size)] == [("trained.what=lora",)]
    assert alone(config, DIMENSIONS, lambda _: None) == []


def test_one_process_that_would_share_out_is_told_to_be_several() -> None:
    config = small_config(hardware={"strategy": "fsdp", "checkpointing": "block"}, data={"global_batch": 8})
    settings = [remedy.settings for remedy in alone(config, DIMENSIONS, _made_up_size)]
    assert ("hardware.strategy=fsdp", "hardware.processes=8") in settings


def test_operations_are_those_of_the_models_own_table() -> None:
    dimensions = wan_s2v_14b()
    config = small_config(dimensions, data={"buckets": ["480x832"], "global_batch": 16})
    costs = stage_costs(config, dimensions)
    assert [(cost.stage, cost.steps) for cost in costs] == [(Stage.JOINT, 3), (Stage.ASYMMETRIC, 3)]
    long = config.model_copy(
        update={"data": config.data.model_copy(update={"codecs": config.data.codecs.model_validate({})})}
    )
    table = flops_table(dimensions, paper(), largest_grid(long))
    for cost, name in zip(stage_costs(long, dimensions), ("stage 1", "stage 2"), strict=True):
        assert cost.flops == pytest.approx(3 * 16 * sum(table[name].values()), rel=0.01)


def test_checkpointing_of_blocks_computes_most_of_a_forward_pass_again() -> None:
    dimensions = wan_s2v_14b()
    plain, again = (
        stage_costs(small_config(dimensions, hardware={"checkpointing": kind}), dimensions)[0]
        for kind in ("selective", "block")
    )
    assert plain.recomputed == 0
    assert 0.9 < again.recomputed / (again.flops / 3) < 1


def test_hours_are_operations_over_speed() -> None:
    cost = StageCost(Stage.JOINT, steps=3600, flops=3 * TERA, recomputed=TERA)
    assert cost.hours(cards=2, tflops=4, utilisation=0.5) == 1


def test_without_the_asymmetric_mask_all_steps_are_of_one_stage() -> None:
    config = small_config(steps={"joint": 3, "asymmetric": 4, "asymmetric_mask": False})
    assert [(cost.stage, cost.steps) for cost in stage_costs(config, DIMENSIONS)] == [(Stage.JOINT, 7)]


def test_weights_that_are_not_here_are_taken_for_wan_s2v(tmp_path: Path) -> None:
    base = small_config().model_dump(mode="json")
    base["model"] = {"start": str(tmp_path / "nowhere"), "expert_size": None}
    known = dimensions_of(TrainConfig.model_validate(base).model)
    assert known.assumed
    assert known.config == wan_s2v_14b(expert_size=None)


def test_a_run_that_does_not_fit_is_told_what_would_help() -> None:
    hardware = {"checkpointing": "block", "memory_gib": 0.0055, "device": "cpu"}
    dimensions = DIMENSIONS.model_copy(update={"heads": 1})  # which several processes can't share
    plan = make_plan(small_config(dimensions, hardware=hardware, steps={"joint": 0, "asymmetric": 7}))
    assert plan.fits is False
    mapping = as_mapping(plan)
    assert mapping["total"] == sum(mapping["memory"].values())
    assert mapping["alone"][0]["settings"] == ["data.micro_batch=1"]
    text = "\n".join(as_lines(plan))
    assert "does not fit a card of 0.0055 GiB" in text
    assert "--set data.micro_batch=1" in text
    assert plan.limit is not None
    assert any(remedy.bytes < plan.limit for remedy in plan.together) == ("nothing of this" not in text)


def test_processes_that_cannot_share_the_samples_are_refused() -> None:
    with pytest.raises(RecipeError, match="can't be dealt to 3 processes"):
        make_plan(small_config(hardware={"processes": 3}))
    with pytest.raises(RecipeError, match="doesn't divide the model's 4 heads"):
        make_plan(small_config(hardware={"processes": 3, "sequence_parallel": 3}))


def test_the_command_answers_without_a_data_set_and_without_weights(tmp_path: Path) -> None:
    recipe = tmp_path / "small.yaml"
    values = small_config(steps={"joint": 0, "asymmetric": 7}).model_dump(mode="json")
    del values["data"]["root"], values["data"]["seed"]
    recipe.write_text(yaml.safe_dump(values))
    stated = ("--card", "80", "--tflops", "100", "--json")
    result = CliRunner().invoke(app, ["train", "--recipe", str(recipe), "--plan", *stated])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["fits"] is True
    assert answer["limit"] == pytest.approx(0.92 * 80 * GIB)
    assert answer["hours"] > 0
    assert answer["tokens"] == {"rgb": 16 * 20 + 2 * 16 + 16 + 4 + 4, "hoi": 16 * 20}
    assert not (tmp_path / "run").exists()


def test_training_itself_needs_a_data_set() -> None:
    result = CliRunner().invoke(app, ["train", "--recipe", "tiny"])
    assert result.exit_code == 2
    assert "--plan" in result.output
