"""Errors of the transformer. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations


class InputError(ValueError):
    """A tensor or an option doesn't fit the model: shape, dtype, length, or a combination that has no meaning."""


class ConfigurationError(ValueError):
    """Dimensions or switches that can't make a model."""


class TensorNameError(ValueError):
    """A tensor name that belongs to no part of the model."""
