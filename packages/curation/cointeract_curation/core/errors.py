"""Errors that carry a meaning for the run, apart from ordinary exceptions."""

from __future__ import annotations


class CurationError(Exception):
    """Base of the errors that a user is shown as one line."""


class UnusableInputError(CurationError):
    """The input itself can't be worked on (no video stream, cut off, unreadable): trying again would end the same way.

    The unit is quarantined at once, without a second attempt.
    """


class StageCrashError(CurationError):
    """A worker process died while a stage worked on a unit, or was ended because the stage ran past its time limit."""


class OutputFullError(CurationError):
    """There is no room left for results. Ends the run; no unit is at fault, and a later run goes on from there."""


class ConfigurationError(CurationError):
    """A configuration, a layout or an output directory that this run can't go on with. Ends the command before any work."""
