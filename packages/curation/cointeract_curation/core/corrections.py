"""What people said about single clips that stages must obey: boxes that they drew, and clips to go on with although a rule
rejected them. Kept beside the data set as one small file, which `cointeract requeue --reviewed` writes from the reviews; so what a
run makes depends on that moment's corrections, not on what reviewers type meanwhile.

A box is part of the fingerprint of the stages that obey it, for that clip alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from cointeract_shards import storage
from cointeract_shards.records import Box, Record, VersionedRecord
from cointeract_shards.reviews.event import Part

CORRECTIONS_NAME = "corrections.json"

ClipBoxes = Mapping[Part, Mapping[int, Box]]
"""Of one clip: by part and frame, the box [x1, y1, x2, y2] in pixels of the stored video, right and lower end not included."""


class CorrectedBox(Record):
    """One box of one clip."""

    clip: str
    part: Part
    frame: int
    box: Box


class Corrections(VersionedRecord):
    """All corrections of a data set, sorted."""

    SCHEMA_VERSION: ClassVar[int] = 1

    boxes: tuple[CorrectedBox, ...] = ()
    carried_on: tuple[str, ...] = ()
    """Clips that go through all stages although a rule rejects them: people accept them. The rule's verdict stays."""

    @cached_property
    def by_clip(self) -> Mapping[str, ClipBoxes]:
        """The boxes of each clip that has any."""
        found: dict[str, dict[Part, dict[int, Box]]] = {}
        for item in self.boxes:
            found.setdefault(item.clip, {}).setdefault(item.part, {})[item.frame] = item.box
        return found

    def of_parts(self, parts: tuple[Part, ...]) -> dict[str, ClipBoxes]:
        """The boxes of some parts, of each clip that has any of them."""
        found: dict[str, ClipBoxes] = {}
        for clip, boxes in self.by_clip.items():
            wanted = {part: boxes[part] for part in parts if part in boxes}
            if wanted:
                found[clip] = wanted
        return found


def read_corrections(root: storage.Location) -> Corrections:
    """The corrections of the data set at ``root``; none where it has no such file.

    Raises `ContractError` where the file isn't valid or is of another version.
    """
    location = storage.join(root, CORRECTIONS_NAME)
    if not storage.exists(location):
        return Corrections()
    return Corrections.from_bytes(storage.read_bytes(location), where=str(location))


def write_corrections(root: storage.Location, corrections: Corrections) -> None:
    """Store them; the file appears whole."""
    storage.write_bytes(storage.join(root, CORRECTIONS_NAME), corrections.to_bytes())
