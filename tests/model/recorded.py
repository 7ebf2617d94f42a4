"""Samples of outputs that were recorded when the model gave the released module's numbers to 2e-7.

The released numbers themselves are too large to carry along; these notice a change of behaviour without them.
`python -m tests.model.recorded` records anew: only after `test_released_numbers` has passed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch

from cointeract_model.switches import Stage, paper, release
from tests.model.samples import Case, random_inputs, random_model

FILE = Path(__file__).parent / "recorded.json"
VALUES = 12
"""Values kept of each output, evenly spread."""

PRESETS = {"paper": paper(), "release": release()}
CASES = {
    "whole": Case(frames=3),
    "wide": Case(frames=2, height=8, width=14, pose=False),
    "scaled": Case(height=16, scale=0.7, timestep=120.0),
    "first_clip": Case(motion=False, product=False, height=6, timestep=950.0),
    "clean": Case(timestep=0.0, text_rows=1),
    "before_cutoff": Case(timestep=899.0),
    "noise": Case(timestep=1000.0),
}


@torch.no_grad()
def outputs(preset: str, case: str, stage: Stage) -> dict[str, list[float]]:
    """Values of every output of one case."""
    model = random_model(PRESETS[preset])
    conditions, noisy = random_inputs(CASES[case])
    prediction = model(noisy, model.encode(conditions), stage=stage, router_logits=True)
    tensors = {"velocity": prediction.velocity, "hoi_velocity": prediction.hoi_velocity}
    tensors |= {f"logits.{block}": logits for block, logits in enumerate(prediction.router_logits)}
    kept = {}
    for name, tensor in tensors.items():
        flat = tensor.flatten().double()
        kept[name] = [*flat[:: len(flat) // VALUES][:VALUES].tolist(), float(flat.norm())]
    return kept


def _record() -> None:
    recorded = {
        preset: {case: {str(stage): _rounded(outputs(preset, case, stage)) for stage in Stage} for case in CASES}
        for preset in PRESETS
    }
    cases = {name: asdict(case) for name, case in CASES.items()}
    FILE.write_text(json.dumps({"cases": cases, "outputs": recorded}, indent=None, separators=(",", ":")) + "\n")


def _rounded(values: dict[str, list[float]]) -> dict[str, list[float]]:
    return {name: [float(f"{value:.7g}") for value in kept] for name, kept in values.items()}


if __name__ == "__main__":
    _record()
