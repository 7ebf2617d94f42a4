"""Configuration of `identify`."""

from __future__ import annotations

from cointeract_curation.core.stage import StageConfig


class IdentifyConfig(StageConfig):
    """Nothing to set: content has one hash."""
