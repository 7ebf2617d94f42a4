"""Writes a data set as the directory that the released CoInteract trainer reads, with everything else beside it."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cointeract_shards import storage
from cointeract_shards.atomic import atomic_directory
from cointeract_shards.csv_format import (
    COLUMNS,
    CSV_NAME,
    TRAIN_SPLIT,
    Sidecar,
    SidecarMember,
    csv_name,
    member_file,
    sidecar_file,
    to_row,
)
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import CsvError
from cointeract_shards.reader import ShardReader
from cointeract_shards.sample import Sample


@dataclass(frozen=True)
class CsvExport:
    """What was written."""

    directory: Path
    rows: dict[str, int]
    """Rows by CSV file."""


def export_csv(dataset_root: storage.Location, out_dir: Path, *, split: str | None = None) -> CsvExport:
    """Write samples as files, a row for each, and what a row can't hold as sidecars; the directory appears whole.

    `data.csv`, which the released trainer is pointed at, holds the split `train`, or the only one there is. Other
    splits go to `data.<split>.csv`, so that held-out samples aren't trained on by accident.

    Args:
        dataset_root: a data set, or a folder of shards.
        out_dir: must not exist.
        split: export only this one, as `data.csv`.

    Raises:
        FileExistsError: `out_dir` exists.
        CsvError: no samples, several splits of which none is `train`, or a sample without what a row needs.
        ShardError, RecordError: a shard or record can't be read; run lint.
    """
    shards = storage.join(dataset_root, DatasetLayout.SHARDS_NAME)
    reader = ShardReader(shards if storage.exists(shards) else dataset_root)
    files = _csv_files(sorted({shard.split for shard in reader.shards}), split, dataset_root)
    rows: dict[str, int] = {}
    with atomic_directory(out_dir, replace=False) as folder:
        for name, of_split in files.items():
            rows[name] = _export_split(reader, of_split, folder, folder / name)
    return CsvExport(out_dir, rows)


def _csv_files(splits: list[str], wanted: str | None, root: storage.Location) -> dict[str, str]:
    """The split that each CSV file holds."""
    if not splits:
        raise CsvError(f"{root} has no shards to export; pack the data set first")
    if wanted is not None:
        return {CSV_NAME: wanted}  # the reader names the splits there are if this isn't one
    if len(splits) == 1:
        return {CSV_NAME: splits[0]}
    if TRAIN_SPLIT not in splits:
        raise CsvError(f"{root} has the splits {', '.join(splits)}; say which one to export")
    return {CSV_NAME if split == TRAIN_SPLIT else csv_name(split): split for split in splits}


def _export_split(reader: ShardReader, split: str, folder: Path, csv_path: Path) -> int:
    count = 0
    with csv_path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for sample in reader.samples(split):
            row = to_row(sample)
            _write_members(sample, split, folder)
            writer.writerow(row)
            count += 1
    return count


def _write_members(sample: Sample, split: str, folder: Path) -> None:
    listed: dict[str, SidecarMember] = {}
    for name in sorted(sample.members):
        file = member_file(sample.key, name)
        path = folder / file
        if path.exists():
            raise CsvError(f"sample {sample.key!r} comes twice; run `cointeract lint` on the data set")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = sample.read(name)
        path.write_bytes(data)
        listed[name] = SidecarMember(file=file, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    sidecar = folder / sidecar_file(sample.key)
    sidecar.write_bytes(Sidecar(key=sample.key, split=split, members=listed).to_bytes())
