"""The records of a stage's work on a unit, as they lie in a data set's artifacts.

An outcome exists exactly when the work is done; it is the last file written before the folder is renamed into place. An
attempt is written before each try, so a unit that kills its worker is known by name, and is completed with the error when
the try fails.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cointeract_shards.errors import ContractError
from cointeract_shards.records import Score

FORMAT = 1


class OutcomeError(ContractError):
    """The record of a stage's work can't be read."""


@dataclass(frozen=True)
class ArtifactFile:
    """Size in bytes and SHA-256 of one artifact."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Outcome:
    """A finished stage: its scores, its artifacts, and how it came about (which no later result depends on)."""

    stage: str
    unit_id: str
    fingerprint: str
    scores: dict[str, Score]
    artifacts: dict[str, ArtifactFile]
    unit: dict[str, Any]
    attempt: int
    host: str
    started: float
    seconds: float

    def to_bytes(self) -> bytes:
        """The content of ``outcome.json``."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Outcome:
        """Read ``outcome.json``. Raises `OutcomeError` naming ``where`` for anything that this version didn't write."""
        try:
            fields = json.loads(data)
            found = fields.pop("format")
            if found != FORMAT:
                raise ValueError(f"outcome of format {found}; this version reads format {FORMAT}")
            fields["artifacts"] = {name: ArtifactFile(**file) for name, file in fields["artifacts"].items()}
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutcomeError(f"{where}: not a readable outcome ({error})") from error


class AttemptState(StrEnum):
    """How far a try came. An attempt that still says ``started`` when nobody works on it ended with its process."""

    STARTED = "started"
    FAILED = "failed"


class FailureKind(StrEnum):
    """Why a try failed."""

    ERROR = "error"
    UNUSABLE = "unusable"
    CRASH = "crash"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Attempt:
    """One try of a stage on a unit that has not (yet) succeeded. Times are seconds since the epoch."""

    number: int
    state: AttemptState
    run: str
    host: str
    pid: int
    started: float
    trace_file: str = ""
    ended: float | None = None
    kind: FailureKind | None = None
    error_type: str = ""
    message: str = ""
    traceback: str = ""

    def to_bytes(self) -> bytes:
        """The content of the attempt's file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Attempt:
        """Read an attempt. Raises `OutcomeError` naming ``where`` for anything that this version didn't write."""
        try:
            fields = json.loads(data)
            fields.pop("format")
            fields["state"] = AttemptState(fields["state"])
            fields["kind"] = FailureKind(fields["kind"]) if fields["kind"] else None
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutcomeError(f"{where}: not a readable attempt ({error})") from error
