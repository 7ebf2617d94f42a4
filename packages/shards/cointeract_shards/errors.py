"""Errors of the package. Each message says what was wrong, where, with the value, and what to do."""

from __future__ import annotations


class ContractError(ValueError):
    """Something doesn't follow the sample contract; the base of all errors here."""


class SchemaVersionError(ContractError):
    """A record, index or manifest states a schema version that this package doesn't know, or states none."""


class RecordError(ContractError):
    """A JSON member isn't a valid record: not JSON, a number that isn't finite, or a field that doesn't fit."""


class SampleKeyError(ContractError):
    """A sample key or member name can't be stored, or a key came twice."""


class ShardError(ContractError):
    """A shard or its index is missing, cut short, or not what its index says."""


class ManifestError(ContractError):
    """A manifest can't be written from these rows, or a file isn't a manifest."""


class CsvError(ContractError):
    """A directory of the released trainer's CSV form, or one row of it, can't be read or written."""


class CacheError(ContractError):
    """Cached features can't be stored or read: not such a file, cut short, or not of the shapes that the contract states."""
