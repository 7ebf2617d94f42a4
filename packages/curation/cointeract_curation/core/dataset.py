"""The folder of a data set: its configuration, its lock, and whether a run may go on in it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.versions import distribution_version
from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout

LOCK = ".lock"
IMPORTED = "imported_from"
_RECORDED = (
    "cointeract-shards",
    "cointeract-model",
    "cointeract-curation",
    "numpy",
    "av",
    "imageio-ffmpeg",
    "mediapipe",
    "torch",
    "ray",
    "pyarrow",
)


class Dataset:
    """A data set at a local path or an fsspec URL."""

    def __init__(self, root: str) -> None:
        self.root = root if storage.is_url(root) else str(Path(root).absolute())
        self.remote = storage.is_url(root)

    def location(self, *parts: str) -> storage.Location:
        """A path or URL inside the data set."""
        return storage.join(self.root if self.remote else Path(self.root), *parts)

    @property
    def exists(self) -> bool:
        """Whether a run has been here before."""
        return storage.exists(self.location(DatasetLayout.CONFIG_NAME))

    def stored(self) -> dict[str, Any]:
        """What `dataset.yaml` says. Raises `ConfigurationError` where there is no data set."""
        if not self.exists:
            raise ConfigurationError(f"{self.root} is not a data set: it has no {DatasetLayout.CONFIG_NAME}")
        content = yaml.safe_load(storage.read_bytes(self.location(DatasetLayout.CONFIG_NAME)))
        if isinstance(content, dict) and IMPORTED in content:
            raise ConfigurationError(
                f"{self.root} was imported from {content[IMPORTED]}: it has shards and a manifest, and no stages to run or to tell about"
            )
        if not isinstance(content, dict) or "recipe" not in content:
            raise ConfigurationError(f"{self.location(DatasetLayout.CONFIG_NAME)} is damaged: it holds no recipe")
        return content

    def prepare(self, recipe: Recipe, *, reconfigure: bool) -> None:
        """Make the folder, or check that this run may go on in it, and write the configuration.

        Raises `ConfigurationError` if the folder can't be written, holds something else, or was made with another configuration
        and ``reconfigure`` is off.
        """
        mapping = recipe.to_mapping()
        if self.exists:
            changes = differences(self.stored()["recipe"], mapping)
            if changes and not reconfigure:
                shown = "\n  ".join(changes)
                raise ConfigurationError(
                    f"{self.root} was made with another configuration:\n  {shown}\n"
                    "Pass --reconfigure to go on with the new one (only what it changes is computed again), or choose another output."
                )
        elif not self.remote:
            self._make_folder()
        content = {
            "recipe": mapping,
            "versions": {name: distribution_version(name).split("==")[1] for name in _RECORDED},
        }
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        location = self.location(DatasetLayout.CONFIG_NAME)
        if not self.exists or storage.read_bytes(location) != text.encode():
            storage.write_bytes(location, text.encode())

    def _make_folder(self) -> None:
        folder = Path(self.root)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in {LOCK, "artifacts"})
        except OSError as error:
            raise ConfigurationError(f"can't use {folder} as output: {error.strerror}") from error
        if foreign:
            raise ConfigurationError(
                f"{folder} is not empty and not a data set (it holds {', '.join(foreign[:3])}); choose another output"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data set for one run. The lock ends with the process, however that ends.

        Raises `ConfigurationError` if another run holds it, or if the folder can't be written. In a bucket there is no lock:
        results are equal whoever writes them, and each appears whole.
        """
        if self.remote:
            yield
            return
        folder = Path(self.root)
        path = folder / LOCK
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = FileLock(str(path))
            handle.acquire(blocking=False)
        except Timeout as error:
            holder = path.read_text(encoding="utf-8").strip() or "an unknown process"
            raise ConfigurationError(
                f"{folder} is in use by another run ({holder}); wait for it or choose another output"
            ) from error
        except OSError as error:
            raise ConfigurationError(f"can't write to {folder}: {error.strerror}") from error
        try:
            path.write_text(f"process {os.getpid()} on {platform.node()}\n", encoding="utf-8")
            open_store(self.root).check_room()
            yield
        finally:
            handle.release()


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], ignored: tuple[str, ...] = ("engine", "description")
) -> list[str]:
    """Lines ``key: old -> new`` for every setting that differs, without those that change no result."""
    lines = []
    for key in sorted({*old, *new} - set(ignored)):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += [f"{key}.{line}" for line in differences(before, after, ())]
        elif before != after:
            lines.append(f"{key}: {_short(before)} -> {_short(after)}")
    return lines


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {item}" for key, item in value.items() if item is not None) + "}"
    return "not set" if value is None else str(value)
