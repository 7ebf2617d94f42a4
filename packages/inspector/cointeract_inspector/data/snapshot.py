"""A data set as it was at one moment: everything that is shown is of one snapshot, never a mixture of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from cointeract_inspector.data.clip_ids import ClipIds
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
    clip_ids: ClipIds
    recipe: StoredRecipe
    parts: Parts
    problems: tuple[str, ...] = ()
    """What is wrong with the data set and concerns everybody, in words."""


@dataclass(frozen=True)
class Incoming:
    """Flat columns of some rows, which go into the database batch by batch."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    listed: pa.Table
    """Of all these rows the columns whose values are listed, and those that these are made of."""


@dataclass(frozen=True)
class Loaded:
    """A snapshot, and its rows on their way into the database."""

    snapshot: Snapshot
    columns: Mapping[str, pa.DataType]
    """All columns that pages know, in order."""
    incoming: tuple[Incoming, ...]
