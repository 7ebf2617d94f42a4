"""Reads a data set into a snapshot, and tells cheaply whether it has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cointeract_inspector.data import columns
from cointeract_inspector.data.parts import JoinedParts, ManifestParts, Parts, RunningParts, ShardParts
from cointeract_inspector.data.recipe import StoredRecipe, read_recipe
from cointeract_inspector.data.running import RunningRows, running_rows
from cointeract_inspector.data.scanned import scan_shards, shards_root
from cointeract_inspector.data.snapshot import Kind, Loaded, Snapshot
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
    flat = manifest.flat()
    # A shard is named with its split: two splits have shards of one name.
    where = pc.if_else(
        pc.equal(pc.fill_null(flat.column("split"), ""), ""),
        flat.column("shard"),
        pc.binary_join_element_wise(flat.column("split"), flat.column("shard"), "/"),
    )
    flat = flat.set_column(flat.column_names.index("shard"), "shard", where)
    clip_ids: list[str] = flat.column("clip_id").to_pylist()
    contents = flat.column(columns.CONTENT) if columns.CONTENT in flat.column_names else None
    packed = storage.join(dataset, DatasetLayout.SHARDS_NAME)
    parts: Parts = ManifestParts(manifest, clip_ids, where.to_pylist(), packed, artifacts, contents)
    problems = _missing_shards(packed, sorted({shard for shard in where.unique().to_pylist() if shard}))
    table = columns.rename(flat)
    running = running_rows(artifacts, recipe, frozenset(clip_ids)) if storage.exists(artifacts.root) else RunningRows()
    if running.clip_ids:
        table = pa.concat_tables([table, _table(running.columns)], promote_options="permissive")
        parts = JoinedParts(parts, len(clip_ids), RunningParts(artifacts, running.outcomes))
        clip_ids = [*clip_ids, *running.clip_ids]
        problems.append(f"{len(running.clip_ids)} clips are newer than the manifest; a run is going on or was stopped")
    return _loaded(dataset, "manifest", table, clip_ids, recipe, parts, problems)


def _from_run(dataset: storage.Location, recipe: StoredRecipe, artifacts: ArtifactFolder) -> Loaded:
    running = running_rows(artifacts, recipe, frozenset())
    if not running.clip_ids:
        raise InspectorError(
            f"{dataset} has no clips yet: its run hasn't cut any; wait for the first ones, `cointeract status` tells how far it is"
        )
    parts = RunningParts(artifacts, running.outcomes)
    problems = ["there is no manifest yet: a run is going on or was stopped; clips are shown as far as they are made"]
    return _loaded(dataset, "running", _table(running.columns), running.clip_ids, recipe, parts, problems)


def _from_shards(dataset: storage.Location, recipe: StoredRecipe) -> Loaded:
    root = shards_root(dataset)
    scanned = scan_shards(root)
    if not scanned.samples:
        reasons = "; ".join(scanned.problems) or "no manifest.parquet, no artifacts and no .tar shards are below it"
        raise InspectorError(f"{dataset} has nothing to show: {reasons}")
    problems = ["there is no manifest: samples are shown as the shards hold them", *scanned.problems]
    table = _table(scanned.columns)
    ids: list[str] = table.column("id").to_pylist()
    return _loaded(dataset, "shards", table, ids, recipe, ShardParts(root, scanned.samples), problems)


def _loaded(
    dataset: storage.Location,
    kind: Kind,
    table: pa.Table,
    clip_ids: list[str] | tuple[str, ...] | Any,
    recipe: StoredRecipe,
    parts: Parts,
    problems: list[str],
) -> Loaded:
    table = columns.complete(table)
    digest = hashlib.sha256(signature(dataset).encode()).hexdigest()[:HASH_DIGITS]
    snapshot = Snapshot(dataset, kind, digest, clip_ids, columns.describe(table), recipe, parts, tuple(problems))
    return Loaded(snapshot, table)


def _table(rows: Mapping[str, list[Any]]) -> pa.Table:
    """Rows of a run or of shards, with the types that a manifest has."""
    types = {columns.RENAMED.get(name, name): kind for name, kind in manifest_columns.FIXED_COLUMNS.items()}
    arrays = {}
    for name, values in rows.items():
        kind = types.get(name.removeprefix(SCORE_PREFIX))
        arrays[name] = manifest_columns.score_array(name, values) if "." in name else pa.array(values, kind)
    return pa.table(arrays)


def _missing_shards(root: storage.Location, shards: list[str]) -> list[str]:
    return [
        f"shard {shard} is missing; restore it or pack the data set again"
        for shard in shards
        if not storage.exists(storage.join(root, *shard.split("/")))
    ]
