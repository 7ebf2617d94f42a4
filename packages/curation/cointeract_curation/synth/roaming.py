"""A person who leaves the picture or turns away: the whole performance moved as one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.geometry import rotation
from cointeract_curation.human.hands import Side
from cointeract_curation.synth.limbs import Carried
from cointeract_curation.synth.motion import smooth_step
from cointeract_curation.synth.plan import Action

Floats = NDArray[np.float64]

AWAY = 0.95  # metres: out of the picture to the side
LEAVE_FROM, LEAVE_TO = 0.3, 0.95  # shares of the shot
LEAVE_YAW = np.deg2rad(50.0)  # how far somebody turns who walks to the side
TURN_FROM, TURN_TO = 0.2, 0.5
TURN_YAW = np.deg2rad(125.0)
ASIDE = (0.36, 0.42)  # where a second person stands: metres to the side and behind
ASIDE_YAW = np.deg2rad(22.0)  # how far they turn to the first one

Moved = tuple[Floats, Floats, Floats, Carried | None]


def roam(
    action: Action, side: Side, times: Floats, rotations: Floats, heads: Floats, carried: Carried | None, face: Floats
) -> Moved:
    """World rotations (N, J, 3, 3), heads (N, J, 3), face (N, A) and the carried product after walking or turning."""
    share = times / max(float(times[-1]), 1e-9)
    sign = 1.0 if side == "left" else -1.0
    shift = np.zeros((len(times), 3))
    if action == "leave":
        walk = smooth_step((share - LEAVE_FROM) / (LEAVE_TO - LEAVE_FROM))
        shift[:, 0] = sign * AWAY * walk
        yaw = sign * LEAVE_YAW * smooth_step((share - LEAVE_FROM) / (0.5 * (LEAVE_TO - LEAVE_FROM)))
    elif action == "turn_away":
        yaw = sign * TURN_YAW * smooth_step((share - TURN_FROM) / (TURN_TO - TURN_FROM))
    else:
        return rotations, heads, face, carried
    return _moved(yaw, shift, rotations, heads, carried, face)


def stand_aside(sign: float, rotations: Floats, heads: Floats, face: Floats) -> Moved:
    """A second person beside (towards `sign`) and behind the first."""
    frames = len(heads)
    shift = np.broadcast_to(np.array([sign * ASIDE[0], ASIDE[1], 0.0]), (frames, 3))
    return _moved(np.full(frames, -sign * ASIDE_YAW), shift, rotations, heads, None, face)


def _moved(
    yaw: Floats, shift: Floats, rotations: Floats, heads: Floats, carried: Carried | None, face: Floats
) -> Moved:
    """Turn about the vertical through the root, then shift."""
    turn = rotation(np.array([0.0, 0.0, 1.0]), yaw)
    pivot = heads[:, 0] * np.array([1.0, 1.0, 0.0])
    heads = np.einsum("nab,njb->nja", turn, heads - pivot[:, None]) + (pivot + shift)[:, None]
    rotations = turn[:, None] @ rotations
    if carried is not None:
        held, place = carried
        carried = (turn @ held, np.einsum("nab,nb->na", turn, place - pivot) + pivot + shift)
    return rotations, heads, face, carried
