"""What experts and the HOI stream cost in a forward pass, measured: the counterpart of the counted ratios.

Times are CPU seconds of one thread; ratios are medians of rounds in which all take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from cointeract_model.switches import Stage, Switches, paper, release
from tests.benchmarks import transformer_case
from tests.benchmarks.paired import Paired, Work, paired
from tests.model.samples import random_inputs, without_hoi

RGB_ROUNDS, HOI_ROUNDS = 9, 4
SIZE = transformer_case.LARGE
"""Where attention has the share of the arithmetic that it has at 1280x720."""


def run(_folder: Path) -> list[str]:
    """Ratios for both presets. Lines of the result."""
    torch.set_num_threads(1)
    measured = {switches: _measure(preset()) for switches, preset in (("release", release), ("paper", paper))}
    return [f"{'':<44}{'release':>9}{'paper':>9}   wanted", *_table(measured)]


@torch.no_grad()
def _measure(switches: Switches) -> tuple[Paired, Paired]:
    """Forward passes as in sampling: conditions encoded before, no router logits."""
    whole = transformer_case.model(switches, transformer_case.config(SIZE))
    plain = transformer_case.model(switches, transformer_case.config(SIZE, experts=False))
    single = transformer_case.model(switches, transformer_case.config(SIZE, hoi=False))
    both, noisy = random_inputs(transformer_case.case(SIZE), whole.config)
    rgb, rgb_noisy = without_hoi(both, noisy)
    context = whole.encode(both)
    contexts = {model: model.encode(rgb) for model in (whole, plain, single)}
    single_stream: dict[str, Work] = {
        "rgb": lambda: whole(rgb_noisy, contexts[whole]),
        "no experts": lambda: plain(rgb_noisy, contexts[plain]),
        "never hoi": lambda: single(rgb_noisy, contexts[single]),
    }
    both_streams: dict[str, Work] = {
        "no experts": single_stream["no experts"],
        "stage 1": lambda: whole(noisy, context, stage=Stage.JOINT),
        "stage 2": lambda: whole(noisy, context),
    }
    paired(single_stream | both_streams, 1)
    return paired(single_stream, RGB_ROUNDS), paired(both_streams, HOI_ROUNDS)


def _table(measured: dict[str, tuple[Paired, Paired]]) -> Iterator[str]:
    for label, streams, name, to, wanted in (
        ("experts / none", 0, "rgb", "no experts", "at most 1.04"),
        ("HOI removed / a model that never had one", 0, "rgb", "never hoi", "1.00"),
        ("stage 2 / stage 1", 1, "stage 2", "stage 1", "at most 0.85"),
        ("stage 1 / RGB without experts", 1, "stage 1", "no experts", ""),
        ("stage 2 / RGB without experts", 1, "stage 2", "no experts", ""),
    ):
        ratios = "".join(f"{times[streams].ratio(name, to):9.3f}" for times in measured.values())
        yield f"{label:<44}{ratios}   {wanted}".rstrip()
