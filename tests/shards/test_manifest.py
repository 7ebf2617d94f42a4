from __future__ import annotations

import math
import random
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_shards.errors import ManifestError, SchemaVersionError
from cointeract_shards.manifest import (
    VERSION_KEY,
    ManifestRow,
    Member,
    read_manifest,
    read_manifest_table,
    sample_digest,
    write_manifest,
)
from cointeract_shards.records import Score

MEMBER = Member("rgb.mp4", 512, 10, "a" * 64)


def row(clip_id: str, **changes: object) -> ManifestRow:
    fields: dict[str, object] = {
        "clip_id": clip_id,
        "source_id": "s",
        "source_sha256": "b" * 64,
        "first_frame": 73,
        "frames": 81,
        "motion_frames": 73,
        "shot": 0,
        "shot_first": 0,
        "shot_end": 200,
        "width": None,
        "height": None,
        "decision": "rejected",
        "rule": "luminance",
        "value": 0.1,
        "threshold": 0.2,
    }
    return ManifestRow(**{**fields, **changes})  # type: ignore[arg-type]


def mixed_rows() -> list[ManifestRow]:
    packed = {"split": "train", "shard": "hoi-000000.tar", "members": (MEMBER,), "level": "clip", "rule": None}
    return [
        row("c", scores={"quality.luminance": 0.1}),
        row("a", decision="accepted", scores={"quality.luminance": 0.5, "people.single": True}, **packed),
        row("b", decision="quarantined", error_type="OSError", reason="Tür", fingerprints={"probe": "1", "cut": "2"}),
        row("d", scores={"text.language": "de", "people.single": False, "people.count": 2}),
    ]


def test_rows_of_every_decision_read_back_sorted_by_clip(tmp_path: Path) -> None:
    write_manifest(mixed_rows(), tmp_path / "m.parquet")
    assert read_manifest(tmp_path / "m.parquet") == sorted(mixed_rows(), key=lambda item: item.clip_id)


def test_the_order_of_arrival_does_not_change_a_byte(tmp_path: Path) -> None:
    rows = [row(f"clip-{number}", scores={f"s.{number % 7}": number / 3}) for number in range(200)]
    write_manifest(rows, tmp_path / "one.parquet")
    random.Random(0).shuffle(rows)
    write_manifest(rows, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_columns_can_be_queried_without_rows(tmp_path: Path) -> None:
    write_manifest(mixed_rows(), tmp_path / "m.parquet")
    table = read_manifest_table(tmp_path / "m.parquet")
    scores = [name for name in table.column_names if name.startswith("score.")]
    assert scores == ["score.people.count", "score.people.single", "score.quality.luminance", "score.text.language"]
    assert [table.schema.field(name).type for name in scores] == [pa.float64(), pa.bool_(), pa.float64(), pa.string()]
    assert table["sample_sha256"].to_pylist() == [sample_digest({"rgb.mp4": "a" * 64}), None, None, None]
    assert table["members"][0].as_py() == [{"name": "rgb.mp4", "offset": 512, "size": 10, "sha256": "a" * 64}]


def test_a_packed_row_gives_the_places_of_its_members(tmp_path: Path) -> None:
    accepted = mixed_rows()[1]
    (place,) = accepted.locations()
    assert (place.key, place.split, place.shard, place.offset) == ("a", "train", "hoi-000000.tar", 512)
    assert mixed_rows()[0].locations() == []


NUMBERS = st.none() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.text("abc", min_size=1), st.tuples(NUMBERS, st.none() | st.booleans(), st.none() | st.text()), min_size=1
    )
)
def test_any_scores_read_back_except_null_ones(rows: dict[str, tuple[Score, Score, Score]]) -> None:
    url = f"memory://{uuid.uuid4().hex}.parquet"
    names = ("s.number", "s.flag", "s.text")
    write_manifest([row(key, scores=dict(zip(names, values, strict=True))) for key, values in rows.items()], url)
    back = {item.clip_id: dict(item.scores) for item in read_manifest(url)}
    assert back == {
        key: {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for key, values in rows.items()
    }


def test_no_rows_are_a_manifest_too(tmp_path: Path) -> None:
    write_manifest([], tmp_path / "m.parquet")
    assert read_manifest(tmp_path / "m.parquet") == []


def test_a_clip_with_two_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="'a' has two"):
        write_manifest([row("a"), row("b"), row("a")], tmp_path / "m.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("values", [(1.0, "x"), (True, 1), (1.5, math.nan), (1, math.inf)])
def test_a_score_of_mixed_kinds_or_not_finite_is_refused_by_name(tmp_path: Path, values: tuple[object, object]) -> None:
    rows = [row("a", scores={"s.x": values[0]}), row("b", scores={"s.x": values[1]})]
    with pytest.raises(ManifestError, match=r"'s\.x'"):
        write_manifest(rows, tmp_path / "m.parquet")


@pytest.mark.parametrize(
    "changes",
    [{"clip_id": ""}, {"decision": "maybe"}, {"shard": "hoi-000000.tar"}, {"members": (MEMBER,)}, {"split": "train"}],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ManifestError):
        row(**{"clip_id": "a", **changes})  # type: ignore[arg-type]


def test_an_unknown_version_is_refused_with_the_version(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    write_manifest(mixed_rows(), path)
    pq.write_table(pq.read_table(path).replace_schema_metadata({VERSION_KEY: b"99"}), path)
    with pytest.raises(SchemaVersionError, match="version 99"):
        read_manifest(path)


def test_other_files_are_no_manifest(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(SchemaVersionError, match="not a manifest"):
        read_manifest(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("hello")
    with pytest.raises(ManifestError, match="not a whole parquet"):
        read_manifest(tmp_path / "text.parquet")
    with pytest.raises(ManifestError, match="no manifest at"):
        read_manifest(tmp_path / "missing.parquet")


def test_a_truncated_manifest_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    write_manifest(mixed_rows(), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ManifestError, match="not a whole parquet"):
        read_manifest(path)
