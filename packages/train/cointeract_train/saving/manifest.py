"""What a saved folder must hold to be whole: written last, it names every other file with its size and SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cointeract_shards.atomic import write_text
from cointeract_train.errors import DamagedStateError

MANIFEST = "manifest.json"
VERSION = 1
READERS = 8
"""Files whose digests are taken at once."""


class FileFacts(BaseModel):
    """Of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """Of a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    files: dict[str, FileFacts]
    """By path below the folder, with `/`."""


def files_in(folder: Path) -> list[str]:
    """All files below a folder but its manifest, sorted."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name != MANIFEST)


def facts_of(path: Path) -> FileFacts:
    """Read a file through. Raises `OSError`."""
    with path.open("rb") as file:
        return FileFacts(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write_manifest(folder: Path, files: Mapping[str, FileFacts]) -> None:
    """Declare a folder whole."""
    write_text(folder / MANIFEST, Manifest(files=dict(files)).model_dump_json(indent=1) + "\n")


def check_whole(folder: Path) -> None:
    """Compare a folder with its manifest.

    Raises:
        DamagedStateError: naming the first file that is missing, cut short or changed.
    """
    manifest = _read(folder)
    for name, facts in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedStateError(f"{folder} isn't whole: {name} is missing")
        if path.stat().st_size != facts.size:
            raise DamagedStateError(f"{folder} isn't whole: {name} has {path.stat().st_size} of {facts.size} bytes")
    try:
        with ThreadPoolExecutor(READERS) as readers:
            found = list(readers.map(facts_of, (folder / name for name in manifest.files)))
    except OSError as error:
        raise DamagedStateError(f"{folder} can't be read: {error}") from error
    for (name, facts), now in zip(manifest.files.items(), found, strict=True):
        if now != facts:
            raise DamagedStateError(f"{folder} is damaged: the SHA-256 of {name} is {now.sha256}, not {facts.sha256}")


def _read(folder: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise DamagedStateError(f"{folder} isn't a whole saved state: it has no {MANIFEST}") from error
    except (OSError, ValidationError) as error:
        raise DamagedStateError(f"{folder / MANIFEST} can't be read: {error}") from error
    if manifest.version != VERSION:
        raise DamagedStateError(f"{folder / MANIFEST} is of version {manifest.version}, this package reads {VERSION}")
    return manifest
