"""What a forward pass costs in generation: operations, counted, and seconds, measured.

The HOI stream is left out where the model was trained for that (Eq. 4), and kept where every token saw every token to the end.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.flops import Workload, step_flops
from cointeract_model.grid import Grid
from cointeract_model.switches import Stage, Switches
from cointeract_model.transformer import Transformer
from cointeract_shards.constants import TARGET_LATENT_FRAMES, VAE_SPATIAL_STRIDE
from cointeract_train.batch import Draws, Stacked, stack
from cointeract_train.example import Batch

PAPER_SIZE = (832, 480)
"""Height and width at which the paper generates (section 4.1)."""

REPEATS = 9
"""Of which the median is taken. The models take turns, so that what else a machine does falls on all alike."""

LEVEL = 0.5
"""Share of the noise schedule at which a forward pass is timed; all its levels cost the same without a cutoff of routing."""


@dataclass(frozen=True, eq=False)
class Generator:
    """A trained model as it generates."""

    model: Transformer
    hoi: Stage | None
    """How the HOI stream is kept; None: it is left out."""


def counted(generator: Generator, batch: Batch) -> int:
    """Operations of a forward pass over the examples."""
    total = 0
    for example in batch:
        _, frames, height, width = example.target.shape
        presence = example.conditions.presence()
        work = Workload(
            grid=Grid(frames, height, width),
            motion=presence.motion[0],
            product=presence.product[0],
            hoi=generator.hoi,
            text_rows=example.conditions.text.lengths_or_all()[0],
        )
        total += sum(step_flops(generator.model.config, generator.model.switches, work).values())
    return total


def counted_at_papers_size(config: ModelConfig, hoi: Stage | None, switches: Switches) -> int:
    """Operations of a forward pass of Wan2.2-S2V-14B with the same parts, at 832x480 with motion and product.

    Args:
        config: whose parts are meant; experts have the paper's 256 features.
        hoi: how the HOI stream is kept; None: it is left out.
        switches: the paper's, or released.
    """
    height, width = PAPER_SIZE
    grid = Grid(TARGET_LATENT_FRAMES, height // VAE_SPATIAL_STRIDE, width // VAE_SPATIAL_STRIDE)
    large = wan_s2v_14b(hoi=config.hoi) if config.expert_size is not None else wan_s2v_14b(expert_size=None)
    return sum(step_flops(large, switches, Workload(grid, hoi=hoi)).values())


@torch.no_grad()
def measured(generators: Mapping[str, Generator], batch: Batch, repeats: int = REPEATS) -> dict[str, float]:
    """Seconds of a forward pass over the examples, by the names of `generators`: medians, the models taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in generators}
    for turn in range(repeats + 1):
        for name, generator in generators.items():
            stacked = stack(batch, hoi=generator.hoi is not None)
            took = _forward_s(generator, stacked)
            if turn:  # the first one warms caches
                seconds[name].append(took)
    return {name: statistics.median(values) for name, values in seconds.items()}


def _forward_s(generator: Generator, stacked: Stacked) -> float:
    model = generator.model
    device = next(model.parameters()).device
    inputs = Draws(model.switches).at(stacked, LEVEL, device)
    noisy = inputs.noisy if generator.hoi is not None else replace(inputs.noisy, hoi=None)
    context = model.encode(inputs.conditions)
    _wait(device)
    begun = time.perf_counter()
    model(noisy, context, stage=generator.hoi or Stage.ASYMMETRIC)
    _wait(device)
    return time.perf_counter() - begun


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
