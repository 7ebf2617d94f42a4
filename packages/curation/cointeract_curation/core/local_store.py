"""The artifact store on a file system where a rename is one step."""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from typing_extensions import override

from cointeract_curation.core.errors import OutputFullError
from cointeract_curation.core.outcome import Attempt, Outcome, Trial
from cointeract_curation.core.store import (
    ARTIFACTS,
    ATTEMPTS_SUFFIX,
    FILE_RECORD,
    OUTCOME,
    TEMPORARY,
    ArtifactStore,
    file_unit,
)
from cointeract_curation.core.units import FileUnit, unit_to_json
from cointeract_shards import atomic

if TYPE_CHECKING:
    from cointeract_curation.core.fingerprint import ArtifactKey

MEBIBYTE = 1024 * 1024
MINIMUM_FREE_BYTES = 64 * MEBIBYTE


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
                yield file_unit(path.read_bytes())

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
