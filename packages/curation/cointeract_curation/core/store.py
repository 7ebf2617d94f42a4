"""The artifact store: results of stages under ``artifacts/<unit>/<stage>-<fingerprint>/``, on a disk or in a bucket.

A commit is one step. On a local disk the files are written into a temporary folder, flushed, ``outcome.json`` last, and the
folder is renamed into place; in a bucket ``outcome.json`` is uploaded last. So whatever dies at whatever moment, a result either
is there whole or is not there.
"""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from typing_extensions import override

from cointeract_curation.core.errors import OutputFullError
from cointeract_curation.core.outcome import ArtifactFile, Attempt, Outcome, Trial
from cointeract_curation.core.units import FileUnit, unit_from_json, unit_to_json
from cointeract_shards import atomic
from cointeract_shards.storage import is_url

if TYPE_CHECKING:
    from cointeract_curation.core.fingerprint import ArtifactKey

OUTCOME = "outcome.json"
ATTEMPTS_SUFFIX = ".attempts"
TEMPORARY = ".tmp"
ARTIFACTS = "artifacts"
MEBIBYTE = 1024 * 1024
MINIMUM_FREE_BYTES = 64 * MEBIBYTE
FILE_RECORD = "file.json"


def open_store(root: str, cache: Path | None = None) -> ArtifactStore:
    """The store below the data set ``root``: a local path or an fsspec URL.

    ``cache`` is where artifacts of a remote store are kept while they are worked on; a temporary folder by default.
    """
    return RemoteStore(root, cache) if is_url(root) else LocalStore(Path(root))


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


class LocalStore(ArtifactStore):
    """The store on a file system where a rename is one step."""

    def __init__(self, root: Path) -> None:
        self.root = root / ARTIFACTS

    def _folder(self, key: ArtifactKey) -> Path:
        return self.root / key.unit_id / f"{key.stage}-{key.fingerprint}"

    def _attempts(self, key: ArtifactKey) -> Path:
        folder = self._folder(key)
        return folder.with_name(folder.name + ATTEMPTS_SUFFIX)

    @override
    def outcome(self, key: ArtifactKey) -> Outcome | None:
        path = self._folder(key) / OUTCOME
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Outcome.from_bytes(data, str(path))

    @override
    def intact(self, key: ArtifactKey, outcome: Outcome) -> bool:
        folder = self._folder(key)
        for name, file in outcome.artifacts.items():
            try:
                if (folder / name).stat().st_size != file.size:
                    return False
            except FileNotFoundError:
                return False
        return True

    @override
    def artifact(self, key: ArtifactKey, name: str) -> Path:
        path = self._folder(key) / name
        if not path.is_file():
            raise FileNotFoundError(f"artifact {name} of {key.folder} is missing from {self.root}")
        return path

    @override
    def read_json(self, key: ArtifactKey, name: str) -> bytes:
        return (self._folder(key) / name).read_bytes()

    @override
    def workspace_folder(self) -> Path:
        folder = self.root / TEMPORARY / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        return folder

    @override
    def commit(self, key: ArtifactKey, folder: Path, outcome: Outcome) -> None:
        for name in outcome.artifacts:
            atomic.fsync_path(folder / name)
        with (folder / OUTCOME).open("wb") as file:
            file.write(outcome.to_bytes())
            file.flush()
            os.fsync(file.fileno())
        atomic.fsync_path(folder)
        target = self._folder(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:
            # A folder that isn't empty can't be replaced: somebody else finished the same work first.
            if not (target / OUTCOME).is_file():
                raise
            self.discard(folder)
        atomic.fsync_path(target.parent)
        self.clear_attempts(key)

    @override
    def remove(self, key: ArtifactKey) -> None:
        # Out of sight in one step, then deleted: half a result is never seen.
        target = self._folder(key)
        if target.exists():
            grave = self.workspace_folder() / "removed"
            target.rename(grave)
            shutil.rmtree(grave.parent, ignore_errors=True)

    @override
    def trial(self, key: ArtifactKey) -> Trial:
        folder = self._attempts(key)
        if not folder.is_dir():
            return Trial()
        return Trial([Attempt.from_bytes(path.read_bytes(), str(path)) for path in sorted(folder.glob("*.json"))])

    @override
    def write_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        folder = self._attempts(key)
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(folder / f"{attempt.number:03d}.json", attempt.to_bytes())

    @override
    def forget_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        (self._attempts(key) / f"{attempt.number:03d}.json").unlink(missing_ok=True)

    @override
    def clear_attempts(self, key: ArtifactKey) -> None:
        shutil.rmtree(self._attempts(key), ignore_errors=True)

    @override
    def register(self, unit: FileUnit) -> None:
        path = self.root / unit.unit_id / FILE_RECORD
        data = unit_to_json(unit).encode("utf-8", "surrogateescape")
        if not path.is_file() or path.read_bytes() != data:
            atomic.write_bytes(path, data)

    @override
    def registered(self) -> Iterator[FileUnit]:
        if not self.root.is_dir():
            return
        for unit_id in sorted(entry.name for entry in os.scandir(self.root) if entry.name.startswith("file-")):
            path = self.root / unit_id / FILE_RECORD
            if path.is_file():
                yield _file_unit(path.read_bytes())

    @override
    def check_room(self) -> None:
        folder = next(path for path in (self.root, *self.root.parents) if path.exists())
        free = shutil.disk_usage(folder).free
        if free < MINIMUM_FREE_BYTES:
            raise OutputFullError(
                f"only {free / MEBIBYTE:.1f} MiB are free below {folder}, and a run needs {MINIMUM_FREE_BYTES // MEBIBYTE} MiB; "
                "free some and run the same command again, what is finished stays"
            )

    def clean_temporary(self) -> None:
        """Delete workspace folders of processes of this host that are gone. Called by a run that holds the data set's lock."""
        folder = self.root / TEMPORARY
        if not folder.is_dir():
            return
        for entry in folder.iterdir():
            host, pid, _ = entry.name.rsplit("-", 2)
            if host == socket.gethostname() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(entry, ignore_errors=True)


class RemoteStore(ArtifactStore):
    """The store in a bucket, through fsspec. An object appears whole or not at all; ``outcome.json`` is uploaded last."""

    def __init__(self, root: str, cache: Path | None = None) -> None:
        import tempfile

        import fsspec

        self.fs: Any
        self.fs, base = fsspec.core.url_to_fs(root)
        self.base = f"{base.rstrip('/')}/{ARTIFACTS}"
        self.cache = cache or Path(tempfile.mkdtemp(prefix="cointeract-"))

    def _path(self, key: ArtifactKey, name: str) -> str:
        return f"{self.base}/{key.folder}/{name}"

    @override
    def outcome(self, key: ArtifactKey) -> Outcome | None:
        path = self._path(key, OUTCOME)
        try:
            data = self.fs.cat_file(path)
        except FileNotFoundError:
            return None
        return Outcome.from_bytes(data, path)

    @override
    def intact(self, key: ArtifactKey, outcome: Outcome) -> bool:
        try:
            return all(self.fs.size(self._path(key, name)) == file.size for name, file in outcome.artifacts.items())
        except FileNotFoundError:
            return False

    @override
    def artifact(self, key: ArtifactKey, name: str) -> Path:
        local = self.cache / key.folder / name
        if not local.is_file():
            local.parent.mkdir(parents=True, exist_ok=True)
            partial = local.with_name(f".{local.name}.{uuid.uuid4().hex[:12]}")
            self.fs.get_file(self._path(key, name), str(partial))
            partial.rename(local)
        return local

    @override
    def read_json(self, key: ArtifactKey, name: str) -> bytes:
        data: bytes = self.fs.cat_file(self._path(key, name))
        return data

    @override
    def workspace_folder(self) -> Path:
        folder = self.cache / TEMPORARY / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return folder

    @override
    def commit(self, key: ArtifactKey, folder: Path, outcome: Outcome) -> None:
        for name in outcome.artifacts:
            self.fs.put_file(str(folder / name), self._path(key, name))
        self.fs.pipe_file(self._path(key, OUTCOME), outcome.to_bytes())
        # What was just written is what the next stage of this worker reads.
        local = self.cache / key.folder
        local.parent.mkdir(parents=True, exist_ok=True)
        if local.exists():
            self.discard(folder)
        else:
            folder.rename(local)
        self.clear_attempts(key)

    @override
    def remove(self, key: ArtifactKey) -> None:
        path = self._path(key, OUTCOME)
        if self.fs.exists(path):
            self.fs.rm_file(path)
        shutil.rmtree(self.cache / key.folder, ignore_errors=True)

    @override
    def check_room(self) -> None:
        """A bucket always has room."""

    def release(self, unit_id: str) -> None:
        """Drop the local copies of a unit's artifacts."""
        shutil.rmtree(self.cache / unit_id, ignore_errors=True)

    def _attempts(self, key: ArtifactKey) -> str:
        return f"{self.base}/{key.folder}{ATTEMPTS_SUFFIX}"

    @override
    def trial(self, key: ArtifactKey) -> Trial:
        try:
            paths = sorted(self.fs.ls(self._attempts(key), detail=False, refresh=True))
        except FileNotFoundError:
            return Trial()
        return Trial([Attempt.from_bytes(self.fs.cat_file(path), path) for path in paths])

    @override
    def write_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        self.fs.pipe_file(f"{self._attempts(key)}/{attempt.number:03d}.json", attempt.to_bytes())

    @override
    def forget_attempt(self, key: ArtifactKey, attempt: Attempt) -> None:
        path = f"{self._attempts(key)}/{attempt.number:03d}.json"
        if self.fs.exists(path):
            self.fs.rm_file(path)

    @override
    def clear_attempts(self, key: ArtifactKey) -> None:
        folder = self._attempts(key)
        if self.fs.exists(folder):
            self.fs.rm(folder, recursive=True)

    @override
    def register(self, unit: FileUnit) -> None:
        self.fs.pipe_file(f"{self.base}/{unit.unit_id}/{FILE_RECORD}", unit_to_json(unit).encode())

    @override
    def registered(self) -> Iterator[FileUnit]:
        for path in sorted(self.fs.glob(f"{self.base}/file-*/{FILE_RECORD}")):
            yield _file_unit(self.fs.cat_file(path))


def _file_unit(data: bytes) -> FileUnit:
    unit = unit_from_json(data)
    if not isinstance(unit, FileUnit):
        raise TypeError(f"{FILE_RECORD} holds a {unit.kind}, not a file")
    return unit


def describe_files(folder: Path) -> dict[str, ArtifactFile]:
    """Size and SHA-256 of every file directly in ``folder``, by name."""
    import hashlib

    described = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        described[path.name] = ArtifactFile(path.stat().st_size, checksum)
    return described
