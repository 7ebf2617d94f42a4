"""Reads a data set into a snapshot, and tells cheaply whether it has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from cointeract_inspector.data import columns
from cointeract_inspector.data.clip_ids import ClipIds
from cointeract_inspector.data.parts import JoinedParts, ManifestParts, Parts, RunningParts, ShardParts
from cointeract_inspector.data.recipe import StoredRecipe, read_recipe
from cointeract_inspector.data.running import RunningRows, running_rows
from cointeract_inspector.data.scanned import scan_shards, shards_root
from cointeract_inspector.data.snapshot import Incoming, Kind, Loaded, Snapshot
from cointeract_inspector.errors import InspectorError
from cointeract_shards import manifest_columns, storage
from cointeract_shards.artifacts import ArtifactFolder
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import SCORE_PREFIX
from cointeract_shards.manifest_file import ManifestFile
from cointeract_shards.shard_index import SHARD_SUFFIX

HASH_DIGITS = 16


def load(dataset: storage.Location) -> Loaded:
    """Read a data set as it is now: by its manifest; without one, by the artifacts of its run; else by its shards.

    Raises:
        InspectorError: nothing there, or nothing that can be shown.
        ManifestError, SchemaVersionError: the manifest can't be read; names its version.
    """
    if not storage.exists(dataset):
        raise InspectorError(f"there is no data set at {dataset}: the folder doesn't exist")
    recipe = read_recipe(dataset)
    artifacts = ArtifactFolder(storage.join(dataset, DatasetLayout.ARTIFACTS_NAME))
    if storage.exists(storage.join(dataset, DatasetLayout.MANIFEST_NAME)):
        return _from_manifest(dataset, recipe, artifacts)
    if storage.exists(artifacts.root):
        return _from_run(dataset, recipe, artifacts)
    return _from_shards(dataset, recipe)


def signature(dataset: storage.Location) -> str:
    """What changes when the data set does: names, sizes and times of what `load` reads. Costs no reading of content.

    For a data set at a URL: sizes only, so one that was replaced by another of equal size isn't noticed.
    """
    facts: list[tuple[str, int, int]] = []
    if storage.is_url(dataset):
        manifest = storage.join(dataset, DatasetLayout.MANIFEST_NAME)
        facts.append((str(manifest), storage.size(manifest) if storage.exists(manifest) else -1, 0))
        return repr(facts)
    root = Path(dataset)
    manifest = root / DatasetLayout.MANIFEST_NAME
    watched = [manifest, root / DatasetLayout.CONFIG_NAME]
    folder = root / DatasetLayout.ARTIFACTS_NAME
    if folder.is_dir():
        watched += [folder] if manifest.exists() else [folder, *folder.iterdir()]
    elif not manifest.exists() and root.is_dir():
        watched += sorted(root.rglob(f"*{SHARD_SUFFIX}"))
    for path in watched:
        try:
            found = path.stat()
            facts.append((path.name, found.st_size, found.st_mtime_ns))
        except FileNotFoundError:
            facts.append((path.name, -1, 0))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()


def _from_manifest(dataset: storage.Location, recipe: StoredRecipe, artifacts: ArtifactFolder) -> Loaded:
    manifest = ManifestFile(storage.join(dataset, DatasetLayout.MANIFEST_NAME))
    there = manifest.flat_schema
    contents = manifest.columns([columns.CONTENT]).column(0) if columns.CONTENT in there.names else None
    clip_ids = ClipIds(manifest.columns(["clip_id"]).column(0).to_pylist())
    packed = storage.join(dataset, DatasetLayout.SHARDS_NAME)
    parts: Parts = ManifestParts(manifest, clip_ids, packed, artifacts, contents)
    schema = pa.schema([field for field in there if field.name not in columns.HIDDEN or field.name == "rule"])
    incoming = [Incoming(schema, manifest.batches(schema.names), manifest.columns(_listed_names(schema)))]
    shown = columns.complete(schema)
    problems = []
    running = running_rows(artifacts, recipe, clip_ids) if storage.exists(artifacts.root) else RunningRows()
    if running.clip_ids:
        table = _table(running.columns)
        incoming.append(_incoming(table))
        shown |= {name: kind for name, kind in columns.complete(table.schema).items() if name not in shown}
        parts = JoinedParts(parts, len(clip_ids), RunningParts(artifacts, running.outcomes))
        clip_ids = ClipIds([*clip_ids, *running.clip_ids])
        problems.append(f"{len(running.clip_ids)} clips are newer than the manifest; a run is going on or was stopped")
    return Loaded(_snapshot(dataset, "manifest", clip_ids, recipe, parts, problems), shown, tuple(incoming))


def _from_run(dataset: storage.Location, recipe: StoredRecipe, artifacts: ArtifactFolder) -> Loaded:
    running = running_rows(artifacts, recipe, ClipIds(()))
    if not running.clip_ids:
        raise InspectorError(
            f"{dataset} has no clips yet: its run hasn't cut any; wait for the first ones, `cointeract status` tells how far it is"
        )
    problems = ["there is no manifest yet: a run is going on or was stopped; clips are shown as far as they are made"]
    parts = RunningParts(artifacts, running.outcomes)
    snapshot = _snapshot(dataset, "running", ClipIds(running.clip_ids), recipe, parts, problems)
    table = _table(running.columns)
    return Loaded(snapshot, columns.complete(table.schema), (_incoming(table),))


def _from_shards(dataset: storage.Location, recipe: StoredRecipe) -> Loaded:
    root = shards_root(dataset)
    scanned = scan_shards(root)
    if not scanned.samples:
        reasons = "; ".join(scanned.problems) or "no manifest.parquet, no artifacts and no .tar shards are below it"
        raise InspectorError(f"{dataset} has nothing to show: {reasons}")
    problems = ["there is no manifest: samples are shown as the shards hold them", *scanned.problems]
    table = _table(scanned.columns)
    clip_ids = ClipIds(table.column("clip_id").to_pylist())
    snapshot = _snapshot(dataset, "shards", clip_ids, recipe, ShardParts(root, scanned.samples), problems)
    return Loaded(snapshot, columns.complete(table.schema), (_incoming(table),))


def _snapshot(
    dataset: storage.Location,
    kind: Kind,
    clip_ids: ClipIds,
    recipe: StoredRecipe,
    parts: Parts,
    problems: Sequence[str],
) -> Snapshot:
    digest = hashlib.sha256(signature(dataset).encode()).hexdigest()[:HASH_DIGITS]
    return Snapshot(dataset, kind, digest, clip_ids, recipe, parts, tuple(problems))


def _incoming(table: pa.Table) -> Incoming:
    return Incoming(table.schema, iter(table.to_batches()), table.select(_listed_names(table.schema)))


def _listed_names(schema: pa.Schema) -> list[str]:
    """Columns whose values are listed, or that such a one is made of."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)]
    return [name for name in texts if columns.is_listed(columns.shown_name(name)) or name == "rule"]


def _table(rows: Mapping[str, list[Any]]) -> pa.Table:
    """Rows of a run or of shards as a manifest has them."""
    arrays = {
        name: manifest_columns.score_array(name, values)
        if name.startswith(SCORE_PREFIX)
        else pa.array(values, manifest_columns.FIXED_COLUMNS[name])
        for name, values in rows.items()
    }
    return pa.table(arrays)
