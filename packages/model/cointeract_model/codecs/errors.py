"""Errors of the codecs. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations


class CodecInputError(ValueError):
    """Frames, latents, a prompt or sound that a codec can't take."""


class CodecUnavailableError(ValueError):
    """A codec's library or weights aren't there, or the weights belong to another model."""
