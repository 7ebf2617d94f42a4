"""Signals: the run ends in time with its state saved, and what it is then is what it would have been."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.train.saving.lives import ended, live
from tests.train.states import assert_equal
from tests.train.toy import ToyData, toy_config
from torch.utils.data import DataLoader

from cointeract_train.example import Batch, Example
from cointeract_train.loggers import METRICS, read_metrics
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in
from cointeract_train.run import train
from cointeract_train.saving.interruption import SIGNALS

REST = (signal.SIGINT, signal.SIGUSR2)
CONFIG = toy_config(checkpoints={"every": 100}, watch={"validate_every": 3}, optimiser={"average_decay": 0.9})


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run never stopped."""
    run = tmp_path_factory.mktemp("straight")
    train(CONFIG, run, LineProgress(), data=ToyData(CONFIG))
    return run


def _lines(run: Path) -> list[tuple[float, float | None]]:
    """The steps of all lines, with their validations' loss."""
    return [(line["step"], line.get("val/loss")) for line in read_metrics(run / METRICS)]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGUSR1, *(pytest.param(one, marks=pytest.mark.slow) for one in REST)]
)
def test_each_signal_ends_the_run_after_the_step_and_it_goes_on_as_if_never_stopped(
    number: signal.Signals, straight: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handlers = [signal.getsignal(one) for one in SIGNALS]
    data = ToyData(CONFIG)
    data.train_dataloader().before[2] = lambda: os.kill(os.getpid(), number)
    with caplog.at_level(logging.WARNING):
        result = train(CONFIG, tmp_path, LineProgress(), data=data)
    assert (result.interrupted, result.model, result.step) == (True, None, 3)
    assert f"{number.name}: stopping after this step" in caplog.text
    assert [path.name for path in checkpoints_in(tmp_path)] == ["step-00000003"]
    assert [signal.getsignal(one) for one in SIGNALS] == handlers
    # The validation of step 3 isn't waited for; it is made up for when the run goes on.
    assert _lines(tmp_path) == _lines(straight)[:3]
    assert not train(CONFIG, tmp_path, LineProgress(), data=ToyData(CONFIG), resume="auto").interrupted
    assert _lines(tmp_path) == _lines(straight)
    assert_equal(checkpoints_in(tmp_path)[-1], checkpoints_in(straight)[-1])


class _Interrupting:
    """A loader during which a signal comes."""

    def __init__(self, loader: DataLoader[Example]) -> None:
        self._loader = loader

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        os.kill(os.getpid(), signal.SIGTERM)
        yield from self._loader


def test_a_signal_within_a_validation_ends_it(straight: Path, tmp_path: Path) -> None:
    data = ToyData(CONFIG)
    held_out = _Interrupting(data.val_dataloader())
    data.val_dataloader = lambda: held_out  # type: ignore[method-assign]
    result = train(CONFIG, tmp_path, LineProgress(), data=data)
    assert (result.interrupted, result.step) == (True, 3)
    assert _lines(tmp_path) == _lines(straight)[:3]
    # The averages stood in for the weights; what is saved are the weights.
    assert train(CONFIG, tmp_path, LineProgress(), data=ToyData(CONFIG), resume="auto").step == 6
    assert _lines(tmp_path) == _lines(straight)
    assert_equal(checkpoints_in(tmp_path)[-1], checkpoints_in(straight)[-1])


def test_the_last_validation_is_made_up_for_too(straight: Path, tmp_path: Path) -> None:
    """Nothing is left to train then."""
    data = ToyData(CONFIG)
    data.train_dataloader().before[5] = lambda: os.kill(os.getpid(), signal.SIGUSR1)
    assert train(CONFIG, tmp_path, LineProgress(), data=data).interrupted
    assert len(_lines(tmp_path)) == len(_lines(straight)) - 1
    result = train(CONFIG, tmp_path, LineProgress(), data=ToyData(CONFIG), resume="auto")
    assert result.model is not None
    assert _lines(tmp_path) == _lines(straight)


def _signalled_twice(run: Path) -> None:
    data = ToyData(CONFIG)

    def twice() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)

    data.train_dataloader().before[3] = twice
    train(CONFIG, run, LineProgress(), data=data)


def test_the_second_signal_ends_the_process_at_once(tmp_path: Path) -> None:
    assert ended(live(_signalled_twice, tmp_path)) == -signal.SIGTERM
    assert checkpoints_in(tmp_path) == []
    assert [step for step, _ in _lines(tmp_path)] == [1, 2, 3, 3]
