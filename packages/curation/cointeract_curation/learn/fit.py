"""Fitting of the network of the stage `object` to examples."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its name everywhere
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from cointeract_curation.learn.augment import augment, learned_colours
from cointeract_curation.learn.examples import STEP, Examples, load_examples
from cointeract_curation.stages.object.features import CHANNELS
from cointeract_curation.stages.object.network import HandledObjectNet, read_network

Report = Callable[[str], None]
SMOOTH = 200.0
"""Pixels added to both parts of the soft Dice ratio (Milletari et al., 2016), so that an empty mask is a fair aim."""


class FitConfig(BaseModel):
    """How the network is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    steps: int = Field(default=6600, ge=1)
    batch: int = Field(default=8, ge=1)
    rate: float = Field(default=3e-3, gt=0)
    """Highest learning rate of AdamW; a cosine leads to and from it."""
    decay: float = 0.01
    average: float = 0.998
    """Of the moving average of the weights, which is what is kept."""
    start: Path | None = None
    """Weights to go on from."""
    report_every: int = 100
    save_every: int = 500


@dataclass(frozen=True)
class Batch:
    """B frames."""

    maps: torch.Tensor
    """(B, channels, h, w)"""
    masks: torch.Tensor
    """(B, h, w)"""


def fit_network(folders: list[Path], config: FitConfig, out: Path, report: Report) -> None:
    """Fit to the examples of all folders and write the averaged weights to ``out``."""
    torch.manual_seed(config.seed)
    network = HandledObjectNet() if config.start is None else read_network(config.start)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's overloads leave this one out
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=config.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.rate, config.steps, pct_start=0.1)
    started, losses = time.monotonic(), []
    for step, batch in enumerate(_batches(folders, config), 1):
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(batch.maps.contiguous(memory_format=torch.channels_last))
        loss = mask_loss(logits.float(), batch.masks)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        _average(averaged, network, min(config.average, step / (step + 10)))
        losses.append(float(loss.detach()))
        if step % config.report_every == 0:
            loss_now, seconds = np.mean(losses[-config.report_every :]), time.monotonic() - started
            report(f"{step} of {config.steps}: loss {loss_now:.4f}, {seconds:.0f} s")
        if step % config.save_every == 0 or step == config.steps:
            save_network(averaged, out)


def mask_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross entropy plus one minus soft Dice, of logits and masks (B, h, w), each frame counting the same."""
    said = torch.sigmoid(logits)
    cross = F.binary_cross_entropy_with_logits(logits, masks, reduction="none").mean(dim=(1, 2))
    both, either = (said * masks).sum(dim=(1, 2)), (said + masks).sum(dim=(1, 2))
    area = masks.mean(dim=(1, 2))
    # A thing of a hundredth of the picture must weigh about as much as a coat.
    scaled = cross / (area + 0.02).sqrt()
    return (scaled + 1 - (2 * both + SMOOTH) / (either + SMOOTH)).mean()


def save_network(network: HandledObjectNet, out: Path) -> None:
    """Write weights in half precision, under their final name only when whole."""
    from safetensors.torch import save_file

    stored = {
        name: value.half().contiguous() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    unfinished = out.with_suffix(".part")
    save_file(stored, str(unfinished))
    unfinished.replace(out)


def _average(averaged: HandledObjectNet, network: HandledObjectNet, keep: float) -> None:
    with torch.no_grad():
        for mean, value in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)


def _batches(folders: list[Path], config: FitConfig) -> Iterator[Batch]:
    """Batches of frames drawn evenly from all shots, made one ahead."""
    sources = [load_examples(folder) for folder in folders]
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(_batch, sources, config, 0)
        for step in range(1, config.steps + 1):
            batch = ahead.result()
            if step < config.steps:
                ahead = pool.submit(_batch, sources, config, step)
            yield batch


def _batch(sources: list[Examples], config: FitConfig, step: int) -> Batch:
    rng = np.random.default_rng([config.seed, step])
    sizes = np.cumsum([len(source.kinds) for source in sources])
    chosen = [_example(sources, sizes, rng) for _ in range(config.batch)]
    maps, masks = (np.stack(values) for values in zip(*chosen, strict=True))
    return Batch(torch.from_numpy(maps), torch.from_numpy(masks.astype(np.float32)))


def _example(
    sources: list[Examples], sizes: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    shot = int(rng.integers(sizes[-1]))
    which = int(np.searchsorted(sizes, shot, side="right"))
    source, shot = sources[which], shot - int(sizes[which - 1] if which else 0)
    frame = int(rng.integers(source.masks.shape[1]))
    maps = source.maps[shot, frame].astype(np.float32) / STEP
    mask = np.array(source.masks[shot, frame])
    maps[CHANNELS.index("own")] = learned_colours(source.bins[shot], source.masks[shot], frame, rng)
    augment(maps, mask, rng)
    return maps, mask
