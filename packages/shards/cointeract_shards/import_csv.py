"""Reads a directory of the released trainer's form back into samples: our own exports without loss, and others as far
as their rows say.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cointeract_shards.csv_format import COLUMNS, CSV_NAME, DEMO_HOI_COLUMN, Sidecar, sidecar_file, to_row
from cointeract_shards.errors import ContractError, CsvError
from cointeract_shards.foreign_row import REQUIRED_COLUMNS, foreign_sample, resolve
from cointeract_shards.records import describe
from cointeract_shards.sample import Sample

SURPLUS = "\0surplus"
"""Key under which the reader keeps cells beyond the last column; no header can be named so."""


@dataclass(frozen=True)
class RowError:
    """A row that can't become a sample."""

    file: str
    """Name of the CSV file."""
    row: int
    """Row number, from 1, not counting the header."""
    message: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}: {self.message}"


@dataclass(frozen=True)
class ImportedRow:
    """A row that became a sample."""

    sample: Sample
    split: str | None
    """Split that the sample was exported from; None for a directory that we didn't write."""
    notes: tuple[str, ...]
    """What was assumed or changed on the way in."""


def read_rows(directory: Path) -> Iterator[ImportedRow | RowError]:
    """Every row of every CSV in the directory: `data.csv`, then `data.<split>.csv`.

    A row whose sample has a sidecar gives exactly the members that were exported; the row must still say the same as
    they do. Another row gives a sample of level `clip` with the members that it names.

    Raises:
        CsvError: no `data.csv`, or one without the columns that every row needs, or that isn't CSV.
    """
    if not (directory / CSV_NAME).is_file():
        raise CsvError(f"{directory} has no {CSV_NAME}; give the directory that holds it")
    stem, _, suffix = CSV_NAME.partition(".")
    others = sorted(path for path in directory.glob(f"{stem}.*.{suffix}") if path.is_file())
    seen: dict[str, str] = {}
    for path in [directory / CSV_NAME, *others]:
        for number, cells, surplus in _cells(path):
            place = f"{path.name}, row {number}"
            try:
                if surplus:
                    raise CsvError(f"has {surplus} cells more than there are columns; quote cells that hold commas")
                imported = _import_row(directory, cells)
                key = imported.sample.key
                if key in seen:
                    raise CsvError(f"gives the key {key!r}, as does {seen[key]}; name the input videos differently")
                seen[key] = place
            except ValidationError as error:
                yield RowError(path.name, number, describe(error))
            except (ContractError, OSError) as error:
                yield RowError(path.name, number, str(error))
            else:
                yield imported


def import_csv(directory: Path, *, on_error: Callable[[RowError], None] | None = None) -> Iterator[Sample]:
    """Samples of a directory; a bad row doesn't stop the others.

    Args:
        directory: holds `data.csv`; paths in it are relative to the directory.
        on_error: called for each bad row. Without it, the bad rows are raised together after the last sample.

    Raises:
        CsvError: the directory can't be read; or, without `on_error`, some rows were bad.
    """
    errors: list[RowError] = []
    for result in read_rows(directory):
        if isinstance(result, ImportedRow):
            yield result.sample
        elif on_error is not None:
            on_error(result)
        else:
            errors.append(result)
    if errors:
        lines = "\n".join(str(error) for error in errors)
        raise CsvError(f"{len(errors)} rows of {directory} couldn't be imported; the others were:\n{lines}")


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str], int]]:
    """Number and cells of each row, and how many cells it has beyond the last column."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream, restkey=SURPLUS, restval="", strict=True)
        try:
            missing = [column for column in REQUIRED_COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise CsvError(
                    f"{path} lacks the columns {', '.join(missing)}; the released form has {', '.join(COLUMNS)}"
                )
            for number, cells in enumerate(reader, start=1):
                surplus = len(cells.pop(SURPLUS, ()))
                yield number, cells, surplus
        except csv.Error as error:
            raise CsvError(f"{path}, line {reader.line_num}: not CSV ({error})") from error
        except UnicodeDecodeError as error:
            raise CsvError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from error


def _import_row(directory: Path, cells: dict[str, str]) -> ImportedRow:
    video = cells["input_video"]
    if not video:
        raise CsvError("input_video is empty; a sample needs its target video")
    sidecar = directory / sidecar_file(Path(video).stem)
    if sidecar.is_file():
        return _from_sidecar(directory, sidecar, cells)
    sample, notes = foreign_sample(directory, cells)
    return ImportedRow(sample, None, notes)


def _from_sidecar(directory: Path, path: Path, cells: dict[str, str]) -> ImportedRow:
    sidecar = Sidecar.from_bytes(path.read_bytes(), where=str(path.relative_to(directory)))
    files: dict[str, bytes | Path] = {}
    for name, member in sidecar.members.items():
        file = resolve(directory, member.file, name)
        digest = _digest(file)
        if digest != member.sha256:
            raise CsvError(
                f"{member.file} has SHA-256 {digest}, its sidecar says {member.sha256}; export the data set again"
            )
        files[name] = file
    sample = Sample(sidecar.key, files)
    row = to_row(sample)
    changed = [column for column in COLUMNS if column in cells and cells[column] != row[column]]
    if changed or DEMO_HOI_COLUMN in cells:
        raise CsvError(
            f"the row was edited in {', '.join(changed) or DEMO_HOI_COLUMN} after the export and "
            f"no longer fits its sidecar "
            f"{path.relative_to(directory)}; remove the sidecar to import what the row says"
        )
    return ImportedRow(sample, sidecar.split, ())


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
