"""Whether a checkpoint's dimensions and switches are those that are asked for, told field by field."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel

from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.switches import Switches

FORWARD_SWITCHES = (
    "hoi_width_origin",
    "hoi_keys",
    "hoi_block_timestep",
    "experts",
    "router",
    "routing_cutoff",
)
"""Switches of the forward pass: weights that were trained with one value are wrong with another. The others concern losses
and sampling and may be chosen anew."""


def differences(wanted: BaseModel, found: BaseModel, fields: Collection[str]) -> list[str]:
    """The fields of two records of one kind that aren't equal, each with both values."""
    return [
        f"{field}: {getattr(found, field)!r}, wanted {getattr(wanted, field)!r}"
        for field in fields
        if getattr(found, field) != getattr(wanted, field)
    ]


def agreed_switches(wanted: Switches | None, noted: Switches, where: object) -> Switches:
    """The switches to use: a checkpoint's own, or those wanted if the forward pass is the same.

    Raises:
        CheckpointError: naming the switches of the forward pass that differ.
    """
    if wanted is None:
        return noted
    if differing := differences(wanted, noted, FORWARD_SWITCHES):
        raise CheckpointError(f"{where} was trained with other switches: {'; '.join(differing)}")
    return wanted
