"""Writes some samples into a folder that opens in a browser without a server, for sending it to a colleague."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cointeract_inspector.errors import ApiError, InspectorError
from cointeract_inspector.live import View
from cointeract_inspector.media.clip import DERIVED, MP4, PNG, STORED, WAV, WEBP, Clips
from cointeract_inspector.query.funnel import funnel
from cointeract_inspector.sample_view import reference_frame
from cointeract_inspector.service import Service
from cointeract_inspector.settings import Settings
from cointeract_inspector.static_folder.bundle import bundle
from cointeract_inspector.web.pages import DOCUMENT
from cointeract_shards import atomic
from cointeract_shards.errors import ContractError

ENTRY = "main.js"
SCRIPT, DATA = "app.js", "data.js"
DATA_NAME = "COINTERACT_STATIC"
NOBODY = ""
"""Decisions are left out: a folder that is sent around tells nobody's."""
READ_ONLY = "this is a folder to look at; decisions need `cointeract inspect`"
SUFFIXES = {MP4: ".mp4", WAV: ".wav", PNG: ".png", WEBP: ".webp"}
LAYERS = ("tracks", "masks", "peaks")
"""Artifacts that lie in the data itself: a page can't read a JSON file from a folder."""
_MODULE = re.compile(r'<script type="module" src="/static/[^"]+"></script>')
_STYLE = re.compile(r'href="/static/(?P<file>[^"]+\.css)"')


@dataclass(frozen=True)
class Written:
    """What was written."""

    samples: tuple[str, ...]
    size: int
    """Bytes of the whole folder."""


def write_folder(settings: Settings, target: Path, *, samples: Sequence[str] | None, first: int) -> Written:
    """Write a folder with `index.html`; it appears whole or not at all.

    Args:
        settings: of the data set and the pages.
        target: the folder; it mustn't exist.
        samples: ids of the samples; None: the first `first`.
        first: how many.

    Raises:
        InspectorError: `target` exists, an id isn't a sample's, or nothing is chosen.
    """
    service = Service(Settings(settings.dataset, read_only=True, cache=settings.cache, static=settings.static))
    view = service.live.view()
    ids = list(dict.fromkeys(samples if samples is not None else view.snapshot.clip_ids[:first]))
    unknown = [sample for sample in ids if view.snapshot.clip_ids.row(sample) is None]
    if unknown or not ids:
        named = f"no sample {unknown[0]!r}" if unknown else "no samples chosen"
        raise InspectorError(
            f"{settings.dataset}: {named}; give ids as the inspector shows them, with commas between them"
        )
    try:
        with atomic.atomic_directory(target, replace=False) as folder:
            _write_pages(settings.static, folder)
            content = _content(service, view, ids, folder)
            text = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
            (folder / DATA).write_text(f"globalThis.{DATA_NAME} = {text};\n", encoding="utf-8")
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    except FileExistsError as error:
        raise InspectorError(str(error)) from error
    except OSError as error:
        raise InspectorError(f"{target} can't be written: {error.strerror}") from error
    return Written(tuple(ids), size)


def _write_pages(static: Path, folder: Path) -> None:
    modules = {path.relative_to(static).as_posix(): path.read_text(encoding="utf-8") for path in static.rglob("*.js")}
    document = (static / DOCUMENT).read_text(encoding="utf-8")
    if _MODULE.search(document) is None:
        raise InspectorError(f"{static / DOCUMENT} loads no module; the pages of this installation are damaged")
    document = _MODULE.sub(f'<script src="{DATA}"></script><script defer src="{SCRIPT}"></script>', document)
    for found in _STYLE.finditer(document):
        (folder / found["file"]).write_bytes((static / found["file"]).read_bytes())
    (folder / DOCUMENT).write_text(_STYLE.sub(r'href="\g<file>"', document), encoding="utf-8")
    (folder / SCRIPT).write_text(bundle(modules, ENTRY), encoding="utf-8")


def _content(service: Service, view: View, ids: Sequence[str], folder: Path) -> dict[str, Any]:
    """What the pages would ask the server for."""
    rows = [view.clips.row(sample) for sample in ids]
    cards = service.cards(view, rows, (), NOBODY)
    described = service.describe(view, NOBODY)
    described |= {"path": described["name"], "problems": [], "read_only": True, "read_only_reason": READ_ONLY}
    content: dict[str, Any] = {
        "dataset": described,
        "rows": cards,
        "samples": {},
        "funnel": funnel(view.snapshot, view.database),
    }
    content["progress"] = {"total": len(ids), "done": 0, "by_label": {}, "conflicts": 0, "stale": 0, "agreement": None}
    content |= {layer: {} for layer in LAYERS}
    for sample, row, card in zip(ids, rows, cards, strict=True):
        shown = view.samples.view(sample, NOBODY)
        shown["decisions"] = {"mine": None, "others": None, "others_count": 0, "conflict": False, "fixes": []}
        writer = _Media(view.clips, row, folder)
        for name, told in shown["artifacts"].items():
            if "url" in told and name not in LAYERS:
                told["url"] = writer.stored(name)
        for name, reference in shown["refs"].items():
            reference["url"] = writer.stored(name)
            reference["source_url"] = writer.source(name, reference_frame(shown["scores"], name))
        card["poster"] = shown["poster_url"] = writer.made("poster")
        card["strip"] = writer.made("strip")
        for layer, field in zip(LAYERS, ("boxes_url", "rle_url", "peaks_url"), strict=True):
            content[layer][sample] = writer.layer(layer)
            shown[field] = None if content[layer][sample] is None else f"{DATA}#{layer}"
        content["samples"][sample] = shown
    return content


class _Media:
    """Writes the media of one clip, and gives their addresses relative to the folder. What can't be read has none."""

    def __init__(self, clips: Clips, row: int, folder: Path) -> None:
        self._clips = clips
        self._row = row
        self._folder = folder
        self._below = f"media/{clips.snapshot.clip_ids[row]}"

    def stored(self, artifact: str) -> str | None:
        """An artifact as it is stored."""
        return self._written(artifact, SUFFIXES.get(STORED[artifact][1], ".json"), lambda: self._read(artifact))

    def made(self, artifact: str) -> str | None:
        """A picture that is made of the clip."""
        return self._written(
            artifact, SUFFIXES[DERIVED[artifact][1]], lambda: self._clips.made(self._row, artifact).data
        )

    def source(self, reference: str, frame: int | None) -> str | None:
        """The place that a reference was made from."""
        return self._written(
            f"{reference}-source", ".png", lambda: self._clips.source(self._row, reference, frame).data
        )

    def layer(self, artifact: str) -> Any:
        """A layer's JSON as a value, None where the clip doesn't have it."""
        try:
            data = self._read(artifact) if artifact in STORED else self._clips.made(self._row, artifact).data
            return json.loads(data)
        except (ApiError, ContractError, ValueError):
            return None

    def _read(self, artifact: str) -> bytes:
        place, _ = self._clips.stored(self._row, artifact)
        return self._clips.reader.read(place)

    def _written(self, name: str, suffix: str, make: Callable[[], bytes]) -> str | None:
        try:
            data = make()
        except (ApiError, ContractError):
            return None
        address = f"{self._below}/{name}{suffix}"
        path = self._folder / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return address
