"""Configuration of the stage `structure`."""

from __future__ import annotations

from typing import Literal

from cointeract_curation.core.stage import StageConfig
from cointeract_curation.media.encode import EncoderConfig

HOI_CRF = 14
"""A mesh on black is cheap to store, and its soft gradients show banding sooner than a photograph does: docs/reference/structure.md."""


class StructureConfig(StageConfig):
    """How the structure stream is drawn."""

    backend: Literal["warp", "pytorch3d"] = "warp"
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    """`auto` takes CUDA where there is one. Devices round differently, so runs that must agree to the bit name one."""
    object_fill: Literal["rgb", "mask"] = "rgb"
    """`rgb`: the object in its own colours; `mask`: flat, as in section 3.1 of the paper."""
    encoder: EncoderConfig = EncoderConfig(crf=HOI_CRF)
