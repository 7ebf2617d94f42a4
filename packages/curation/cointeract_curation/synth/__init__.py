"""Footage rendered from a body model, with its exact truth: what the demonstration and the tests run on."""

from __future__ import annotations

from cointeract_curation.synth.config import SynthConfig
from cointeract_curation.synth.livestream import SynthResult, render_livestream
from cointeract_curation.synth.truth import Truth

__all__ = ["SynthConfig", "SynthResult", "Truth", "render_livestream"]
