"""A data set as it was at one moment: everything that is shown is of one snapshot, never a mixture of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pyarrow as pa

from cointeract_inspector.data.columns import Column
from cointeract_inspector.data.parts import Parts
from cointeract_inspector.data.recipe import StoredRecipe
from cointeract_shards import storage

Kind = Literal["manifest", "running", "shards"]
"""What the rows were read from: the manifest (and clips that a later run has begun with), the artifacts of a run that has
no manifest yet, or the shards themselves."""


@dataclass(frozen=True)
class Snapshot:
    """Rows and their parts. Row numbers are valid within one snapshot, `hash` says which."""

    root: storage.Location
    kind: Kind
    hash: str
    clip_ids: Sequence[str]
    columns: tuple[Column, ...]
    recipe: StoredRecipe
    parts: Parts
    problems: tuple[str, ...] = ()
    """What is wrong with the data set and concerns everybody, in words."""

    @cached_property
    def rows_by_id(self) -> Mapping[str, int]:
        """Row of each clip."""
        return {clip_id: row for row, clip_id in enumerate(self.clip_ids)}

    @cached_property
    def columns_by_name(self) -> Mapping[str, Column]:
        """Column by its name."""
        return {column.name: column for column in self.columns}


@dataclass(frozen=True)
class Loaded:
    """A snapshot with its flat columns, which go into the database and are dropped then."""

    snapshot: Snapshot
    table: pa.Table
