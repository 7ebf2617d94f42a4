"""The segmenter without a network: densities of colours, motion and the fitted body say what a hand holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.object.colours import BINS, density
from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.fusion import explained, odds, prior
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.protocol import Clip, Prompts, Segmented
from cointeract_curation.stages.object.seek import FEWEST_PIXELS, Settling, look_at_clip, outlined, settle

Floats32 = NDArray[np.float32]

ROUNDS = 3
"""Times that the object's colours are learned from the regions and the regions found by the colours."""
RULES = Settling(likely=0.5, sure=0.5, neighbours=1.0, hands_too=False)


class MotionSeeded:
    """Finds regions at the hands that neither skin, hair, clothes nor background explain, and learns their colours."""

    def __init__(self, config: ObjectConfig) -> None:
        self._config = config
        self._masker = PersonMasker()

    def segment(self, clip: Clip) -> Segmented:
        """The handled object; empty masks where nothing convinces."""
        view, evidence = look_at_clip(clip, self._masker, self._config)
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
        maps = settle(odds(evidence, others, place, own), evidence, prompts, scale, RULES)
        if np.count_nonzero(maps) < FEWEST_PIXELS:
            break
        own = density(evidence.bins, maps)
    return maps
