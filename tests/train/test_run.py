"""A run as a whole: both stages, what it leaves behind, and that stopping and going on changes nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.states import assert_equal, record_in, tensors_in, trained_in
from tests.train.toy import DIMENSIONS, HELD_OUT, ToyData, toy_config

from cointeract_model.checkpoints.saved import load_saved
from cointeract_model.switches import Stage
from cointeract_train.config import TrainConfig
from cointeract_train.errors import NonFiniteError, ResumeError, RunFolderError
from cointeract_train.loggers import METRICS, read_metrics
from cointeract_train.progress import LineProgress
from cointeract_train.resume import checkpoints_in
from cointeract_train.run import Result, train

TIMES = ("samples_per_s", "tokens_per_s", "tflops", "tflops_total", "data_wait", "memory_gib")


def _train(config: TrainConfig, output: Path, data: ToyData | None = None, **options: Any) -> Result:
    return train(config, output, LineProgress(), data=data or ToyData(config), **options)


def _figures(run: Path) -> list[dict[str, float]]:
    lines = read_metrics(run / METRICS)
    return [{name: value for name, value in line.items() if name not in TIMES} for line in lines]


def test_two_stages_are_one_run(tmp_path: Path) -> None:
    result = _train(toy_config(steps={"joint": 2, "asymmetric": 3}), tmp_path / "run")
    figures = _figures(tmp_path / "run")
    assert [line["stage"] for line in figures] == [1, 1, 2, 2, 2]
    rates = [line["learning_rate"] for line in figures]
    assert rates == sorted(rates, reverse=True)  # one cosine through both
    assert result.step == result.steps == 5
    assert not result.interrupted
    for name in ("loss", "loss_rgb", "loss_hoi", "loss_router", "router/accuracy", "gradient_norm", "loss"):
        assert all(name in line for line in figures), name
    assert {name for line in figures for name in line} >= {"loss_rgb/t800-999", "router/recall/hand"}


def test_the_exported_model_is_the_trained_one(tmp_path: Path) -> None:
    result = _train(toy_config(optimiser={"learning_rate": 0.01, "average_decay": 0.5}), tmp_path / "run")
    assert result.model is not None
    exported = load_saved(result.model)
    state = trained_in(checkpoints_in(tmp_path / "run")[-1])
    for name, tensor in exported.state_dict().items():
        assert torch.equal(tensor, state[f"average.values.{name.replace('.', '/')}"]), name
    assert any(not torch.equal(state[f"model.{name}"], tensor) for name, tensor in exported.state_dict().items())


@pytest.mark.parametrize(("stop", "micro_batch"), [(1, 2), (3, 4), (4, 2)])
def test_a_run_that_was_stopped_goes_on_as_if_it_never_was(tmp_path: Path, stop: int, micro_batch: int) -> None:
    config = toy_config(
        data={"micro_batch": micro_batch},
        optimiser={"average_decay": 0.9, "warmup": 2},
        watch={"log_every": 2, "validate_every": 2},
        checkpoints={"every": 3},
    )
    straight, first, second = ToyData(config), ToyData(config), ToyData(config)
    _train(config, tmp_path / "straight", straight)
    _train(config, tmp_path / "stopped", first, max_steps=stop)
    result = _train(config, tmp_path / "stopped", second, resume="auto")
    assert result.step == 6
    assert first.given + second.given == straight.given
    assert _figures(tmp_path / "stopped") == _figures(tmp_path / "straight")
    assert_equal(*(checkpoints_in(tmp_path / run)[-1] for run in ("straight", "stopped")))


def test_a_signal_stops_after_the_step_with_the_state_saved(tmp_path: Path) -> None:
    config = toy_config(checkpoints={"every": 100})
    data = ToyData(config)
    data.train_dataloader().before[2] = lambda: os.kill(os.getpid(), signal.SIGINT)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    result = _train(config, tmp_path / "run", data)
    assert result.interrupted
    assert result.model is None
    assert [path.name for path in checkpoints_in(tmp_path / "run")] == ["step-00000003"]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert _train(config, tmp_path / "run", resume="auto").step == 6


def test_only_the_newest_states_are_kept(tmp_path: Path) -> None:
    _train(toy_config(checkpoints={"every": 1, "keep": 2}), tmp_path / "run")
    assert [path.name for path in checkpoints_in(tmp_path / "run")] == ["step-00000005", "step-00000006"]


def test_samples_are_written_where_asked(tmp_path: Path) -> None:
    config = toy_config(
        steps={"joint": 1, "asymmetric": 1},
        watch={"samples_every": 2, "samples": 2, "sample_steps": 2, "loggers": ["tensorboard"]},
    )
    _train(config, tmp_path / "run")
    written = sorted(path.name for path in (tmp_path / "run" / "samples" / "step-00000002").iterdir())
    assert written == ["sample-6.mp4", "sample-6.png", "sample-7.mp4", "sample-7.png"]
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_validation_sees_fixed_noise_and_every_held_out_example(tmp_path: Path) -> None:
    frozen = toy_config(optimiser={"learning_rate": 1e-12}, watch={"validate_every": 1}, steps={"joint": 3})
    _train(frozen, tmp_path / "run", max_steps=3)
    losses = [line["val/loss_rgb"] for line in _figures(tmp_path / "run") if "val/loss_rgb" in line]
    assert len(losses) == 3
    assert max(losses) - min(losses) < 1e-6
    assert HELD_OUT == 2


def _poison(data: ToyData, config: TrainConfig, step: int) -> str:
    """Make an example of a step NaN; its key."""
    batch = data.batches[(step - 1) * config.data.accumulation(1)]
    batch[1] = replace(batch[1], target=batch[1].target * float("nan"))
    return batch[1].key


@pytest.mark.parametrize(("step", "micro_batch"), [(3, 4), (3, 2), (1, 4)])
def test_a_loss_that_is_not_finite_stops_the_run_with_names_and_a_good_state(
    tmp_path: Path, step: int, micro_batch: int
) -> None:
    config = toy_config(data={"micro_batch": micro_batch}, watch={"log_every": 2})
    data = ToyData(config)
    bad = _poison(data, config, step)
    with pytest.raises(NonFiniteError, match=rf"step {step}: the loss isn't finite for sample-\d\.") as caught:
        _train(config, tmp_path / "run", data)
    state = next((tmp_path / "run" / "checkpoints").glob("non-finite-step-*"))
    assert str(state) in str(caught.value)
    assert bad in str(caught.value)
    assert record_in(state)["step"] == step - 1
    assert all(tensor.isfinite().all() for tensor in tensors_in(state).values())
    # With the samples mended, going on from there is what the run would have been.
    _train(config, tmp_path / "run", ToyData(config), resume=str(state))
    _train(config, tmp_path / "straight", ToyData(config))
    assert _figures(tmp_path / "run") == _figures(tmp_path / "straight")


def test_a_folder_with_a_run_is_not_overwritten(tmp_path: Path) -> None:
    _train(toy_config(), tmp_path / "run", max_steps=2)
    with pytest.raises(RunFolderError, match="--resume auto"):
        _train(toy_config(), tmp_path / "run")


def test_a_state_of_another_configuration_is_refused(tmp_path: Path) -> None:
    _train(toy_config(), tmp_path / "run", max_steps=2)
    with pytest.raises(ResumeError, match=r"optimiser.learning_rate was 0.01 and is 0.02"):
        _train(toy_config(optimiser={"learning_rate": 0.02}), tmp_path / "run", resume="auto")
    # What is watched changes nothing that is computed.
    assert _train(toy_config(watch={"log_every": 3}), tmp_path / "run", resume="auto").step == 6


def test_a_state_without_the_datas_position_is_refused(tmp_path: Path) -> None:
    class OtherData(ToyData):
        """A state is of a data module's class."""

    _train(toy_config(), tmp_path / "run", max_steps=2)
    with pytest.raises(ResumeError, match=r"position in the data of .*OtherData"):
        _train(toy_config(), tmp_path / "run", OtherData(toy_config()), resume="auto")


def test_the_stage_follows_the_step() -> None:
    steps = toy_config(steps={"joint": 2, "asymmetric": 1}).steps
    assert [steps.stage(step) for step in range(4)] == [Stage.JOINT] * 2 + [Stage.ASYMMETRIC] * 2
    assert toy_config(steps={"joint": 2, "asymmetric": 0}).steps.stage(2) is Stage.JOINT


def test_bfloat16_trains_with_weights_in_float32(tmp_path: Path) -> None:
    config = toy_config(steps={"joint": 1, "asymmetric": 1}, hardware={"precision": "bfloat16"})
    _train(config, tmp_path / "run")
    state = trained_in(checkpoints_in(tmp_path / "run")[-1])
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}


def test_a_short_run_learns_both_streams(tmp_path: Path) -> None:
    dimensions = {**DIMENSIONS.model_dump(), "hidden_size": 64, "heads": 4, "feed_forward_size": 128}
    config = toy_config(
        model={"dimensions": dimensions},
        steps={"joint": 60, "asymmetric": 20},
        optimiser={"learning_rate": 0.01, "warmup": 5, "beta2": 0.98},
        watch={"log_every": 20},
        checkpoints={"every": 1000},
    )
    _train(config, tmp_path / "run")
    first, *_, last = _figures(tmp_path / "run")
    assert last["loss_rgb"] < first["loss_rgb"] / 2
    assert last["loss_hoi"] < first["loss_hoi"] / 2
    assert last["loss_router"] < first["loss_router"]
