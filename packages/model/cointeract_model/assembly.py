"""The order of the RGB stream's parts, and the rotary tables of both streams for a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cointeract_model.grid import Grid
from cointeract_model.inputs import Conditions
from cointeract_model.layout import Layout, Segment
from cointeract_model.positions import (
    Positions,
    hoi_positions,
    motion_positions,
    person_positions,
    product_positions,
    target_positions,
)
from cointeract_model.rope import rotary_table
from cointeract_model.switches import Switches
from cointeract_model.visibility import Presence


def rgb_layout(grid: Grid, motion: bool, product: bool) -> Layout:
    """`[motion, person | target, product]`."""
    return Layout.of(
        (Segment.MOTION, grid.motion_tokens if motion else 0),
        (Segment.PERSON, grid.frame_tokens),
        (Segment.TARGET, grid.target_tokens),
        (Segment.PRODUCT, grid.frame_tokens if product else 0),
    )


def rgb_positions(grid: Grid, motion: bool, product_scale: float | None) -> Positions:
    """(S, 3) in the order of `rgb_layout`; without a product where its scale is None."""
    parts = [person_positions(grid), target_positions(grid)]
    if motion:
        parts.insert(0, motion_positions(grid))
    if product_scale is not None:
        parts.append(product_positions(grid, product_scale))
    return np.concatenate(parts)


def tables(
    grid: Grid, conditions: Conditions, presence: Presence, head_size: int, switches: Switches, device: torch.device
) -> tuple[Tensor, Tensor | None]:
    """Rotary tables of the RGB stream, (1, S, ...) or (B, S, ...) where products differ in scale, and of HOI."""
    motion = any(presence.motion)
    scales: tuple[float | None, ...] = (None,)
    if any(presence.product):
        scales = conditions.scales()
        if len(set(scales)) == 1:
            scales = scales[:1]
    rgb = np.stack([rgb_positions(grid, motion, scale) for scale in scales])
    if not any(presence.hoi):
        return rotary_table(rgb, head_size, device), None
    hoi = hoi_positions(grid, switches.hoi_width_origin)[None]
    return rotary_table(rgb, head_size, device), rotary_table(hoi, head_size, device)
