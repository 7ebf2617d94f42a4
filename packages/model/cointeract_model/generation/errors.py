"""Errors of generation. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations


class GenerationError(ValueError):
    """A setting, a picture, sound, a prompt, a row or the machine doesn't allow what was asked for."""
