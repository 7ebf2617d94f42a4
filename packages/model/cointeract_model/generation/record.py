"""The file beside a video that says how it was made: by it a video is known to be finished, and can be made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cointeract_model.codecs.weights import fingerprint
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.request import Request
from cointeract_model.generation.settings import TINY
from cointeract_shards import atomic

SUFFIX = ".mp4"
SHOWN_DIFFERENCES = 4


@dataclass(frozen=True)
class Outputs:
    """Files of one video, all beside one another."""

    video: Path
    """The video with its sound, an `.mp4`."""

    def __post_init__(self) -> None:
        if self.video.suffix != SUFFIX:
            raise GenerationError(f"the video is to be {str(self.video)!r}: give it the suffix {SUFFIX}")

    @property
    def record(self) -> Path:
        """How it was made."""
        return self.video.with_suffix(".json")

    @property
    def panels(self) -> Path:
        """The video with HOI stream and routing maps beside it; with `show_hoi`."""
        return self.video.with_suffix(".hoi.mp4")

    @property
    def sheet(self) -> Path:
        """Frames in time; with `sheet`."""
        return self.video.with_suffix(".sheet.png")

    def clear(self) -> None:
        """Make the folder, and remove what an earlier run left: nothing old stands beside a new record."""
        self.video.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.record, self.video, self.panels, self.sheet):
            path.unlink(missing_ok=True)


def describe(request: Request, parts: Parts) -> dict[str, Any]:
    """Everything that decides what a video shows: settings, prompts, codecs, and the content of its files."""
    described: dict[str, Any] = {
        "settings": parts.settings.model_dump(mode="json"),
        "switches": parts.model.switches.model_dump(mode="json"),
        "codecs": {"latents": parts.latents.key, "text": parts.text.key, "audio": parts.audio.key},
        "prompts": list(request.prompts),
        "product_scale": request.product_scale,
    }
    for name, path in (("person", request.person), ("product", request.product), ("audio", request.audio)):
        described[name] = None if path is None else {"file": path.name, "sha256": _sha256(path)}
    if parts.settings.model != TINY:
        paths = [Path(path) for path in (parts.settings.model, parts.settings.base) if path is not None]
        described["weights"] = fingerprint(*paths)
    return described


def is_done(outputs: Outputs, described: dict[str, Any], *, overwrite: bool) -> bool:
    """Whether a finished video of exactly this description is there. An unfinished one of ours isn't, and is made again.

    Raises:
        GenerationError: a file that isn't ours, or a finished video that was made in another way, and `overwrite` isn't set.
    """
    if overwrite or not (outputs.record.exists() or outputs.video.exists()):
        return False
    there = _read(outputs.record)
    if there is None:
        raise GenerationError(
            f"{outputs.video} or {outputs.record.name} is there and wasn't made here: choose another name, or --overwrite"
        )
    if not there["finished"]:
        return False
    differences = _differences(there["made_of"], described)
    if differences:
        more = f" and {len(differences) - SHOWN_DIFFERENCES} more" if len(differences) > SHOWN_DIFFERENCES else ""
        raise GenerationError(
            f"{outputs.video} was made in another way ({'; '.join(differences[:SHOWN_DIFFERENCES])}{more}): choose another name, "
            "or --overwrite"
        )
    return outputs.video.exists()


def write_record(outputs: Outputs, described: dict[str, Any], result: dict[str, Any] | None) -> None:
    """Write the record: without a result before the first frame, with it when all is done."""
    value = {"finished": result is not None, "made_of": described, "result": result}
    atomic.write_text(outputs.record, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = (
        isinstance(value, dict) and isinstance(value.get("finished"), bool) and isinstance(value.get("made_of"), dict)
    )
    return value if ours else None


def _differences(before: Any, now: Any, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*now, *(key for key in before if key not in now)]
        return [
            difference
            for key in keys
            for difference in _differences(before.get(key), now.get(key), f"{place}.{key}" if place else str(key))
        ]
    return [] if before == now else [f"{place} was {before!r}, is {now!r}"]


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
