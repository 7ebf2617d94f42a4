"""The segmenter without a network: densities of colours, motion and the fitted body say what a hand holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.body_maps import body_parts
from cointeract_curation.stages.object.colours import BINS, density
from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.evidence import Evidence, gather
from cointeract_curation.stages.object.fusion import explained, odds, prior
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.presence import keep_present
from cointeract_curation.stages.object.prompts import obey
from cointeract_curation.stages.object.protocol import Clip, Prompts, Segmented
from cointeract_curation.stages.object.refine import refine
from cointeract_curation.stages.object.regions import held_regions
from cointeract_curation.stages.object.solid import make_solid
from cointeract_curation.stages.object.through_time import smooth_in_time
from cointeract_curation.stages.object.view import make_view

Floats32 = NDArray[np.float32]

ROUNDS = 3
"""Times that the object's colours are learned from the regions and the regions found by the colours."""
NEIGHBOUR = 0.6
"""How much of a frame's answer comes from its neighbours along the flow."""
FEWEST_PIXELS = 100
"""Pixels of the view, over the whole clip, that tell colours."""
FILLED = 0.6
"""Probability of a pixel that is part of a region because its surroundings are."""


class MotionSeeded:
    """Finds regions at the hands that neither skin, hair, clothes nor background explain, and learns their colours."""

    def __init__(self, config: ObjectConfig) -> None:
        self._config = config
        self._masker = PersonMasker()

    def segment(self, clip: Clip) -> Segmented:
        """The handled object; empty masks where nothing convinces."""
        view = make_view(clip.frames, self._config.work_short_side)
        parts = body_parts(clip.fit, clip.mesh, view.scale, view.shape)
        evidence = gather(view, clip.landmarks, clip.fit, parts, self._masker)
        return outlined(clip, density_regions(evidence, clip.prompts, view.scale), evidence, self._config)

    def close(self) -> None:
        """Let go of the person model."""
        self._masker.close()


def density_regions(evidence: Evidence, prompts: Prompts, scale: tuple[float, float]) -> Floats32:
    """(T, h, w) probability of the object within its regions, 0 outside. ``scale`` is the view's."""
    others, place = explained(evidence), prior(evidence)
    own = np.ones(BINS, np.float32)
    maps = np.zeros_like(place)
    for _ in range(ROUNDS):
        likely = smooth_in_time(odds(evidence, others, place, own), evidence.onward, evidence.back, NEIGHBOUR)
        likely = obey(likely, evidence.shapes > 0, prompts, scale, evidence.onward, evidence.back)
        kept = make_solid(held_regions(likely, evidence), evidence)
        maps = np.where(kept, np.maximum(likely, FILLED), 0).astype(np.float32)
        if np.count_nonzero(kept) < FEWEST_PIXELS:
            break
        own = density(evidence.bins, maps)
    return maps


def outlined(clip: Clip, maps: Floats32, evidence: Evidence, config: ObjectConfig) -> Segmented:
    """Masks at the video's own size from maps (T, h, w), without the frames in which these don't convince."""
    certain = keep_present(maps, evidence, config)
    seen = maps * (certain > 0)[:, None, None]
    masks = refine(clip.frames, seen, (clip.frames.width, clip.frames.height))
    return Segmented(masks, np.where(masks.any(axis=(1, 2)), certain, 0).astype(np.float32))
