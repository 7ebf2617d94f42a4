"""Taking in a directory of the released trainer's form: its clips are cut already, so they go straight into shards."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from cointeract_curation.core.config import PackConfig
from cointeract_curation.core.dataset import IMPORTED, Dataset
from cointeract_curation.core.errors import ConfigurationError
from cointeract_curation.pack import TRAIN, split_of_source
from cointeract_shards import canonical_json, storage
from cointeract_shards.csv_format import CSV_NAME
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.import_csv import ImportedRow, RowError, read_rows
from cointeract_shards.manifest import ManifestRow, members_by_key, write_manifest
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.sample import Sample
from cointeract_shards.tar_writer import write_shards

log = logging.getLogger(__name__)

RECORD = "import.json"


@dataclass(frozen=True)
class AdoptResult:
    """How many rows became samples, and why the others did not."""

    samples: int
    errors: tuple[RowError, ...]


def is_trainer_directory(inputs: Sequence[str]) -> bool:
    """Whether the one input is a directory with a ``data.csv``."""
    return len(inputs) == 1 and not storage.is_url(inputs[0]) and (Path(inputs[0]) / CSV_NAME).is_file()


def adopt(directory: Path, output: str, config: PackConfig) -> AdoptResult:
    """Pack every row of ``directory`` into the new data set ``output``. A bad row is reported and stops no other.

    Raises `ConfigurationError` if ``output`` exists, or if no row at all can be read.
    """
    dataset = Dataset(output)
    if storage.exists(dataset.location()):
        raise ConfigurationError(
            f"{output} exists; rows of a CSV directory become a data set of their own, choose another output"
        )
    rows = list(read_rows(directory))
    errors = tuple(row for row in rows if isinstance(row, RowError))
    imported = [row for row in rows if isinstance(row, ImportedRow)]
    for error in errors:
        log.warning("%s", error)
    if not imported:
        raise ConfigurationError(
            f"none of the {len(rows)} rows of {directory} can be read; the first says: {errors[0] if errors else 'nothing'}"
        )
    splits: dict[str, list[Sample]] = {}
    for row in imported:
        splits.setdefault(row.split or split_of_source(row.sample.meta.source_sha256, config), []).append(row.sample)
    with dataset.lock():
        locations = []
        for split in sorted(splits, key=lambda name: (name != TRAIN, name)):
            locations += write_shards(
                splits[split],
                dataset.location(DatasetLayout.SHARDS_NAME),
                split,
                max_samples=config.max_samples,
                max_bytes=config.max_bytes,
            )
        places, by_key = members_by_key(locations), {place.key: place for place in locations}
        manifest = []
        for row in imported:
            meta = row.sample.meta
            manifest.append(
                ManifestRow(
                    clip_id=meta.id,
                    source_id=meta.source_id,
                    source_sha256=meta.source_sha256,
                    first_frame=meta.first_frame,
                    frames=meta.frames,
                    motion_frames=meta.motion_frames,
                    shot=meta.shot.index,
                    shot_first=meta.shot.first,
                    shot_end=meta.shot.end,
                    width=meta.width,
                    height=meta.height,
                    decision="accepted",
                    level=meta.level,
                    identity=meta.identity,
                    split=by_key[meta.id].split,
                    shard=by_key[meta.id].shard,
                    members=places[meta.id],
                    fingerprints=meta.fingerprints,
                    scores=meta.scores,
                    content_sha256=content_sha256({member.name: member.sha256 for member in places[meta.id]}),
                )
            )
        write_manifest(manifest, dataset.location(DatasetLayout.MANIFEST_NAME))
        notes = {row.sample.key: list(row.notes) for row in imported if row.notes}
        record = {"samples": len(imported), "errors": [str(error) for error in errors], "notes": notes}
        storage.write_bytes(dataset.location(RECORD), canonical_json.encode(record))
        content = yaml.safe_dump({IMPORTED: str(directory), "pack": config.model_dump(mode="json")}, sort_keys=False)
        storage.write_bytes(dataset.location(DatasetLayout.CONFIG_NAME), content.encode())
    return AdoptResult(len(imported), errors)
