"""Recipes of training: what they hold, what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.train.toy import toy_config

from cointeract.recipes.train import FOLDER, locate, names
from cointeract_model.switches import paper, release
from cointeract_train.errors import RecipeError
from cointeract_train.recipe_file import build_config, config_text, load_recipe


@pytest.mark.parametrize("name", names())
def test_recipes_that_come_with_the_command_are_valid_and_come_back_from_their_resolved_copy(name: str) -> None:
    config = load_recipe(locate(name), dataset="dataset")
    assert config.name == name
    assert build_config(yaml.safe_load(config_text(config)), "copy") == config


def test_the_papers_recipe_says_what_section_4_1_says() -> None:
    config = load_recipe(locate("paper-480p"), dataset="dataset")
    assert (config.steps.joint, config.steps.asymmetric) == (5000, 2000)
    assert (config.optimiser.learning_rate, config.optimiser.schedule) == (1e-4, "cosine")
    assert config.trained.what == "everything"
    assert config.model.chosen_switches == paper()
    assert (config.model.chosen_switches.lambda_hoi, config.model.chosen_switches.eta_router) == (1, 1)


def test_the_lora_recipe_is_the_released_one() -> None:
    config = load_recipe(locate("lora-480p"), dataset="dataset")
    assert (config.trained.what, config.trained.lora.rank) == ("lora", 128)
    assert (config.optimiser.learning_rate, config.optimiser.schedule) == (1e-5, "constant")
    assert config.model.chosen_switches == release()
    assert (config.data.hoi_prompt, config.data.box_ends) == ("template_and_prompt", "inclusive")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.learning_rate=1", r"optimizer isn't a setting; did you mean optimiser\?"),
        ("optimiser.learning_rat=1", r"optimiser.learning_rat isn't a setting; did you mean learning_rate\?"),
        ("model.switches.lambda_hoy=1", r"lambda_hoy isn't a setting; did you mean lambda_hoi\?"),
        ("data.codecs.latents.name=none", "data.codecs.latents"),
        ("steps.joint=-1", r"steps.joint is -1: input should be greater"),
        ("steps={joint: 0, asymmetric: 0}", "both stages have 0 steps"),
        ("model.start=weights", "either `dimensions` of a new model or weights to `start` from"),
        ("model.preset=papr", "model.preset is 'papr'"),
        ("data.box_ends=inclusive", "data.box_ends is 'inclusive', but the model's switch is 'exclusive'"),
        ("steps", "write it as key.subkey=value"),
        ("name.first=1", "it has no keys below it"),
        ("steps.joint=[", "the value is not YAML"),
    ],
)
def test_what_is_not_allowed_is_named(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe(locate("tiny"), [override], dataset="dataset")


def test_settings_change_one_value_and_take_numbers_as_people_write_them() -> None:
    config = load_recipe(locate("tiny"), ["optimiser.learning_rate=1e-4", "model.switches.eta_router=0.5"], dataset="d")
    assert config.optimiser.learning_rate == 1e-4
    assert config.model.chosen_switches.eta_router == 0.5
    assert config.data.root == "d"


def test_a_file_of_ones_own_may_extend_another(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text((FOLDER / "tiny.yaml").read_text())
    (tmp_path / "mine.yaml").write_text("extends: base\nname: mine\nsteps: {joint: 7}\n")
    config = load_recipe(tmp_path / "mine.yaml", dataset="dataset")
    assert (config.name, config.steps.joint) == ("mine", 7)
    (tmp_path / "round.yaml").write_text("extends: round\n")
    with pytest.raises(RecipeError, match="extends itself"):
        load_recipe(tmp_path / "round.yaml")


@pytest.mark.parametrize("text", [None, "- a list", "a: [", "name: x"])
def test_files_that_are_no_recipe_are_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "recipe.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RecipeError, match=r"recipe\.yaml"):
        load_recipe(path)


def test_the_data_follows_seed_and_model() -> None:
    assert toy_config(seed=5).data.seed == 5
    assert toy_config(seed=5, data={"seed": 3}).data.seed == 3
    assert toy_config(model={"preset": "release"}).data.box_ends == "inclusive"


def test_what_decides_a_run_is_told_from_what_is_watched() -> None:
    decides = toy_config().deciding()
    assert toy_config(watch={"log_every": 7}, checkpoints={"every": 9}, data={"workers": 5}).deciding() == decides
    for change in ({"seed": 1}, {"steps": {"joint": 4}}, {"data": {"global_batch": 8}}):
        assert toy_config(**change).deciding() != decides
