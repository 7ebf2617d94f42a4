"""The embedded segmenter: a small network weighs what colours, motion and the fitted body say; its weights come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cointeract_curation.stages.object.config import ObjectConfig
from cointeract_curation.stages.object.evidence import Evidence
from cointeract_curation.stages.object.features import packed_maps
from cointeract_curation.stages.object.motion_seeded import density_regions
from cointeract_curation.stages.object.network import HandledObjectNet, load_network
from cointeract_curation.stages.object.own_colours import own_colours
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.presence import keep_present
from cointeract_curation.stages.object.prompts import obey
from cointeract_curation.stages.object.protocol import Clip, Prompts, Segmented
from cointeract_curation.stages.object.seek import Settling, look_at_clip, outlined, settle
from cointeract_curation.stages.object.view import View

Floats32 = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("handled_object.safetensors")
FIRST_LOOKS = 27
"""Frames, spread over the clip, from which the object's colours are learned before all frames are looked at."""
AT_ONCE = 9
"""Frames that the network sees at once: more take more memory and no less time."""
SURE_AT_FIRST, FOLLOWS = 0.75, 0.2
"""From either of which what the network found is believed."""
LIKELY_AT_FIRST, FOLLOWS_A_LITTLE = 0.65, 0.08
"""From both of which it is believed too. All were chosen on twelve clips of one real livestream and on twenty-eight rendered ones."""
AGREES = 0.5
"""Overlap with what densities found from which the two vouch for each other."""
RULES = Settling(likely=0.25, sure=0.6, neighbours=0.5, hands_too=True)


class LearnedSegmenter:
    """Looks twice at some frames, learning the object's colours from what it found, and at all frames with them."""

    def __init__(self, config: ObjectConfig) -> None:
        """Load both models.

        Raises:
            FileNotFoundError: the package came without its weights.
        """
        self._config = config
        self._masker = PersonMasker()
        self._network = load_network(WEIGHTS)

    def segment(self, clip: Clip) -> Segmented:
        """The handled object; empty masks where nothing convinces."""
        view, evidence = look_at_clip(clip, self._masker, self._config)
        found = network_regions(self._network, view, evidence, clip.prompts)
        maps = found.maps if found.convincing else self._vouched(found, view, evidence, clip.prompts)
        return outlined(clip, maps, evidence, self._config)

    def _vouched(self, found: NetworkRegions, view: View, evidence: Evidence, prompts: Prompts) -> Floats32:
        """What the network found if densities found the same, or nothing while it moves with a hand; else what they found."""
        by_density = density_regions(evidence, prompts, view.scale)
        if overlap(found.maps, by_density) >= AGREES:
            return found.maps
        nothing = not keep_present(by_density, evidence, self._config).any()
        return found.maps if nothing and found.with_hand >= FOLLOWS_A_LITTLE else by_density

    def close(self) -> None:
        """Let go of the person model."""
        self._masker.close()


@dataclass(frozen=True)
class NetworkRegions:
    """What the network found in a clip."""

    maps: Floats32
    """(T, h, w) probability of the object within its regions, 0 outside."""
    at_first_sight: float
    """Mean probability inside of the regions before the object's colours were known; 0 where there are none."""
    with_hand: float
    """Mean of the evidence `with_hand` inside of the regions: how much more they move like the hand than like the camera."""

    @property
    def convincing(self) -> bool:
        """Whether to believe it. A network that was trained on rendered people is sure of odd things on real ones, but seldom at first
        sight, and they seldom move with the hand."""
        either = self.at_first_sight >= SURE_AT_FIRST or self.with_hand >= FOLLOWS
        return either or (self.at_first_sight >= LIKELY_AT_FIRST and self.with_hand >= FOLLOWS_A_LITTLE)


def network_regions(network: HandledObjectNet, view: View, evidence: Evidence, prompts: Prompts) -> NetworkRegions:
    """The regions of a clip as the network sees them."""
    count = min(FIRST_LOOKS, view.frames)
    looks = np.unique(np.linspace(0, view.frames - 1, count).round().astype(int))
    first = ask(network, view, evidence, looks, None)
    second = ask(network, view, evidence, looks, own_colours(evidence, first, looks))
    own = own_colours(evidence, second, looks)
    likely = ask(network, view, evidence, np.arange(view.frames), own)
    if prompts:
        # The colours that were learned may be those of the thing that a reviewer says it isn't.
        said = obey(likely, evidence, prompts, view.scale)
        likely = ask(network, view, evidence, np.arange(view.frames), own_colours(evidence, said[looks], looks))
    maps = settle(likely, evidence, prompts, view.scale, RULES)
    kept = maps > 0
    seen = kept[looks]
    return NetworkRegions(
        maps,
        at_first_sight=float(first[seen].mean()) if seen.any() else 0.0,
        with_hand=float(evidence.channels["with_hand"][kept].mean()) if kept.any() else -1.0,
    )


def overlap(one: Floats32, other: Floats32) -> float:
    """Intersection over union of two regions (T, h, w) over the whole clip, 0 where both are empty."""
    union = np.count_nonzero((one > 0) | (other > 0))
    return np.count_nonzero((one > 0) & (other > 0)) / union if union else 0.0


def ask(
    network: HandledObjectNet, view: View, evidence: Evidence, frames: NDArray[np.int64], own: Floats32 | None
) -> Floats32:
    """(n, h, w) the network's probabilities in some frames, given the density ``own`` of the object's colours where it is known."""
    out = np.empty((len(frames), *view.shape), np.float32)
    with torch.inference_mode():
        for start in range(0, len(frames), AT_ONCE):
            some = frames[start : start + AT_ONCE]
            maps = torch.from_numpy(packed_maps(view, evidence, some, own))
            logits = network.weigh(maps)[:, : out.shape[1], : out.shape[2]]
            out[start : start + len(some)] = torch.sigmoid(logits).numpy()
    return out
