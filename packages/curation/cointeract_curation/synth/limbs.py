"""Measures of a person and movements of arms that holding and gesturing share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import RestBody, skeleton
from cointeract_curation.human.hands import Side, suffix
from cointeract_curation.synth.arms import reach

Floats = NDArray[np.float64]
Posed = tuple[Floats, Floats]  # world rotations (N, J, 3, 3) and heads (N, J, 3) of all bones
Carried = tuple[Floats, Floats]  # a product's world rotation (N, 3, 3) and place (N, 3)


def still(pose: dict[str, Floats], frames: int) -> dict[str, Floats]:
    """A pose held for a number of frames."""
    return {bone: np.broadcast_to(matrix, (frames, 3, 3)) for bone, matrix in pose.items()}


def arm_length(rest: RestBody) -> float:
    """Shoulder to wrist along the bones, metres."""
    body = skeleton()
    chain = rest.heads[[body.bone(f"{name}.L") for name in ("upperarm01", "lowerarm01", "wrist")]]
    return float(np.linalg.norm(np.diff(chain, axis=0), axis=1).sum())


def shoulders(torso: Posed) -> Floats:
    """Middle between the shoulders (N, 3)."""
    body, heads = skeleton(), torso[1]
    return np.asarray((heads[:, body.bone("upperarm01.L")] + heads[:, body.bone("upperarm01.R")]) / 2)


def spans(
    first: float, period: float, length: float, end: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Spans of time of one length that come back with a period, a little irregularly, until `end`."""
    starts = np.arange(first, end, period)
    jitter = rng.uniform(-0.3, 0.3, len(starts))
    return [(float(start + shift), float(start + shift + length)) for start, shift in zip(starts, jitter, strict=True)]


def move_arm(rest: RestBody, side: Side, torso: Posed, wrist: Floats, hand: Floats) -> tuple[dict[str, Floats], Floats]:
    """World rotations of an arm's bones that bring the wrist to places (N, 3) with a hand's rotation (N, 3, 3).

    Also returns the wrist's places, which differ where the arm is too short.
    """
    body, end = skeleton(), suffix(side)
    turned, heads = torso
    shoulder = heads[:, body.bone(f"upperarm01.{end}")]
    return reach(rest, side, shoulder, turned[:, body.bone(f"shoulder01.{end}")], wrist, hand)
