from __future__ import annotations

import hashlib
import tarfile
import tempfile
import uuid
from itertools import pairwise
from pathlib import Path
from random import Random

import fsspec
import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ContractError, SampleKeyError, ShardError
from cointeract_shards.reader import ShardReader, list_shards, read_member
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import MemberLocation, read_index, scan
from cointeract_shards.tar_writer import shuffle_order, write_shards
from tests.shards.samples import MakeSample

NAMES = ("rgb.mp4", "audio.wav", "meta.json", "latents.wan21.safetensors")
CONTENT = st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=1500), min_size=1)
KEYS = st.text("abcXYZ019_-", min_size=1, max_size=24).filter(lambda key: key[0] not in "_-")
SAMPLES = st.dictionaries(KEYS, CONTENT, min_size=1, max_size=7)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pack(samples: list[Sample], root: Path, max_samples: int = 3, max_bytes: int = 6000) -> list[MemberLocation]:
    return write_shards(samples, root, "train", max_samples=max_samples, max_bytes=max_bytes)


def some(count: int) -> list[Sample]:
    return [Sample(f"clip-{number}", {"rgb.mp4": bytes([number]) * 700, "meta.json": b"{}"}) for number in range(count)]


@settings(max_examples=40, deadline=None)
@given(SAMPLES, st.randoms(use_true_random=False))
def test_any_samples_in_any_order_give_the_same_bytes_and_read_back(
    content: dict[str, dict[str, bytes]], random: Random
) -> None:
    samples = [Sample(key, members) for key, members in content.items()]
    with tempfile.TemporaryDirectory() as name:
        one, two = Path(name, "one"), Path(name, "two")
        locations = pack(samples, one)
        random.shuffle(samples)
        assert pack(samples, two) == locations
        assert files_of(one) == files_of(two)
        assert {s.key: dict(s.members) for s in ShardReader(one).samples()} == content
        for place in locations:
            data = read_member(one, place, verify=True)
            assert data == content[place.key][place.name]
            assert hashlib.sha256(data).hexdigest() == place.sha256
        for shard in list_shards(one):
            folder = shard.folder(one)
            assert scan(folder, shard.name) == read_index(folder, shard.name)


def test_members_given_as_files_and_as_bytes_give_the_same_shard(tmp_path: Path) -> None:
    file = tmp_path / "video"
    file.write_bytes(b"v" * 3_000_000)
    pack([Sample("a", {"rgb.mp4": file})], tmp_path / "one", max_bytes=1 << 30)
    pack([Sample("a", {"rgb.mp4": file.read_bytes()})], tmp_path / "two", max_bytes=1 << 30)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_shards_are_cut_by_count_and_by_size(tmp_path: Path) -> None:
    pack(some(7), tmp_path / "count", max_samples=3, max_bytes=1 << 30)
    assert [shard.name for shard in list_shards(tmp_path / "count")] == [
        f"hoi-00000{number}.tar" for number in range(3)
    ]
    pack(some(7), tmp_path / "size", max_samples=100, max_bytes=6144)
    sizes = [path.stat().st_size for path in (tmp_path / "size").rglob("*.tar")]
    assert len(sizes) == 4
    assert max(sizes) <= 6144


def test_a_sample_over_the_limit_gets_a_shard_of_its_own(tmp_path: Path) -> None:
    pack([*some(2), Sample("large", {"rgb.mp4": b"x" * 9000})], tmp_path)
    reader = ShardReader(tmp_path)
    keys = [[key for key, _ in reader.index(shard).samples()] for shard in reader.shards]
    assert ["large"] in keys


def test_samples_are_mixed_by_the_hash_of_their_key(tmp_path: Path) -> None:
    pack(some(6), tmp_path, max_samples=100, max_bytes=1 << 30)
    keys = [sample.key for sample in ShardReader(tmp_path).samples()]
    assert all(shuffle_order(before) < shuffle_order(after) for before, after in pairwise(keys))
    assert keys != sorted(keys)


def test_headers_hold_nothing_of_the_machine_and_plain_tar_reads_them(tmp_path: Path) -> None:
    pack([Sample("k" * 120, {"latents.wan21.safetensors": b"1", "rgb.mp4": b"22"})], tmp_path)
    with tarfile.open(tmp_path / "train" / "hoi-000000.tar") as archive:
        found = [(m.name, m.mtime, m.uid, m.gid, m.uname, m.mode) for m in archive]
    assert found == [
        ("k" * 120 + ".latents.wan21.safetensors", 0, 0, 0, "", 0o644),
        ("k" * 120 + ".rgb.mp4", 0, 0, 0, "", 0o644),
    ]


def test_webdataset_reads_the_shards(make_sample: MakeSample, tmp_path: Path) -> None:
    sample = make_sample("clip-1")
    pack([sample, *some(1)], tmp_path, max_samples=10, max_bytes=1 << 30)
    urls = [str(path) for path in sorted((tmp_path / "train").glob("*.tar"))]
    read = {item["__key__"]: item for item in webdataset.WebDataset(urls, shardshuffle=False)}
    assert set(read) == {"clip-1", "clip-0"}
    assert {name: read["clip-1"][name] for name in sample.members} == dict(sample.members)


def test_packing_again_replaces_the_shards_of_before(tmp_path: Path) -> None:
    pack(some(7), tmp_path)
    pack(some(1), tmp_path)
    assert sorted(files_of(tmp_path)) == ["train/hoi-000000.index.json", "train/hoi-000000.tar"]


def test_a_failed_packing_leaves_the_shards_of_before(tmp_path: Path) -> None:
    pack(some(2), tmp_path)
    before = files_of(tmp_path)
    with pytest.raises(ShardError, match=r"'rgb\.mp4' of sample 'lost'"):
        pack([*some(3), Sample("lost", {"rgb.mp4": tmp_path / "missing"})], tmp_path)
    assert files_of(tmp_path) == before


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SampleKeyError, match="'clip-0' came twice"):
        pack([*some(2), *some(1)], tmp_path)


def test_a_key_with_a_dot_is_refused_with_the_reason() -> None:
    with pytest.raises(SampleKeyError, match="first dot"):
        Sample("clip.1", {"rgb.mp4": b""})


@pytest.mark.parametrize("keep_index", [True, False])
def test_a_truncated_shard_names_itself_and_the_member(tmp_path: Path, keep_index: bool) -> None:
    pack(some(3), tmp_path, max_bytes=1 << 30)
    shard = tmp_path / "train" / "hoi-000000.tar"
    last = ShardReader(tmp_path).index(list_shards(tmp_path)[0]).members[-1]
    if not keep_index:
        (tmp_path / "train" / "hoi-000000.index.json").unlink()
    with shard.open("r+b") as stream:
        stream.truncate(last.offset + 100)
    with pytest.raises(ShardError, match=rf"hoi-000000\.tar is cut short.*{last.name}"):
        list(ShardReader(tmp_path).samples())
    place = MemberLocation(last.key, last.name, "train", shard.name, last.offset, last.size, last.sha256)
    with pytest.raises(ShardError, match=rf"{last.name!r} of sample {last.key!r} should have 700 bytes"):
        read_member(tmp_path, place)


@pytest.mark.parametrize("cut", [1024, 512, 700])
def test_a_shard_without_its_end_is_cut_short(tmp_path: Path, cut: int) -> None:
    pack(some(1), tmp_path)
    shard = tmp_path / "train" / "hoi-000000.tar"
    (tmp_path / "train" / "hoi-000000.index.json").unlink()
    with shard.open("r+b") as stream:
        stream.truncate(shard.stat().st_size - cut)
    if cut == 512:
        assert len(list(ShardReader(tmp_path).samples())) == 1  # one of the two end blocks is enough to know the end
    else:
        with pytest.raises(ShardError, match="cut short"):
            list(ShardReader(tmp_path).samples())


def test_a_shard_with_rubbish_between_members_is_not_read_half(tmp_path: Path) -> None:
    places = pack(some(2), tmp_path, max_bytes=1 << 30)
    shard = tmp_path / "train" / "hoi-000000.tar"
    (tmp_path / "train" / "hoi-000000.index.json").unlink()
    with shard.open("r+b") as stream:
        stream.seek(places[2].offset - 512)
        stream.write(b"\xff" * 512)
    with pytest.raises(ShardError, match="damaged"):
        list(ShardReader(tmp_path).samples())


def test_a_missing_shard_is_named_with_the_member(tmp_path: Path) -> None:
    place = pack(some(1), tmp_path)[0]
    (tmp_path / "train" / "hoi-000000.tar").unlink()
    with pytest.raises(ShardError, match=r"hoi-000000\.tar is missing.*'meta\.json' of sample 'clip-0'"):
        read_member(tmp_path, place)


def test_changed_content_is_found_when_verifying(tmp_path: Path) -> None:
    place = pack(some(1), tmp_path)[0]
    with (tmp_path / "train" / "hoi-000000.tar").open("r+b") as stream:
        stream.seek(place.offset)
        stream.write(b"[")
    assert read_member(tmp_path, place) == b"[}"
    with pytest.raises(ShardError, match="was changed"):
        read_member(tmp_path, place, verify=True)


def test_a_consumer_gets_only_samples_of_its_level_or_a_clear_error(make_sample: MakeSample, tmp_path: Path) -> None:
    pack([make_sample("low"), make_sample("high", "triplet")], tmp_path, max_bytes=1 << 30)
    assert [sample.key for sample in ShardReader(tmp_path).samples(level="triplet")] == ["high"]
    assert {sample.key for sample in ShardReader(tmp_path).samples("train", level="clip")} == {"low", "high"}
    pack([make_sample("broken", "triplet", {"hoi.mp4": None})], tmp_path, max_bytes=1 << 30)
    with pytest.raises(ShardError, match=r"'broken' states level 'triplet' but lacks hoi\.mp4"):
        list(ShardReader(tmp_path).samples(level="triplet"))


def test_an_unknown_split_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    pack(some(1), tmp_path)
    with pytest.raises(ShardError, match="no shards of split 'test'; its splits: 'train'"):
        list(ShardReader(tmp_path).samples("test"))


def test_shards_at_a_url_are_the_same_bytes_and_are_replaced_whole(tmp_path: Path) -> None:
    url = f"memory://{uuid.uuid4().hex}/shards"
    write_shards(some(7), url, "train", max_samples=3, max_bytes=6000)
    locations = write_shards(some(4), url, "train", max_samples=3, max_bytes=6000)
    assert locations == pack(some(4), tmp_path)
    filesystem, path = fsspec.core.url_to_fs(url)
    remote = {name.removeprefix(path + "/"): filesystem.cat_file(name) for name in filesystem.find(path)}
    assert remote == files_of(tmp_path)
    assert len(list(ShardReader(url).samples())) == 4
    assert read_member(url, locations[0], verify=True) == b"{}"


def test_a_sample_reads_its_records_and_names_what_it_lacks(make_sample: MakeSample) -> None:
    sample = make_sample("clip-1")
    assert (sample.meta.id, sample.tracks.frames) == ("clip-1", 81)
    with pytest.raises(KeyError, match=r"no member 'hoi\.mp4'; it has audio\.wav, meta\.json"):
        sample.read("hoi.mp4")


def test_a_data_set_has_its_documented_places(tmp_path: Path) -> None:
    layout = DatasetLayout(tmp_path)
    assert layout.manifest == tmp_path / "manifest.parquet"
    assert layout.split("train") == tmp_path / "shards" / "train"
    assert storage.join("s3://bucket/data/", layout.MANIFEST_NAME) == "s3://bucket/data/manifest.parquet"
    with pytest.raises(ContractError, match=r"storage\.join"):
        DatasetLayout("s3://bucket")  # type: ignore[arg-type]
