from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cointeract import recipes
from cointeract_curation.core.config import build_recipe, unavailable_reasons
from cointeract_curation.core.dataset import Dataset, differences
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.recipe_file import load_recipe
from cointeract_curation.core.stage import Resources
from cointeract_curation.engine.base import Pool, build_stages, fuse
from cointeract_curation.engine.plan import layout_problems
from cointeract_curation.inputs import find_files

MINIMAL: dict[str, Any] = {"name": "mine", "shots": {"backend": "pyscenedetect"}, "cut": {}}


def test_a_resolved_recipe_reads_back_as_itself() -> None:
    for name in recipes.names():
        recipe = load_recipe(recipes.locate(name))
        assert build_recipe(recipe.to_mapping(), "again") == recipe


def test_overrides_change_one_value_each(tmp_path: Path) -> None:
    recipe = load_recipe(
        recipes.locate("embedded"), ["cut.max_short_side=720", "policy.still=null", "engine.workers=3"]
    )
    assert recipe.stages["cut"].model_dump()["max_short_side"] == 720
    assert "still" not in recipe.policy.rules
    assert recipe.engine.workers == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cuts": {}}, "unknown key 'cuts'; did you mean 'cut'"),
        ({"cut": {"max_short_sid": 720}}, "unknown key 'cut.max_short_sid'; did you mean 'max_short_side'"),
        ({"cut": {"max_short_side": "wide"}}, "cut.max_short_side: .*found 'wide'"),
        ({"shots": {"backend": "magic"}}, "shots.backend"),
        ({"object": {"backend": "sam4"}}, "object.backend is 'sam4'; did you mean"),
        ({"policy": {"dark": {"score": "quality.luminance_mean", "min": 1, "message": ""}}}, "no stage quality"),
        ({"policy": {"wide": {"score": "cut.width", "min": 1, "at": "probe", "message": ""}}}, "applied at 'probe'"),
        ({"policy": {"wide": {"score": "cut.width", "minimum": 1, "message": ""}}}, "did you mean 'min'"),
        ({"engine": {"time_limits": {"cutt": 5}}}, "time_limits names 'cutt'; did you mean 'cut'"),
        ({"split": {"short_window_frames": 25}}, "needs a rule on cut.frames with min: 81"),
        ({"pack": {"held_out": 1.5}}, "pack.held_out"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_what_is_allowed(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        build_recipe({**MINIMAL, **change}, "mine.yaml")
    assert "mine.yaml" in str(caught.value)


def test_a_recipe_builds_on_another_one_key_by_key(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "extends: clips\nname: own\npeople: {stride: 1}\n"
        "policy:\n  dark: {min: 50}\n  still: null\n"
        "  wide: {score: cut.width, min: 400, message: too narrow}\n"
    )
    base = load_recipe(recipes.locate("clips"))
    recipe = load_recipe(own, ["cut.max_short_side=480"], recipes.FOLDER)
    assert recipe.name == "own"
    assert recipe.stages["people"] == base.stages["people"].model_copy(update={"stride": 1})
    assert recipe.stages["cut"].model_dump()["max_short_side"] == 480
    assert recipe.policy.rules["dark"].min == 50
    assert recipe.policy.rules["dark"].message == base.policy.rules["dark"].message
    assert [*recipe.policy.rules] == [*(name for name in base.policy.rules if name != "still"), "wide"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extends: nowhere", "no recipe at .*nowhere.yaml, which .*own.yaml extends"),
        ("extends: own", "extends itself"),
        ("extends: [clips]", "extends is"),
    ],
)
def test_a_recipe_that_builds_on_nothing_is_refused(text: str, says: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(ConfigurationError, match=says):
        load_recipe(own, (), recipes.FOLDER)


@pytest.mark.parametrize("override", ["people", "=3", "people.=1", "name.inner=3"])
def test_an_override_of_another_form_is_refused(override: str) -> None:
    with pytest.raises(ConfigurationError, match="--set"):
        load_recipe(recipes.locate("embedded"), [override])


def test_the_paper_recipe_names_what_this_version_lacks() -> None:
    reasons = unavailable_reasons(load_recipe(recipes.locate("paper")))
    assert [reason.split(":")[0] for reason in reasons] == [
        "body", "object", "references", "validate", "caption",
    ]  # fmt: skip
    assert unavailable_reasons(load_recipe(recipes.locate("embedded"))) == []


def test_a_stage_whose_inputs_the_recipe_does_not_make_is_refused() -> None:
    recipe = load_recipe(recipes.locate("demo"), ["structure=null"])
    with pytest.raises(ConfigurationError, match="stage encode reads structure, which the recipe doesn't have"):
        build_stages(recipe)


def test_neighbouring_stages_with_equal_resources_are_fused() -> None:
    stages = build_stages(load_recipe(recipes.locate("embedded")))
    assert [pool.stages for pool in fuse([stages[name] for name in ("cut", "quality", "people")])] == [
        ("cut", "quality", "people")
    ]


def test_a_layout_that_needs_more_than_there_is_is_told_with_numbers() -> None:
    pools = [Pool(("cut",), Resources(cpus=2)), Pool(("object",), Resources(cpus=1, gpus=1))]
    problems = layout_problems(pools, {"cpus": 2.0, "gpus": 0.0})
    assert problems == [
        "one worker for each pool needs 3 CPUs (cut 2, object 1); the cluster offers 2",
        "one worker for each pool needs 1 GPUs (cut 0, object 1); the cluster offers 0",
    ]
    assert layout_problems(pools, {"cpus": 3.0, "gpus": 1.0}) == []


def test_differences_name_each_setting_and_leave_out_what_changes_no_result() -> None:
    old = {"engine": {"workers": 1}, "cut": {"crf": 18, "side": 720}, "quality": {}}
    new = {"engine": {"workers": 9}, "cut": {"crf": 20, "side": 720}}
    assert differences(old, new) == ["cut.crf: 18 -> 20", "quality: {} -> not set"]


def test_folders_are_searched_for_videos_and_each_file_is_found_once(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("b.MP4", "a.mkv", "notes.txt"):
        (inner / name).write_bytes(b"x")
    found = [
        Path(unit.path).name for unit in find_files([str(tmp_path), str(inner / "a.mkv"), str(inner / "notes.txt")])
    ]
    assert sorted(found) == ["a.mkv", "b.MP4", "notes.txt"]


def test_a_folder_with_somebodys_files_is_never_taken_as_output(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"holds thesis\.tex"):
        Dataset(str(tmp_path)).prepare(build_recipe(MINIMAL, "mine.yaml"), reconfigure=False)


def test_a_stage_on_a_gpu_gets_a_pool_of_its_own() -> None:
    stages = build_stages(load_recipe(recipes.locate("embedded"), ["structure.device=cuda"]))
    pools = fuse([stages[name] for name in ("object", "structure", "references")])
    assert [pool.stages for pool in pools] == [("object",), ("structure",), ("references",)]
    assert [pool.resources.gpus > 0 for pool in pools] == [False, True, False]
