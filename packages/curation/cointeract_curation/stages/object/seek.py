"""What the embedded segmenters share: evidence before they weigh it, and regions and outlines after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.body_maps import body_parts
from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.evidence import Evidence, gather
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.presence import keep_present
from cointeract_curation.stages.object.prompts import obey
from cointeract_curation.stages.object.protocol import Clip, Prompts, Segmented
from cointeract_curation.stages.object.refine import refine
from cointeract_curation.stages.object.regions import held_regions
from cointeract_curation.stages.object.solid import make_solid
from cointeract_curation.stages.object.through_time import smooth_in_time
from cointeract_curation.stages.object.view import View, make_view

Floats32 = NDArray[np.float32]

NEIGHBOUR = 0.6
"""How much of a frame's smoothed answer comes from its neighbours along the flow."""
FEWEST_PIXELS = 100
"""Pixels of the view, over the whole clip, that tell colours."""
FILLED = 0.6
"""Probability of a pixel that is part of a region because its surroundings are."""


def look_at_clip(clip: Clip, masker: PersonMasker, config: ObjectConfig) -> tuple[View, Evidence]:
    """The clip at working resolution, and what speaks for and against each pixel."""
    view = make_view(clip.frames, config.work_short_side)
    parts = body_parts(clip.fit, clip.mesh, view.scale, view.shape)
    return view, gather(view, clip.landmarks, clip.fit, parts, masker)


@dataclass(frozen=True)
class Settling:
    """How far to trust the probabilities of single frames."""

    likely: float
    """Probability from which a pixel may belong to a piece."""
    sure: float
    """Probability that a pixel of a piece must reach where no neighbouring frame speaks for it."""
    neighbours: float
    """Share of a frame's answer that comes from its neighbours' along the flow, as it is smoothed; the rest is its own."""
    hands_too: bool
    """As for `make_solid`."""


def settle(
    likely: Floats32, evidence: Evidence, prompts: Prompts, scale: tuple[float, float], rules: Settling
) -> Floats32:
    """From probabilities of single frames (T, h, w) to those within the object's regions, 0 outside. ``scale`` is the view's."""
    smooth = smooth_in_time(likely, evidence.onward, evidence.back, NEIGHBOUR)
    likely = rules.neighbours * smooth + (1 - rules.neighbours) * likely
    likely = obey(likely, evidence, prompts, scale)
    kept = make_solid(held_regions(likely, evidence, rules.likely, rules.sure), evidence, rules.hands_too)
    return np.where(kept, np.maximum(likely, FILLED), 0).astype(np.float32)


def outlined(clip: Clip, maps: Floats32, evidence: Evidence, config: ObjectConfig) -> Segmented:
    """Masks at the video's own size from maps (T, h, w), without the frames in which these don't convince."""
    certain = keep_present(maps, evidence, config)
    seen = maps * (certain > 0)[:, None, None]
    masks = refine(clip.frames, seen, (clip.frames.width, clip.frames.height))
    return Segmented(masks, np.where(masks.any(axis=(1, 2)), certain, 0).astype(np.float32))
