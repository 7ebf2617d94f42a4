"""Writes a data set for FiftyOne: media unpacked from the shards, and what is known of each clip as fields and boxes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cointeract_shards import members, storage
from cointeract_shards.atomic import atomic_directory
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ShardError
from cointeract_shards.fiftyone_format import SLICES, Document, dataset_document, frame_documents, sample_document
from cointeract_shards.manifest import ManifestRow, read_manifest
from cointeract_shards.reader import ShardReader
from cointeract_shards.records import Score
from cointeract_shards.sample import Sample

DATA = "data"
FORM = "fiftyone"

Fields = dict[str, Score | tuple[str, ...]]


@dataclass(frozen=True)
class FiftyOneExport:
    """What was written."""

    directory: Path
    clips: int


def export_fiftyone(dataset_root: storage.Location, out_dir: Path, *, split: str | None = None) -> FiftyOneExport:
    """Write packed clips as a data set that `fiftyone.Dataset.from_dir(..., dataset_type=fiftyone.types.FiftyOneDataset)` reads.

    The folder appears whole. Equal data sets give equal bytes. FiftyOne isn't needed to write it.

    Args:
        dataset_root: a data set, or a folder of shards.
        out_dir: must not exist.
        split: only this one.

    Raises:
        FileExistsError: `out_dir` exists.
        ShardError, RecordError, ManifestError: the data set has no samples, or can't be read; run lint.
    """
    shards = storage.join(dataset_root, DatasetLayout.SHARDS_NAME)
    reader = ShardReader(shards if storage.exists(shards) else dataset_root)
    rows = _rows(dataset_root)
    name = str(dataset_root).rstrip("/").rsplit("/", 1)[-1]
    known: Fields = {}
    slices: set[str] = set()
    clips = 0
    with atomic_directory(out_dir, replace=False) as folder:
        with (
            _Listing(folder / "samples.json", "samples") as samples,
            _Listing(folder / "frames.json", "frames") as frames,
        ):
            for sample in reader.samples(split):
                fields = _fields(sample, rows.get(sample.key))
                known |= {field: value for field, value in fields.items() if known.get(field) is None}
                for slice_name, (member, _) in SLICES.items():
                    if member in sample.members:
                        slices.add(slice_name)
                        path = f"{DATA}/{sample.key}/{member}"
                        _unpack(sample, member, folder / path)
                        samples.add(sample_document(name, sample.key, slice_name, path, fields))
                if members.TRACKS in sample.members:
                    for document in frame_documents(name, sample.key, sample.tracks):
                        frames.add(document)
                clips += 1
        if not clips:
            raise ShardError(f"{dataset_root} has no samples to export; pack the data set first")
        ordered = [slice_name for slice_name in SLICES if slice_name in slices]
        text = json.dumps(dataset_document(name, ordered, dict(sorted(known.items()))), indent=1)
        (folder / "metadata.json").write_text(text, encoding="utf-8")
    return FiftyOneExport(out_dir, clips)


class _Listing:
    """A JSON file of one long list, written as its elements come."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._empty = True

    def __enter__(self) -> _Listing:
        self._stream = self._path.open("w", encoding="utf-8")
        self._stream.write(f'{{"{self._key}": [')
        return self

    def add(self, document: Document) -> None:
        self._stream.write(("" if self._empty else ",\n") + json.dumps(document, ensure_ascii=False, allow_nan=False))
        self._empty = False

    def __exit__(self, *_: object) -> None:
        self._stream.write("]}\n")
        self._stream.close()


def _rows(root: storage.Location) -> Mapping[str, ManifestRow]:
    path = storage.join(root, DatasetLayout.MANIFEST_NAME)
    return {row.clip_id: row for row in read_manifest(path)} if storage.exists(path) else {}


def _fields(sample: Sample, row: ManifestRow | None) -> Fields:
    """What is known of a clip. FiftyOne's names have no dots."""
    meta = sample.meta
    fields: Fields = {
        "clip_id": sample.key,
        "source_id": meta.source_id,
        "level": meta.level,
        "prompt": meta.prompt,
        "first_frame": float(meta.first_frame),
    }
    if row is not None:
        fields |= {
            "split": row.split,
            "decision": row.decision,
            "rule": row.rule,
            "reason": row.reason,
            "review_label": row.review_label,
            "review_reasons": row.review_reasons,
            "reviewers": row.reviewers,
            "review_conflict": row.review_conflict,
        }
    for axis, verdict in meta.verdicts.items():
        fields[f"verdict_{axis}"] = verdict.passed
    return fields | {f"score_{name.replace('.', '_')}": _plain(value) for name, value in meta.scores.items()}


def _plain(value: Score) -> Score:
    """Whole numbers as numbers: a score may be whole in one clip and not in the next."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _unpack(sample: Sample, member: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sample.read(member))


def importing(folder: Path) -> Iterable[str]:
    """Lines of Python that open an export."""
    yield "import fiftyone as fo"
    yield f"dataset = fo.Dataset.from_dir({str(folder)!r}, dataset_type=fo.types.FiftyOneDataset)"
    yield "fo.launch_app(dataset)"
