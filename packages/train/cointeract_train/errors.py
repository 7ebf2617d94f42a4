"""Errors of training. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations


class TrainingError(ValueError):
    """Something a user can act on keeps a run from starting or going on."""


class RecipeError(TrainingError):
    """A recipe or a setting that isn't known or not allowed."""


class RunFolderError(TrainingError):
    """The folder of a run holds another run, or none where one is to be resumed."""


class ResumeError(TrainingError):
    """A checkpoint of another configuration, damaged, or of something else."""


class NonFiniteError(TrainingError):
    """A loss or a gradient is NaN or infinite. The state before the step was saved."""
