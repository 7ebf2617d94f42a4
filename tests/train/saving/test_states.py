"""A state's folder: what is in it, that damage to it is found, and which state is gone on from."""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.saving.lives import ended, live
from tests.train.states import assert_equal, record_in, tensors_in
from tests.train.toy import DIMENSIONS, ToyData, toy_config

from cointeract_train.errors import DamagedStateError, ResumeError, SaveError
from cointeract_train.export import export_model
from cointeract_train.module import TrainingModule
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in, chosen_checkpoint
from cointeract_train.run import Result, train
from cointeract_train.saving.manifest import check_whole
from cointeract_train.saving.record import Record
from cointeract_train.saving.tensors import read_tensors, tensors_of
from cointeract_train.trainable import build_model

LITTLE_ROOM = 1 << 16
CONFIG = toy_config(checkpoints={"every": 1}, optimiser={"average_decay": 0.9})


def _train(output: Path, config: Any = CONFIG, **options: Any) -> Result:
    return train(config, output, LineProgress(), data=ToyData(config), **options)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps, each with its state."""
    run = tmp_path_factory.mktemp("saved")
    _train(run, max_steps=2)
    return run


@pytest.fixture
def run(saved: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(saved, tmp_path / "run"))


def test_a_state_holds_tensors_by_name_and_one_small_file_beside_them(saved: Path) -> None:
    state = checkpoints_in(saved)[-1]
    assert {path.name for path in state.iterdir()} == {"manifest.json", "run.json", "tensors"}
    model = build_model(CONFIG)
    names = {name for name, _ in model.named_parameters()}
    of_optimiser = {f"optimiser.model.{name}.{what}" for name in names for what in ("step", "exp_avg", "exp_avg_sq")}
    averages = {f"module.average.values.{name.replace('.', '/')}" for name in names}
    assert tensors_in(state).keys() == {f"module.model.{name}" for name in names} | averages | of_optimiser
    record = record_in(state)
    assert record["step"] == 2
    assert record["data"] == {"position": 8}
    assert record["settings"]["optimiser.learning_rate"] == 0.01


def flip(state: Path) -> None:
    file = next((state / "tensors").glob("*.distcp"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(state: Path) -> None:
    file = next((state / "tensors").glob("*.distcp"))
    file.write_bytes(file.read_bytes()[:-100])


def lose(state: Path) -> None:
    next((state / "tensors").glob("*.distcp")).unlink()


def never_finish(state: Path) -> None:
    (state / "manifest.json").unlink()


def cut_manifest(state: Path) -> None:
    (state / "manifest.json").write_text((state / "manifest.json").read_text()[:100])


def of_the_future(state: Path) -> None:
    path = state / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 9}))


DAMAGES = [
    (flip, r"is damaged: the SHA-256 of tensors/__0_0\.distcp is"),
    (cut, r"isn't whole: tensors/__0_0\.distcp has \d+ of \d+ bytes"),
    (lose, r"isn't whole: tensors/__0_0\.distcp is missing"),
    (never_finish, r"isn't a whole saved state: it has no manifest\.json"),
    (cut_manifest, r"manifest\.json can't be read"),
    (of_the_future, r"is of version 9, this package reads 1"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGES)
def test_damage_is_an_error_where_the_state_is_named_and_passed_over_where_it_is_not(
    run: Path, damage: Callable[[Path], None], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, newest = checkpoints_in(run)
    check_whole(newest)
    damage(newest)
    with pytest.raises(DamagedStateError, match=rf"step-00000002.*{told}"):
        chosen_checkpoint(run, str(newest))
    with caplog.at_level(logging.WARNING):
        assert chosen_checkpoint(run, "auto") == before
    assert "passed over" in caplog.text
    assert "step-00000002" in caplog.text
    damage(before)
    with pytest.raises(ResumeError, match="none of the 2 states"):
        chosen_checkpoint(run, "auto")


def test_a_run_goes_on_before_a_damaged_state_and_replaces_it(run: Path, saved: Path) -> None:
    flip(checkpoints_in(run)[-1])
    assert _train(run, resume="auto", max_steps=2).step == 2
    assert [path.name for path in checkpoints_in(run)] == ["step-00000001", "step-00000002"]
    assert_equal(checkpoints_in(run)[-1], checkpoints_in(saved)[-1])


def test_a_damaged_state_is_not_kept_in_place_of_a_whole_one(run: Path) -> None:
    flip(checkpoints_in(run)[-1])
    config = toy_config(checkpoints={"every": 3, "keep": 2}, optimiser={"average_decay": 0.9})
    assert _train(run, config, resume="auto", max_steps=3).step == 3
    assert [path.name for path in checkpoints_in(run)] == ["step-00000001", "step-00000003"]


def test_going_on_from_an_earlier_state_replaces_the_later_ones(run: Path) -> None:
    earlier = checkpoints_in(run)[0]
    config = toy_config(checkpoints={"every": 5, "keep": 1}, optimiser={"average_decay": 0.9})
    shutil.copytree(checkpoints_in(run)[1], run / "checkpoints" / "step-00000006")
    assert _train(run, config, resume=str(earlier), max_steps=5).step == 5
    assert [path.name for path in checkpoints_in(run)] == ["step-00000005"]


def test_what_a_killed_run_left_half_written_is_removed_and_said(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    left = run / "checkpoints" / ".step-00000003.0123.tmp"
    shutil.copytree(checkpoints_in(run)[-1], left)
    with caplog.at_level(logging.INFO):
        assert _train(run, resume="auto", max_steps=3).step == 3
    assert not left.exists()
    assert f"removed {left.name}" in caplog.text


def test_a_path_that_is_no_state_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "some.ckpt").write_bytes(b"of another trainer")
    for path in (run, tmp_path / "some.ckpt"):
        with pytest.raises(ResumeError, match=rf"{path.name} isn't a whole saved state|can't be read"):
            chosen_checkpoint(run, str(path))
    with pytest.raises(ResumeError, match="no such checkpoint"):
        chosen_checkpoint(run, str(tmp_path / "nothing"))
    with pytest.raises(ResumeError, match="has no saved state"):
        export_model(tmp_path, tmp_path / "model")


def test_a_state_of_other_tensors_is_refused(saved: Path) -> None:
    """Such as that of a base of other dimensions, which the settings only name."""
    folder = checkpoints_in(saved)[-1] / "tensors"
    wider = toy_config(
        model={"dimensions": {**DIMENSIONS.model_dump(), "feed_forward_size": 40}}, optimiser={"average_decay": 0.9}
    )
    module = TrainingModule(build_model(wider), wider)
    with pytest.raises(
        ResumeError, match=r"the first is module\.average\S+: \(\d.*\) in .*step-00000002, \(\d.*\) in the"
    ):
        read_tensors(tensors_of(module, None), folder, all_of_it=False)
    fewer = toy_config()
    module = TrainingModule(build_model(fewer), fewer)
    with pytest.raises(ResumeError, match=r"the first is module\.average\S+: \(.*\) in .*, none in the model"):
        read_tensors(tensors_of(module, None), folder)


def test_sums_of_a_window_go_on_with_other_processes_as_with_the_same() -> None:
    record = Record(step=1, settings={}, data_module="", data={}, schedule={}, window=[[1.0, 2.0], [3.0, 4.0]])
    assert [record.window_of(rank, 2, 1) for rank in range(2)] == [[1.0, 2.0], [3.0, 4.0]]
    assert [record.window_of(rank, 3, 1) for rank in range(3)] == [[4.0, 6.0], [0.0, 0.0], [0.0, 0.0]]
    # Two processes that share a sample count it twice.
    assert record.window_of(0, 2, 2) == [8.0, 12.0]


@pytest.mark.parametrize("moment", [1, 5])
def test_a_full_disk_ends_the_run_and_leaves_the_states_before(
    run: Path, saved: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Whichever of the files of a state doesn't fit any more."""
    flush, calls = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > moment:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    def fill(data: ToyData) -> None:
        monkeypatch.setattr(os, "fsync", full)

    data = ToyData(CONFIG)
    data.train_dataloader().before[2] = lambda: fill(data)
    with pytest.raises(SaveError, match=r"after step 3 .*No space left.*step-00000002 is the newest.*--resume auto"):
        train(CONFIG, run, LineProgress(), data=data, resume="auto")
    monkeypatch.setattr(os, "fsync", flush)
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-00000001", "step-00000002"]
    assert_equal(checkpoints_in(run)[-1], checkpoints_in(saved)[-1])
    assert _train(run, resume="auto").step == 6


def test_new_states_are_those_of_a_run_never_stopped_for_moments_of_any_kind(tmp_path: Path) -> None:
    """Weights whose gradient was zero have moments too."""
    config = toy_config(steps={"joint": 2, "asymmetric": 0}, optimiser={"weight_decay": 0.5})
    _train(tmp_path / "straight", config)
    _train(tmp_path / "stopped", config, max_steps=1)
    _train(tmp_path / "stopped", config, resume="auto")
    assert_equal(*(checkpoints_in(tmp_path / name)[-1] for name in ("straight", "stopped")))
    assert torch.equal(
        tensors_in(checkpoints_in(tmp_path / "straight")[-1])["optimiser.model.head.modulation.step"], torch.tensor(2.0)
    )


def _with_little_room(run: Path) -> None:
    """Files can't become larger than lines of figures are."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE_ROOM, LITTLE_ROOM))
    try:
        _train(run, resume="auto")
    except SaveError as error:
        (run / "error.txt").write_text(str(error))
        sys.exit(2)


def test_a_file_that_the_system_refuses_to_let_grow_ends_the_run_too(run: Path, saved: Path) -> None:
    assert ended(live(_with_little_room, run)) == 2
    assert "as it does on a full disk" in (run / "error.txt").read_text()
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["step-00000001", "step-00000002"]
    assert_equal(checkpoints_in(run)[-1], checkpoints_in(saved)[-1])
