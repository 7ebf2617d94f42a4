"""The four models of section 4.5: trained alike, compared, and not trained twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.train.toy import ToyData, toy_config

from cointeract.recipes.train import FOLDER, locate
from cointeract_model.switches import Stage
from cointeract_train.ablation.cost import counted_at_papers_size
from cointeract_train.ablation.run import BASELINE, TABLE_JSON, VARIANTS, run_ablation
from cointeract_train.config import TrainConfig
from cointeract_train.errors import RunFolderError, TrainingError
from cointeract_train.export import MODEL
from cointeract_train.progress import LineProgress
from cointeract_train.recipe_file import load_recipe

CHANGES: dict[str, dict[str, object]] = {
    "no-moe": {"model": {"dimensions": {"expert_size": None}}},
    "no-cogeneration": {"model": {"dimensions": {"hoi": False}}},
    "no-asymmetric": {"steps": {"asymmetric_mask": False}},
    "full": {},
}


def _recipe(name: str) -> TrainConfig:
    return load_recipe(locate(f"ablation-{name}"), dataset="dataset")


def _toy(name: str, **groups: object) -> TrainConfig:
    values = toy_config(steps={"joint": 1, "asymmetric": 1}, **groups).model_dump(mode="json")
    for group, change in CHANGES[name].items():
        assert isinstance(change, dict)
        for key, value in change.items():
            values[group][key] = {**values[group][key], **value} if isinstance(value, dict) else value
    values["data"].pop("hoi")
    return TrainConfig.model_validate(values)


@pytest.fixture(scope="module")
def configs() -> dict[str, TrainConfig]:
    return {name: _toy(name) for name in VARIANTS}


@pytest.fixture(scope="module")
def output(configs: dict[str, TrainConfig], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ablation")
    run_ablation(configs, folder, LineProgress(), data=ToyData)
    return folder


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "full"])
def test_a_recipe_differs_from_the_full_model_in_one_thing(name: str) -> None:
    ours, full = _recipe(name).deciding(), _recipe("full").deciding()
    changed = {key for key in full if ours[key] != full[key]}
    expected = {
        "no-moe": {"model.dimensions.expert_size"},
        "no-cogeneration": {"model.dimensions.hoi", "data.hoi"},
        "no-asymmetric": {"steps.asymmetric_mask"},
    }
    assert changed == expected[name]


def test_the_full_model_is_that_of_the_tiny_recipe() -> None:
    tiny = load_recipe(FOLDER / "tiny.yaml", dataset="dataset")
    assert _recipe("full").deciding() == tiny.deciding()


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "full"])
def test_the_same_changes_stand_ready_at_the_papers_size(name: str) -> None:
    ours = load_recipe(locate(f"paper-480p-{name}"), dataset="dataset").deciding()
    paper = load_recipe(locate("paper-480p"), dataset="dataset").deciding()
    changed = {key for key in paper if ours[key] != paper[key]}
    expected = {
        "no-moe": {"model.expert_size"},
        "no-cogeneration": {"model.hoi", "data.hoi"},
        "no-asymmetric": {"steps.asymmetric_mask"},
    }
    assert changed == expected[name]


def test_without_the_asymmetric_mask_every_step_is_joint() -> None:
    steps = _recipe("no-asymmetric").steps
    assert {steps.stage(step) for step in range(steps.total)} == {Stage.JOINT}
    assert steps.total == _recipe("full").steps.total


def test_the_table_has_what_each_model_has(output: Path) -> None:
    table = json.loads((output / TABLE_JSON).read_text())
    rows = {row["name"]: row for row in table["rows"]}
    assert table["held_out"] == 2
    assert list(rows) == list(VARIANTS)
    assert (rows[BASELINE]["flops"], rows[BASELINE]["seconds"], rows[BASELINE]["flops_paper"]) == (1, 1, 1)
    assert rows["no-moe"]["recall_hand"] is rows["no-moe"]["router_accuracy"] is None
    assert rows["no-cogeneration"]["loss_hoi"] is None
    assert all(0 < row["loss_rgb"] < 10 for row in rows.values())
    assert all(0 < rows[name]["loss_hoi"] < 10 for name in ("no-moe", "no-asymmetric", "full"))
    assert 1 < rows["full"]["flops"] == rows["no-cogeneration"]["flops"] < rows["no-asymmetric"]["flops"]
    text = (output / "ablation.md").read_text()
    assert text.count("\n| ") == len(VARIANTS) + 1
    assert "| w/o Co-Gen | " in text


def test_costs_at_the_papers_size_are_those_of_the_design_note() -> None:
    configs = {name: _recipe(name) for name in VARIANTS}
    counts = {}
    for name, config in configs.items():
        assert config.model.dimensions is not None
        hoi = Stage.JOINT if name == "no-asymmetric" else None
        counts[name] = counted_at_papers_size(config.model.dimensions, hoi, config.model.chosen_switches)
    assert counts["full"] / counts[BASELINE] == pytest.approx(1.02, abs=0.01)
    assert counts["no-asymmetric"] / counts[BASELINE] == pytest.approx(2.73, abs=0.05)


def test_what_is_trained_is_not_trained_again(configs: dict[str, TrainConfig], output: Path) -> None:
    before = {name: (output / name / MODEL / "checkpoint.json").stat().st_mtime_ns for name in VARIANTS}
    (output / TABLE_JSON).unlink()
    ablation = run_ablation(configs, output, LineProgress(), data=ToyData)
    after = {name: (output / name / MODEL / "checkpoint.json").stat().st_mtime_ns for name in VARIANTS}
    assert after == before
    assert (output / TABLE_JSON).exists()
    assert [row.name for row in ablation.rows] == list(VARIANTS)


def test_a_run_of_other_settings_is_not_taken_for_this_one(output: Path) -> None:
    others = {name: _toy(name, seed=5) for name in VARIANTS}
    with pytest.raises(RunFolderError, match=r"no-moe was trained with other settings \(data.seed, seed\)"):
        run_ablation(others, output, LineProgress(), data=ToyData)


def test_without_held_out_samples_nothing_is_trained(configs: dict[str, TrainConfig], tmp_path: Path) -> None:
    class NothingHeldOut(ToyData):
        def val_dataloader(self) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(TrainingError, match="held-out"):
        run_ablation(configs, tmp_path, LineProgress(), data=NothingHeldOut)
    assert not list(tmp_path.iterdir())
