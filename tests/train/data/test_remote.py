"""Data sets at URLs: the same examples as from a local folder, and no more bytes than are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import fsspec
import pytest
from tests.train.data.samples import config_of
from tests.train.data.test_resume import module_of, take

from cointeract_shards import members
from cointeract_train.data.catalogue import Place, read_catalogue
from cointeract_train.data.errors import DataError
from cointeract_train.data.ranges import OPEN_SHARDS, LocalRanges, open_ranges, read_members

BUCKET = "memory://training-data"


@pytest.fixture
def remote(dataset: Path) -> Iterator[str]:
    """The data set in a bucket in memory."""
    files = fsspec.filesystem("memory")
    files.put(str(dataset), BUCKET, recursive=True)
    yield BUCKET
    files.rm(BUCKET, recursive=True)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bucket_gives_what_a_folder_gives(dataset: Path, remote: str, workers: int) -> None:
    local = take(module_of(dataset, micro_batch=2), 6)
    assert take(module_of(remote, micro_batch=2, workers=workers), 6) == local  # type: ignore[arg-type]
    assert take(module_of(f"file://{dataset}", micro_batch=2, workers=workers), 6) == local  # type: ignore[arg-type]


def test_a_position_holds_at_another_place_of_the_same_data(dataset: Path, remote: str) -> None:
    before = module_of(dataset)
    take(before, 3)
    after = module_of(remote)  # type: ignore[arg-type]
    after.load_state_dict(before.state_dict())
    assert take(after, 2) == take(before, 2)


def test_a_shard_that_went_away_is_an_error(dataset: Path, remote: str) -> None:
    catalogue = read_catalogue(config_of(remote), "train")
    ranges = open_ranges(catalogue.shards_root)
    fsspec.filesystem("memory").rm(f"{remote}/shards/train/hoi-000000.tar")
    with pytest.raises(DataError, match=r"shard train/hoi-000000.tar is gone; it should hold sample"):
        read_members(ranges, catalogue.entries[0], [members.TRACKS], verify=False)


def test_only_members_that_are_needed_are_read(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Place] = []
    untouched = LocalRanges.read

    def counted(self: LocalRanges, shard: str, places: Sequence[Place]) -> list[bytes]:
        read.extend(places)
        return untouched(self, shard, places)

    monkeypatch.setattr(LocalRanges, "read", counted)
    module = module_of(dataset, micro_batch=4)
    take(module, 4)
    entries = read_catalogue(config_of(dataset), "train").entries
    names = {place: name for entry in entries for name, place in entry.members.items()}
    wanted = {"latents.block-dct-96x64.safetensors", "latents.block-dct-64x96.safetensors", members.TRACKS}
    assert {names[place] for place in read} == wanted | {"text.hashed-text.safetensors", "audio.log-mel.safetensors"}
    assert len(read) == 16 * 4


def test_open_shards_are_bounded(tmp_path: Path) -> None:
    ranges = LocalRanges(tmp_path)
    for number in range(OPEN_SHARDS + 5):
        (tmp_path / f"{number}.tar").write_bytes(bytes([number]))
        assert ranges.read(f"{number}.tar", [Place(0, 1, "")]) == [bytes([number])]
    assert ranges.read("0.tar", [Place(0, 1, "")]) == [b"\0"]
    assert len(ranges._open) == OPEN_SHARDS
