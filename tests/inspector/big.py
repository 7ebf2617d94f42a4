"""A generated data set of many rows: a manifest with as many scores as real ones have, and one shard that all clips lie in."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from cointeract_shards import manifest_columns
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import MANIFEST_VERSION, ROW_GROUP_ROWS, SCORE_PREFIX, VERSION_KEY
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import MemberLocation
from cointeract_shards.tar_writer import write_shards

STAGES = ("cut", "quality", "people", "body", "object", "structure", "references", "validate", "caption")
SCORES_OF_A_STAGE = 11
SOURCES = 800
SHARE_REJECTED, SHARE_QUARANTINED = 0.35, 0.01
RULES = {
    f"{stage}_{number}": {
        "score": f"{stage}.score_{number:02d}",
        "min": 0.05 + 0.01 * number,
        "message": f"{stage} is poor",
    }
    for stage in STAGES[1:8]
    for number in range(3)
}
SHARD_COUNT = 120


def write_big(root: Path, rows: int, sample: Sample, seed: int = 0) -> DatasetLayout:
    """A data set of `rows` clips; every accepted one is `sample` under another name."""
    layout = DatasetLayout(root)
    places = write_shards([sample], layout.shards, "train", max_samples=1, max_bytes=1 << 30)
    shard = layout.split("train") / places[0].shard
    for number in range(1, SHARD_COUNT):
        (shard.parent / f"hoi-{number:06d}.tar").hardlink_to(shard)
    table = _table(rows, places, np.random.default_rng(seed))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=3, row_group_size=ROW_GROUP_ROWS)
    layout.manifest.write_bytes(buffer.getvalue())
    recipe = {"name": "generated", **{stage: {} for stage in ("identify", "probe", "split", *STAGES)}, "policy": RULES}
    layout.config.write_text(yaml.safe_dump({"recipe": recipe}, sort_keys=False))
    return layout


def _table(rows: int, places: list[MemberLocation], random: np.random.Generator) -> pa.Table:
    source = np.sort(random.integers(0, SOURCES, rows))
    first = np.arange(rows) % 1000 * TARGET_FRAMES
    ids = [
        f"{number:016x}-{start:08d}"
        for number, start in zip(source * 1000 + np.arange(rows) // 1000, first, strict=True)
    ]
    drawn = random.random(rows)
    rejected, quarantined = drawn < SHARE_REJECTED, drawn > 1 - SHARE_QUARANTINED
    packed = ~(rejected | quarantined)
    rule = random.choice(sorted(RULES), rows)
    hashes = [hashlib.sha256(name.encode()).hexdigest() for name in ids]
    shards = np.array([f"hoi-{number:06d}.tar" for number in range(SHARD_COUNT)])[np.arange(rows) % SHARD_COUNT]
    where = {True: places, False: []}
    columns: dict[str, pa.Array] = {}
    texts = {
        "clip_id": ids,
        "source_id": [f"{number:016x}" for number in source],
        "source_sha256": [hashlib.sha256(b"%d" % number).hexdigest() for number in source],
        "decision": np.select([rejected, quarantined], ["rejected", "quarantined"], "accepted").tolist(),
        "stage": _masked([name.rpartition("_")[0] for name in rule], ~packed),
        "rule": _masked(rule.tolist(), rejected),
        "reason": _masked([f"{RULES[name]['message']} ({RULES[name]['score']})" for name in rule], rejected),
        "error_type": _masked(["StageCrashError"] * rows, quarantined),
        "identity": [f"person-{number % 211}" for number in source],
        "level": _masked(["triplet"] * rows, packed),
        "split": _masked(["train"] * rows, packed),
        "shard": _masked(shards.tolist(), packed),
        "sample_sha256": _masked(hashes, packed),
        "content_sha256": hashes,
    }
    numbers = {
        "first_frame": first,
        "frames": np.full(rows, TARGET_FRAMES),
        "motion_frames": np.full(rows, MOTION_FRAMES),
        "shot": np.arange(rows) % 50,
        "shot_first": first,
        "shot_end": first + TARGET_FRAMES,
        "width": np.full(rows, 480),
        "height": np.full(rows, 832),
        "value": random.random(rows),
        "threshold": random.random(rows),
    }
    for name, kind in manifest_columns.FIXED_COLUMNS.items():
        if name == "members":
            columns[name] = manifest_columns.members_array([where[bool(flag)] for flag in packed])
        elif name == "fingerprints":
            of_row = [(stage, "0123456789abcdef") for stage in STAGES]
            columns[name] = pa.array([of_row] * rows, kind)
        elif name in texts or name in numbers:
            columns[name] = pa.array(texts.get(name, numbers.get(name)), kind)
        else:
            columns[name] = pa.nulls(rows, kind)
    for stage in STAGES:
        for number in range(SCORES_OF_A_STAGE):
            missing = (random.random(rows) < 0.15) & ~packed
            columns[f"{SCORE_PREFIX}{stage}.score_{number:02d}"] = pa.array(_scores(number, rows, random), mask=missing)
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    return pa.table(columns, schema=schema.with_metadata({VERSION_KEY: str(MANIFEST_VERSION).encode()}))


def _scores(number: int, rows: int, random: np.random.Generator) -> np.ndarray:
    """As in real manifests: of eleven scores four are nearly constant, four are rounded, three have all their digits."""
    values = random.random(rows)
    if number % 11 in (3, 5, 7, 9):
        return np.where(values < 0.97, 1.0, np.round(values, 2))
    return np.round(values, 5) if number % 11 in (1, 2, 4, 6) else values


def _masked(values: list[str], keep: np.ndarray) -> list[str | None]:
    return [value if kept else None for value, kept in zip(values, keep, strict=True)]
