"""`python -m cointeract_model.summary`: parameters by part, and operations by part and resolution.

Operations are counted, not measured; `cointeract_model.flops` derives them: both products of attention, 12 S h for each
token and layer with the backward pass, no recomputation.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from cointeract_model.config import ModelConfig, tiny, wan_s2v_14b
from cointeract_model.flops import BACKWARD, Workload, encode_flops, step_flops
from cointeract_model.grid import Grid
from cointeract_model.switches import Stage, Switches, paper, release
from cointeract_model.transformer import Transformer
from cointeract_shards.constants import TARGET_LATENT_FRAMES, VAE_SPATIAL_STRIDE

CONFIGS: dict[str, Callable[[], ModelConfig]] = {"wan-s2v-14b": wan_s2v_14b, "tiny": tiny}
PRESETS: dict[str, Callable[[], Switches]] = {"paper": paper, "release": release}
RESOLUTIONS = ((832, 480), (1280, 720))
TERA = 1e12

_BLOCK_PARTS = {
    "self_attention": "self-attention",
    "cross_attention": "cross-attention",
    "cross_norm": "cross-attention",
    "feed_forward.shared": "feed-forward (shared expert)",
    "feed_forward.router": "router",
    "feed_forward.experts": "experts",
    "modulation": "modulation",
}
_PARTS = {
    "audio_injections": "audio injection",
    "audio_encoder": "audio encoder",
    "timestep_embedding": "timestep embedding",
    "text_embedding": "text embedding",
    "motion_packer": "motion packer",
}
_HOI, _OTHER = "HOI stream", "patch, pose and type embeddings, head"


def build_on_meta(config: ModelConfig, switches: Switches) -> Transformer:
    """A model without memory for its weights."""
    with torch.device("meta"):
        return Transformer(config, switches)


def parameters_by_part(model: nn.Module) -> dict[str, int]:
    """Parameters of each part of a transformer; they add up to all of them."""
    counted: dict[str, int] = defaultdict(int)
    for name, parameter in model.named_parameters():
        counted[_part_of(name)] += parameter.numel()
    return dict(counted)


def flops_table(config: ModelConfig, switches: Switches, grid: Grid) -> dict[str, dict[str, int]]:
    """Operations of one sample with motion and product, by way of computing it and by part."""
    plain = config.model_copy(update={"expert_size": None})
    ways = {
        "RGB without experts": (plain, None),
        "RGB": (config, None),
        "stage 1": (config, Stage.JOINT),
        "stage 2": (config, Stage.ASYMMETRIC),
    }
    return {name: step_flops(used, switches, Workload(grid, hoi=stage)) for name, (used, stage) in ways.items()}


def _part_of(name: str) -> str:
    if "hoi_" in name:
        return _HOI
    parts = _PARTS
    if name.startswith("blocks."):
        parts, name = _BLOCK_PARTS, name.split(".", 2)[2]
    for prefix, part in parts.items():
        if name == prefix or name.startswith(f"{prefix}."):
            return part
    return _OTHER


def _show_parameters(console: Console, model: nn.Module) -> None:
    counted = parameters_by_part(model)
    total = sum(counted.values())
    table = Table("part", "parameters", "share", title=f"{total:,} parameters")
    for part, count in sorted(counted.items(), key=lambda item: -item[1]):
        table.add_row(part, f"{count:,}", f"{count / total:.2%}")
    console.print(table)


def _show_flops(console: Console, config: ModelConfig, switches: Switches, size: tuple[int, int]) -> None:
    height, width = size
    grid = Grid(TARGET_LATENT_FRAMES, height // VAE_SPATIAL_STRIDE, width // VAE_SPATIAL_STRIDE)
    ways = flops_table(config, switches, grid)
    totals = {name: sum(parts.values()) for name, parts in ways.items()}
    base = next(iter(totals.values()))
    table = Table("TFLOP of one forward pass", *ways, title=f"{height}x{width}, with motion and product")
    for part in next(iter(ways.values())):
        table.add_row(part, *(f"{parts[part] / TERA:.3f}" for parts in ways.values()))
    table.add_section()
    table.add_row("a step", *(f"{total / TERA:.3f}" for total in totals.values()))
    table.add_row("relative", *(f"{total / base:.3f}" for total in totals.values()))
    table.add_row("with the backward pass", *(f"{BACKWARD * total / TERA:.3f}" for total in totals.values()))
    once = sum(encode_flops(config, Workload(grid, hoi=Stage.ASYMMETRIC)).values())
    console.print(table)
    console.print(f"Conditions of both streams, once for a generation: {once / TERA:.3f} TFLOP")


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m cointeract_model.summary", description=__doc__)
    parser.add_argument("--config", choices=CONFIGS, default="wan-s2v-14b")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    chosen = parser.parse_args(arguments)
    config, switches = CONFIGS[chosen.config](), PRESETS[chosen.preset]()
    console = Console()
    _show_parameters(console, build_on_meta(config, switches))
    for size in RESOLUTIONS:
        _show_flops(console, config, switches, size)


if __name__ == "__main__":
    main()
