"""Errors of reviews."""

from __future__ import annotations

from cointeract_shards.errors import ContractError


class ReviewError(ContractError):
    """An event, a reviewer's name or a policy isn't valid, or an event can't be taken into this log."""


class ReviewLogBusyError(ReviewError):
    """Another process writes this reviewer's log."""
