"""The ablation's table: one row for each model, as JSON and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One model. None is what it doesn't have."""

    name: str
    variant: str
    """Its name in the paper's Table 3."""
    steps: int
    parameters: int
    loss_rgb: float
    loss_hoi: float | None
    recall_hand: float | None
    recall_head: float | None
    router_accuracy: float | None
    flops: float
    """Operations of a forward pass in generation, counted, relative to RGB only without experts."""
    flops_paper: float
    """Likewise, for Wan2.2-S2V-14B at 832x480."""
    seconds: float
    """Time of a forward pass in generation, measured, relative to RGB only without experts."""


COLUMNS = {
    "variant": "{}",
    "loss_rgb": "{:.4f}",
    "loss_hoi": "{:.4f}",
    "recall_hand": "{:.2f}",
    "recall_head": "{:.2f}",
    "router_accuracy": "{:.3f}",
    "flops": "{:.2f}",
    "seconds": "{:.2f}",
    "flops_paper": "{:.2f}",
}
"""What is shown, and how."""

TITLES = {
    "variant": "variant",
    "loss_rgb": "loss RGB",
    "loss_hoi": "loss HOI",
    "recall_hand": "hand recall",
    "recall_head": "head recall",
    "router_accuracy": "router accuracy",
    "flops": "cost, counted",
    "seconds": "cost, measured",
    "flops_paper": "cost, counted at 14B 832x480",
}


def cells(row: Row) -> list[str]:
    """A row's values as they are shown, in the order of `COLUMNS`."""
    values = asdict(row)
    return ["-" if values[name] is None else form.format(values[name]) for name, form in COLUMNS.items()]


def as_markdown(rows: Sequence[Row], held_out: int) -> str:
    """The table, and what its figures are.

    Args:
        rows: one for each model.
        held_out: number of held-out samples.
    """
    lines = [TITLES[name] for name in COLUMNS], ["---"] * len(COLUMNS), *(cells(row) for row in rows)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        f"{table}\n\nOn {held_out} held-out samples, at fixed noise levels with fixed noise, after {rows[0].steps} steps each. "
        "Cost is that of a forward pass in generation, relative to RGB only without experts: operations are counted, seconds are "
        "medians on this machine.\n"
    )


def as_json(rows: Sequence[Row], held_out: int) -> str:
    """The table's values."""
    return json.dumps({"held_out": held_out, "rows": [asdict(row) for row in rows]}, indent=2) + "\n"
