"""Errors of training. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations

from pathlib import Path


class TrainingError(ValueError):
    """Something a user can act on keeps a run from starting or going on."""


class RecipeError(TrainingError):
    """A recipe or a setting that isn't known or not allowed."""


class RunFolderError(TrainingError):
    """The folder of a run holds another run, or none where one is to be resumed."""


class AgreedError(TrainingError):
    """All processes of a run raise it together, so that one of them may speak for all."""


class ResumeError(AgreedError):
    """A saved state of another configuration, damaged, or of something else."""


class DamagedStateError(ResumeError):
    """A saved state that isn't whole, or isn't one."""


class SaveError(AgreedError):
    """A state couldn't be saved. Those before it are as they were."""


class NonFiniteError(AgreedError):
    """A loss or a gradient is NaN or infinite.

    Args:
        message: which step and which samples.
        state: where the state before the step is to be saved.
    """

    def __init__(self, message: str, state: Path) -> None:
        super().__init__(message)
        self.state = state
