"""The artifact store in a bucket, through fsspec."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

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

if TYPE_CHECKING:
    from cointeract_curation.core.fingerprint import ArtifactKey


class RemoteStore(ArtifactStore):
    """The store in a bucket, through fsspec. An object appears whole or not at all; ``outcome.json`` is uploaded last."""

    def __init__(self, root: str, cache: Path | None = None) -> None:
        import fsspec

        self.fs: Any
        self.fs, base = fsspec.core.url_to_fs(root)
        self.base = f"{base.rstrip('/')}/{ARTIFACTS}"
        # Removed with the store, unless it is the caller's.
        self._temporary = tempfile.TemporaryDirectory(prefix="cointeract-")
        self.cache = cache or Path(self._temporary.name)

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

    @override
    def release(self, unit_id: str) -> None:
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
            yield file_unit(self.fs.cat_file(path))
