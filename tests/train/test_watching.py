"""What one sees of a run: figures, progress, throughput."""

from __future__ import annotations

import json
import logging
import math
import time
from pathlib import Path

import pytest
import torch
from tests.train.toy import DIMENSIONS, FRAMES, SIDE, toy_example

from cointeract_model.flops import BACKWARD, Workload, encode_flops, step_flops
from cointeract_model.grid import Grid
from cointeract_model.switches import Stage, paper
from cointeract_train.batch import Draws, stack
from cointeract_train.figures import Figures, figures_of
from cointeract_train.loggers import JsonLinesLogger, read_metrics
from cointeract_train.losses import Losses
from cointeract_train.progress import BarProgress, LineProgress, Progress
from cointeract_train.throughput import Throughput, Work, rates_of, work_of

CPU = torch.device("cpu")


def _losses(rgb: list[float], hoi: list[float], routed: list[list[float]]) -> Losses:
    return Losses(torch.tensor(3.0), torch.tensor(rgb), torch.tensor(hoi), torch.tensor(0.5), torch.tensor(routed))


def test_figures_are_means_over_samples_and_shares_of_tokens() -> None:
    figures = Figures(CPU)
    routed = [[6.0, 2.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 0.0]]
    figures.add(_losses([1.0, 3.0], [2.0, 0.0], routed), torch.tensor([100.0, 1000.0]), (True, False))
    figures.add(_losses([5.0], [4.0], routed), torch.tensor([950.0]), (True,))
    figures.add_gradient(torch.tensor(0.5))
    figures.add_gradient(torch.tensor(1.5))
    named = figures_of(figures.sums.tolist())
    assert named["loss_rgb"] == pytest.approx(3.0)
    assert named["loss_rgb/t0-199"] == pytest.approx(1.0)
    assert named["loss_rgb/t800-999"] == pytest.approx(4.0)
    assert "loss_rgb/t200-399" not in named  # nothing was seen of it
    assert named["loss_hoi"] == pytest.approx(3.0)  # of the two samples that have the stream
    assert named["loss_hoi/t800-999"] == pytest.approx(4.0)
    assert named["router/recall/base"] == pytest.approx(0.75)
    assert named["router/recall/hand"] == pytest.approx(0.75)
    assert named["router/precision/hand"] == pytest.approx(0.6)
    assert "router/recall/head" not in named
    assert named["router/accuracy"] == pytest.approx(0.75)
    assert named["gradient_norm"] == pytest.approx(1.0)
    assert not any(math.isnan(value) for value in named.values())


def test_work_is_what_the_model_counts_for_each_sample() -> None:
    inputs = Draws(paper()).random(stack([toy_example(0), toy_example(1), toy_example(3)], hoi=True), CPU)
    work = work_of(inputs, DIMENSIONS, paper(), Stage.ASYMMETRIC)
    expected, tokens = 0, 0
    for number, (motion, hoi) in {0: (False, True), 1: (True, True), 3: (False, False)}.items():
        one = Workload(
            Grid(FRAMES, SIDE, SIDE), motion=motion, hoi=Stage.ASYMMETRIC if hoi else None, text_rows=3 + number % 2
        )
        expected += sum(step_flops(DIMENSIONS, paper(), one).values()) + sum(encode_flops(DIMENSIONS, one).values())
        tokens += one.rgb_tokens + one.hoi_tokens
    assert work == Work(3, tokens, float(BACKWARD * expected))


def test_throughput_leaves_pauses_out_and_states_utilisation_where_a_peak_is_given() -> None:
    throughput = Throughput()
    throughput.begin()
    throughput.add(Work(samples=10, tokens=100, flops=1e12))
    throughput.wait(0.02)
    time.sleep(0.05)
    with throughput.paused():
        time.sleep(0.2)
    sums = throughput.sums()
    rates = rates_of([2 * part for part in sums], processes=2, peak_tflops=2.0)
    assert 0.05 <= 20 / rates["samples_per_s"] < 0.2
    assert rates["tokens_per_s"] == pytest.approx(10 * rates["samples_per_s"])
    assert rates["mfu"] == pytest.approx(rates["tflops"] / 2)
    assert 0.1 < rates["data_wait"] <= 0.4
    assert rates["tflops_total"] == pytest.approx(2 * rates["tflops"])
    assert "mfu" not in rates_of(sums, 1, None)


def test_processes_that_share_samples_count_them_once() -> None:
    alone, sharing = Throughput(), Throughput(sharing=2)
    for throughput in (alone, sharing):
        throughput.add(Work(samples=2, tokens=10, flops=1e6))
    assert [2 * part for part in sharing.sums()[:3]] == alone.sums()[:3]


def test_metrics_of_steps_that_are_made_anew_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    logger = JsonLinesLogger(path, 0)
    for step in (1, 2, 3):
        logger.log_metrics({"loss": 1.0 * step}, step)
    with path.open("a") as file:
        file.write('{"step": 4, "lo')  # a crash
    assert [line["step"] for line in read_metrics(path)] == [1, 2, 3]
    JsonLinesLogger(path, 2).log_metrics({"loss": 9.0}, 3)
    assert [json.loads(line)["loss"] for line in path.read_text().splitlines()] == [1.0, 2.0, 9.0]


def _shown(progress: Progress) -> None:
    progress.begin(2, 4)
    progress.advance(3)
    progress.figures(3, {"loss_rgb": 0.5, "samples_per_s": 2.0, "router/recall/head": 0.75})
    progress.figures(4, {"val/loss_rgb": 0.25})
    progress.end()


def test_progress_away_from_a_terminal_is_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _shown(LineProgress())
    assert caplog.messages == [
        "step 2 of 4",
        "step 3 of 4: rgb 0.5000, head 0.75, 2.00/s",
        "step 4 of 4: held-out rgb 0.2500",
    ]


def test_progress_on_a_terminal_is_a_bar_with_the_last_figures(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(BarProgress())
    shown = capsys.readouterr().err
    assert "3/4" in shown
    assert "step 4: held-out rgb 0.2500" in shown
