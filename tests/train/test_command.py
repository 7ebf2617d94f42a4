"""`cointeract train` over real shards, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.train.data.samples import pack_with_held_out
from tests.train.toy import DIMENSIONS
from typer.testing import CliRunner

from cointeract.cli import app
from cointeract_model.checkpoints.saved import load_saved
from cointeract_train.loggers import METRICS, read_metrics

RECIPE: dict[str, Any] = {
    "name": "small",
    "model": {
        "dimensions": {**DIMENSIONS.model_dump(), "text_size": 16, "audio_size": 8},
        "switches": {"hoi_prompt": "template_and_prompt"},
    },
    "data": {
        "buckets": ["96x64"],
        "codecs": {"text": {"name": "hashed-text", "dim": 16}, "audio": {"name": "log-mel", "layers": 2, "bands": 8}},
        "global_batch": 2,
        "micro_batch": 2,
        "workers": 0,
        "on_the_fly": "never",
    },
    "steps": {"joint": 2, "asymmetric": 2},
    "optimiser": {"learning_rate": 0.003},
    "watch": {
        "log_every": 1,
        "validate_every": 2,
        "validation_levels": 2,
        "samples_every": 4,
        "samples": 1,
        "sample_steps": 2,
    },
    "checkpoints": {"every": 2},
    "hardware": {"device": "cpu"},
}


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three training samples, of which one begins a shot, and a held-out one."""
    return pack_with_held_out(tmp_path_factory.mktemp("encoded"), 3)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    return path


def _run(*arguments: str | Path, expect: int = 0) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == expect, result.output
    return result.stdout if expect == 0 else result.output


def _losses(run: Path) -> list[dict[str, float]]:
    return [
        {name: value for name, value in line.items() if "loss" in name or "recall" in name}
        for line in read_metrics(run / METRICS)
    ]


def test_training_on_shards_stops_goes_on_and_ends_as_if_it_never_stopped(
    encoded: Path, recipe: Path, tmp_path: Path
) -> None:
    command = ("train", encoded, "--recipe", recipe, "--json", "--output")
    straight = json.loads(_run(*command, tmp_path / "straight"))
    assert straight["step"] == straight["steps"] == 4
    load_saved(Path(straight["model"]))
    assert {path.suffix for path in (tmp_path / "straight" / "samples" / "step-00000004").iterdir()} == {".png", ".mp4"}
    settings = yaml.safe_load((tmp_path / "straight" / "config.yaml").read_text())
    assert settings["data"]["root"] == str(encoded)
    assert settings["optimiser"]["beta2"] == 0.999

    stopped = json.loads(_run(*command, tmp_path / "stopped", "--max-steps", "3"))
    assert (stopped["step"], stopped["steps"]) == (3, 4)
    resumed = json.loads(_run(*command, tmp_path / "stopped", "--resume", "auto"))
    assert resumed["step"] == 4
    assert _losses(tmp_path / "stopped") == _losses(tmp_path / "straight")

    exported = json.loads(_run("export-model", tmp_path / "stopped", "--output", tmp_path / "model", "--json"))
    assert exported["state"].endswith("step-00000004")
    _run("export-model", tmp_path / "stopped", "--output", tmp_path / "model", expect=2)


def test_help_shows_an_example() -> None:
    assert "cointeract train dataset --recipe tiny --output run" in " ".join(_run("train", "--help").split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "optimiser.learning_rat=1"], "did you mean learning_rate?"),
        (["--recipe", "tinny"], "no recipe at"),
        (["--resume", "nothing.ckpt"], "no such checkpoint"),
        (["--set", "data.global_batch=3"], "can't be dealt to"),
        (["--set", "data.codecs.latents={name: wan-vae, path: nowhere}"], "nowhere"),
        (["--set", "data.buckets=[128x64]"], "on_the_fly"),
        (["--set", "watch.loggers=[wandb]"], "wandb"),
        (["--set", "model={start: nowhere}"], "nowhere"),
        (["--set", "model.dimensions.text_size=20"], "text"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_2(
    encoded: Path, recipe: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    if "watch.loggers=[wandb]" in arguments and _installed("wandb"):
        pytest.skip("wandb is installed here")
    answer = _run("train", encoded, "--recipe", recipe, "--output", tmp_path / "run", *arguments, expect=2)
    assert message in answer.replace("\n", " ")
    assert "Traceback" not in answer


def test_no_data_set_is_said(recipe: Path, tmp_path: Path) -> None:
    answer = _run("train", tmp_path / "nowhere", "--recipe", recipe, "--output", tmp_path / "run", expect=2)
    assert "no data set at" in answer.replace("\n", " ")


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
