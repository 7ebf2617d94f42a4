"""What may be wrong with what a run is given: each is one message that says what and where, before anything else is trained on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.train.data import test_catalogue as damages
from tests.train.data.samples import Kind, pack, sample_of
from tests.train.test_command import RECIPE

from cointeract.cli import main
from cointeract_train.loggers import METRICS

BAD_INPUT = 2


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of three samples in three shards, with a manifest; nothing is held out."""
    return pack(tmp_path_factory.mktemp("good"), [sample_of(f"sample-{number}") for number in range(3)], max_samples=1)


@pytest.fixture
def dataset(good: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(good, tmp_path / "dataset"))


@pytest.fixture
def train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs the command; its exit code and what it said."""

    def run(dataset: Path, *arguments: str, validate: bool = False, **groups: Any) -> tuple[int, str]:
        recipe = {**RECIPE, "watch": {"samples_every": 0, "loggers": []}, **groups}
        recipe["data"] = {**recipe["data"], **({} if validate else {"validation": {"split": None}})}
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        words = ["train", str(dataset), "--recipe", str(tmp_path / "recipe.yaml"), "--output", str(tmp_path / "run")]
        monkeypatch.setattr(sys, "argv", ["cointeract", *words, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr().err
        assert "Traceback" not in said
        return int(ended.value.code or 0), " ".join(said.split())

    return run


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damages.flip_in_the_middle, "shard train/hoi-000001.tar, member latents.block-dct-96x64"),
        (damages.cut, "hoi-000001.tar is cut short"),
        (damages.lose, "train/hoi-000001.tar of"),
        (damages.lose_with_index, "that are missing, the first hoi-000001.tar"),
        (damages.empty, "has no shards of split 'train'; its splits: none"),
        (damages.another_manifest, "manifest of version 9, this package reads version"),
        (damages.manifest_of_another_run, "manifest and shards are of different runs"),
        (shutil.rmtree, "there is no data set at"),
    ],
)
def test_a_damaged_data_set_is_refused_by_name(
    train: Callable[..., tuple[int, str]], dataset: Path, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    damage(dataset)
    code, said = train(dataset)
    assert code == BAD_INPUT
    assert told in said
    assert not (tmp_path / "run" / "model").exists()


def test_latents_of_another_codec_are_refused(train: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    dataset = pack(tmp_path / "other", [sample_of("one", Kind(key="block-dct-0"))])
    code, said = train(dataset)
    assert code == BAD_INPUT
    assert "sample one, shard train/hoi-000000.tar" in said
    assert "key 'block-dct-0', training wants 'block-dct'" in said
    assert not (tmp_path / "run" / METRICS).exists()


def test_a_bucket_without_samples_is_told_and_trained_without(
    train: Callable[..., tuple[int, str]], dataset: Path
) -> None:
    code, said = train(dataset, data={**RECIPE["data"], "buckets": ["96x64", "64x96"]})
    assert code == 0
    assert "split 'train': no sample is nearest to bucket 64x96" in said


def test_nothing_held_out_is_refused_with_the_way_to_train_without(
    train: Callable[..., tuple[int, str]], dataset: Path
) -> None:
    code, said = train(dataset, validate=True)
    assert code == BAD_INPUT
    assert "has no shards of split 'test'" in said
    assert "--set data.validation.split=null" in said
    code, _ = train(dataset, "--set", "data.validation.split=null", validate=True)
    assert code == 0


def test_a_state_of_another_configuration_or_of_changed_data_is_refused(
    train: Callable[..., tuple[int, str]], dataset: Path, tmp_path: Path
) -> None:
    assert train(dataset, "--max-steps", "2")[0] == 0
    before = (tmp_path / "run" / "config.yaml").read_text()
    code, said = train(dataset, "--resume", "auto", "--set", "optimiser.learning_rate=0.1")
    assert code == BAD_INPUT
    assert "step-00000002 is of another configuration: optimiser.learning_rate was 0.003 and is 0.1" in said
    code, said = train(dataset)
    assert code == BAD_INPUT
    assert "holds a run already: go on with it by --resume auto" in said
    assert (tmp_path / "run" / "config.yaml").read_text() == before
    pack(dataset, [sample_of(f"sample-{number}", Kind(motion=number > 0)) for number in range(3)], max_samples=1)
    code, said = train(dataset, "--resume", "auto")
    assert code == BAD_INPUT
    assert "has changed since this run was saved: the fingerprint of split 'train'" in said
