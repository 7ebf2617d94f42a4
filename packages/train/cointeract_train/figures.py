"""Sums over the steps of a logging window, which stay on the device, and the figures that they give."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cointeract_model.flow.schedule import TIMESTEPS
from cointeract_model.router import CLASSES
from cointeract_train.losses import Losses

BINS = 5
"""Ranges of timesteps whose losses are told apart."""

_CONFUSION = len(CLASSES) ** 2


class Figures:
    """Adds up losses and routing. One vector: it is summed over processes, fetched and saved at once.

    Args:
        device: where the sums lie.
    """

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(_LENGTH, device=device, dtype=torch.float64)

    @torch.no_grad()
    def add(self, losses: Losses, timesteps: Tensor, hoi_present: tuple[bool, ...]) -> None:
        """Take a pass over B samples.

        Args:
            losses: of the pass.
            timesteps: (B,), on the CPU.
            hoi_present: B flags.
        """
        device = self.sums.device
        bins = (timesteps * BINS / TIMESTEPS).long().clamp(max=BINS - 1)
        of_bins = torch.zeros(len(bins), BINS).scatter_(1, bins[:, None], 1.0)
        present = torch.tensor(hoi_present, dtype=torch.float32)
        counts = torch.cat([torch.tensor([float(len(bins))]), of_bins.sum(0), (of_bins * present[:, None]).sum(0)])
        placed = of_bins.to(device, non_blocking=True)
        self.sums += torch.cat(
            [
                counts.to(device, non_blocking=True),
                placed.T @ losses.rgb,
                placed.T @ losses.hoi,
                torch.stack([losses.total.detach(), losses.router]) * len(bins),
                losses.routed.flatten(),
                torch.zeros(2, device=device),
            ]
        )

    @torch.no_grad()
    def add_gradient(self, norm: Tensor) -> None:
        """Take the gradient's norm of a step, before it was cut."""
        self.sums[-2] += norm
        self.sums[-1] += 1


def figures_of(sums: list[float]) -> dict[str, float]:
    """What the sums of a window mean.

    Args:
        sums: of `Figures`, added up over processes.

    Returns:
        `loss`, `loss_rgb`, `loss_hoi`, `loss_router`; `loss_rgb/t0-199` and so on; `router/accuracy`, `router/recall/hand`
        and so on; `gradient_norm`. What nothing was seen of is left out.
    """
    values = iter(sums)

    def take(count: int) -> list[float]:
        return [next(values) for _ in range(count)]

    (samples,) = take(1)
    counts = {"rgb": take(BINS), "hoi": take(BINS)}
    totals = {"rgb": take(BINS), "hoi": take(BINS)}
    loss, router = take(2)
    confusion, (norm, steps) = take(_CONFUSION), take(2)
    named = {"loss": _share(loss, samples)}
    for stream, sums_of_bins in totals.items():
        named[f"loss_{stream}"] = _share(sum(sums_of_bins), sum(counts[stream]))
        for number, (total, count) in enumerate(zip(sums_of_bins, counts[stream], strict=True)):
            named[f"loss_{stream}/{_bin_name(number)}"] = _share(total, count)
    if sum(confusion):
        named["loss_router"] = _share(router, samples)
        named |= _routing(confusion)
    named["gradient_norm"] = _share(norm, steps)
    return {name: value for name, value in named.items() if not math.isnan(value)}


def _routing(confusion: list[float]) -> dict[str, float]:
    rows = [confusion[start : start + len(CLASSES)] for start in range(0, _CONFUSION, len(CLASSES))]
    right = sum(row[number] for number, row in enumerate(rows))
    named = {"router/accuracy": _share(right, sum(confusion))}
    for number, name in enumerate(CLASSES):
        named[f"router/recall/{name}"] = _share(rows[number][number], sum(rows[number]))
        named[f"router/precision/{name}"] = _share(rows[number][number], sum(row[number] for row in rows))
    return named


def _bin_name(number: int) -> str:
    width = TIMESTEPS // BINS
    return f"t{number * width}-{(number + 1) * width - 1}"


def _share(total: float, count: float) -> float:
    return total / count if count else math.nan


_LENGTH = 1 + 2 * BINS + 2 * BINS + 2 + _CONFUSION + 2
