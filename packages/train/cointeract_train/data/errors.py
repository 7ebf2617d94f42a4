"""Errors of the data side. Each takes its message alone, so that one raised in a worker arrives as what it was."""

from __future__ import annotations


class DataError(ValueError):
    """The data can't be trained on as configured; the base of all errors here."""


class EmptySplitError(DataError):
    """A split has no shards, or no sample that may be used."""


class SampleError(DataError):
    """A sample violates the contract; names its key, shard and member."""


class ChangedDataError(DataError):
    """A checkpoint's position belongs to other data, another order or other draws."""
