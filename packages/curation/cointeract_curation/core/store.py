"""The artifact store: results of stages under ``artifacts/<unit>/<stage>-<fingerprint>/``, on a disk or in a bucket.

A commit is one step. On a local disk the files are written into a temporary folder, flushed, ``outcome.json`` last, and the
folder is renamed into place; in a bucket ``outcome.json`` is uploaded last. So whatever dies at whatever moment, a result either
is there whole or is not there.
"""

from __future__ import annotations

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_curation.core.outcome import ArtifactFile, Attempt, Outcome, Trial
from cointeract_curation.core.units import FileUnit, unit_from_json
from cointeract_shards import artifacts

if TYPE_CHECKING:
    from cointeract_curation.core.fingerprint import ArtifactKey

OUTCOME = artifacts.OUTCOME
ATTEMPTS_SUFFIX = artifacts.ATTEMPTS_SUFFIX
TEMPORARY = ".tmp"
ARTIFACTS = "artifacts"
FILE_RECORD = "file.json"


class ArtifactStore(ABC):
    """Results and attempts, found by key. Safe to use from many processes at once; not an object to share between threads."""

    @abstractmethod
    def outcome(self, key: ArtifactKey) -> Outcome | None:
        """The outcome of ``key``, or None where the work isn't done."""

    @abstractmethod
    def intact(self, key: ArtifactKey, outcome: Outcome) -> bool:
        """Whether every artifact of a finished result is there with its size."""

    @abstractmethod
    def artifact(self, key: ArtifactKey, name: str) -> Path:
        """A finished artifact as a local file, to be read only. Raises `FileNotFoundError` naming it where it is missing."""

    @abstractmethod
    def workspace_folder(self) -> Path:
        """A new, empty local folder to write artifacts into, before `commit` or `discard`."""

    @abstractmethod
    def commit(self, key: ArtifactKey, folder: Path, outcome: Outcome) -> None:
        """Make the result visible in one step. Where another worker was quicker, its result stays and ours is dropped."""

    @abstractmethod
    def remove(self, key: ArtifactKey) -> None:
        """Take a result away, so that the stage runs again."""

    @abstractmethod
    def trial(self, key: ArtifactKey) -> Trial:
        """The attempts recorded for ``key``, oldest first."""

    @abstractmethod
    def write_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        """Record an attempt, or replace it by its end."""

    @abstractmethod
    def forget_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        """Take back an attempt that the user ended."""

    @abstractmethod
    def clear_attempts(self, key: ArtifactKey) -> None:
        """Forget the attempts of ``key``: it succeeded, or it was given another chance."""

    @abstractmethod
    def register(self, unit: FileUnit) -> None:
        """Remember an input file, so that the data set knows its inputs without being told again."""

    @abstractmethod
    def registered(self) -> Iterator[FileUnit]:
        """The input files of this data set, by unit id."""

    @abstractmethod
    def read_json(self, key: ArtifactKey, name: str) -> bytes:
        """The bytes of a small artifact."""

    @abstractmethod
    def check_room(self) -> None:
        """Raise `OutputFullError` where there is too little room to go on."""

    def discard(self, folder: Path) -> None:
        """Drop a workspace folder."""
        shutil.rmtree(folder, ignore_errors=True)

    def release(self, unit_id: str) -> None:  # noqa: B027 - a store on a disk holds no copies
        """Drop copies of a unit's artifacts that were made to work on it."""


def file_unit(data: bytes) -> FileUnit:
    """The unit that `ArtifactStore.register` wrote. Raises `TypeError` for another kind."""
    unit = unit_from_json(data)
    if not isinstance(unit, FileUnit):
        raise TypeError(f"{FILE_RECORD} holds a {unit.kind}, not a file")
    return unit


def describe_files(folder: Path) -> dict[str, ArtifactFile]:
    """Size and SHA-256 of every file directly in ``folder``, by name."""
    described = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        described[path.name] = ArtifactFile(path.stat().st_size, checksum)
    return described
