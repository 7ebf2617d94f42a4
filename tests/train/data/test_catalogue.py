"""What may go wrong with a data set, and what is said of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.train.data.samples import TALL, Kind, caches_of, config_of, pack, sample_of

from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_shards import members
from cointeract_shards.errors import ContractError, SchemaVersionError, ShardError
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import ShardIndex
from cointeract_train.data.catalogue import read_catalogue
from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.errors import DataError, SampleError
from cointeract_train.data.examples import ExampleMaker
from cointeract_train.data.plan import Draw
from cointeract_train.data.stream import training_source, validation_source
from cointeract_train.example import Example


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three samples in three shards."""
    return pack(tmp_path / "three", [sample_of(f"sample-{number}") for number in range(3)], max_samples=1)


def all_examples(root: Path | str, **changes: object) -> list[Example]:
    config = config_of(root, **changes)
    source, plan = training_source(config, caches_wanted(config))
    maker = ExampleMaker(source)
    return [maker.make(Draw(number, 0, number)) for number in range(len(plan))]


def test_only_accepted_samples_of_the_split_are_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keys = ("kept", "refused", "unsure", "named")
    root = pack(tmp_path, [sample_of(key) for key in keys], decisions={"refused": "rejected", "unsure": "quarantined"})
    with caplog.at_level(logging.WARNING):
        catalogue = read_catalogue(config_of(root, exclude=("named",)), "train")
    assert [entry.key for entry in catalogue.entries] == ["kept"]
    for told in ("1 excluded by the configuration", "1 quarantined by the manifest", "1 rejected by the manifest"):
        assert told in caplog.text


def test_samples_without_references_are_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = pack(tmp_path, [sample_of("whole"), sample_of("clip", cached=False, level="clip")])
    with caplog.at_level(logging.WARNING):
        assert len(read_catalogue(config_of(root), "train").entries) == 1
    assert "1 of level clip" in caplog.text


def test_a_folder_of_shards_without_manifest_and_index_gives_the_same_samples(three: Path) -> None:
    whole = read_catalogue(config_of(three), "train")
    (three / "manifest.parquet").unlink()
    for index in three.rglob("*.index.json"):
        index.unlink()
    bare = read_catalogue(config_of(three / "shards"), "train")
    assert bare.fingerprint == whole.fingerprint
    assert [entry.members for entry in bare.entries] == [entry.members for entry in whole.entries]
    flat = read_catalogue(config_of(three / "shards" / "train"), "")
    assert [entry.key for entry in flat.entries] == [entry.key for entry in whole.entries]


def test_a_sample_takes_the_nearest_bucket_and_an_empty_bucket_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = pack(tmp_path, [sample_of("wide"), sample_of("tall", Kind(bucket=TALL))])
    with caplog.at_level(logging.WARNING):
        catalogue = read_catalogue(config_of(root, buckets=("96x64", "64x96", "64x64")), "train")
    assert {entry.key: str(entry.bucket) for entry in catalogue.entries} == {"wide": "96x64", "tall": "64x96"}
    assert "no sample is nearest to bucket 64x64" in caplog.text


def flip_in_the_middle(root: Path) -> None:
    """Damage one byte of one sample's latents."""
    shard = root / "shards" / "train" / "hoi-000001.tar"
    index = ShardIndex.from_bytes(shard.with_suffix("").with_suffix(".index.json").read_bytes(), where="index")
    latents = next(member for member in index.members if member.name.startswith("latents."))
    content = bytearray(shard.read_bytes())
    content[latents.offset + latents.size // 2] ^= 0x10
    shard.write_bytes(content)


def cut(root: Path) -> None:
    shard = root / "shards" / "train" / "hoi-000001.tar"
    shard.write_bytes(shard.read_bytes()[:-5000])


def cut_without_index(root: Path) -> None:
    (root / "shards" / "train" / "hoi-000001.index.json").unlink()
    cut(root)


def lose(root: Path) -> None:
    (root / "shards" / "train" / "hoi-000001.tar").unlink()


def lose_with_index(root: Path) -> None:
    lose(root)
    (root / "shards" / "train" / "hoi-000001.index.json").unlink()


def empty(root: Path) -> None:
    for file in list(root.rglob("*")):
        if file.is_file():
            file.unlink()


def another_manifest(root: Path) -> None:
    table = pq.read_table(root / "manifest.parquet")
    pq.write_table(table.replace_schema_metadata({"cointeract.manifest_version": "9"}), root / "manifest.parquet")


def manifest_of_another_run(root: Path) -> None:
    other = pack(
        root / "other", [sample_of(f"sample-{number}", Kind(motion=False)) for number in range(3)], max_samples=1
    )
    (root / "manifest.parquet").write_bytes((other / "manifest.parquet").read_bytes())


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (
            flip_in_the_middle,
            SampleError,
            r"sample sample-\d, shard train/hoi-000001.tar, member latents.block-dct-96x64",
        ),
        (cut, ShardError, r"hoi-000001.tar is cut short.*'sample-\d'"),
        (cut_without_index, ShardError, r"hoi-000001.tar is cut short"),
        (lose, DataError, r"train/hoi-000001.tar of .* is missing, only its index is there"),
        (lose_with_index, DataError, r"names 1 shards of split 'train' that are missing, the first hoi-000001.tar"),
        (empty, DataError, r"no shards of split 'train'; its splits: none"),
        (another_manifest, SchemaVersionError, r"manifest of version 9, this package reads version 1"),
        (manifest_of_another_run, DataError, r"sample sample-\d, shard .* manifest and shards are of different runs"),
    ],
)
def test_a_damaged_data_set_is_an_error_that_names_the_place(
    three: Path, damage: Callable[[Path], None], error: type[Exception], message: str
) -> None:
    all_examples(three)
    damage(three)
    with pytest.raises(error, match=message):
        all_examples(three)


def test_damage_is_found_in_the_first_epoch_always_or_never(three: Path) -> None:
    flip_in_the_middle(three)
    config = config_of(three, verify="never")
    assert len(all_examples(three, verify="never")) == 3
    source, plan = training_source(config_of(three), caches_wanted(config))
    assert len([ExampleMaker(source).make(Draw(number, 1, number)) for number in range(len(plan))]) == 3


def test_a_folder_that_is_not_there_and_a_split_that_is_not(three: Path) -> None:
    with pytest.raises(DataError, match=r"no data set at .*nowhere"):
        read_catalogue(config_of(three / "nowhere"), "train")
    with pytest.raises(DataError, match=r"no shards of split 'valid'; its splits: 'train'"):
        read_catalogue(config_of(three), "valid")
    with pytest.raises(DataError, match=r"split 'train' is both trained on and held out"):
        validation_source(config_of(three, validation={"split": "train"}), caches_wanted(config_of(three)))


def test_nothing_accepted_is_an_error_that_says_why(tmp_path: Path) -> None:
    root = pack(tmp_path, [sample_of("one")], decisions={"one": "rejected"})
    with pytest.raises(DataError, match=r"has no sample to use: 1 rejected by the manifest"):
        read_catalogue(config_of(root), "train")


def replaced(key: str, changes: dict[str, bytes], kind: Kind | None = None, *, cached: bool = True) -> Sample:
    sample = sample_of(key, kind, cached=cached)
    return Sample(key, {**sample.members, **changes})


def test_a_member_that_violates_the_contract_is_named(tmp_path: Path) -> None:
    wide = sample_of("x")
    for number, (member, content, told) in enumerate(
        (
            (members.TRACKS, b"{}\n", r"states no version"),
            (members.RGB, sample_of("t", Kind(bucket=TALL)).read(members.RGB), r"is 64x96, its sample 96x64"),
            (members.HOI, wide.read(members.MOTION), r"has 73 frames, not 81"),
            (members.RGB, wide.read(members.RGB)[:2000], r"doesn't decode"),
            (members.PRODUCT, b"no picture", r"doesn't decode as a picture"),
            (members.AUDIO, wide.read(members.AUDIO)[:-640], r"samples with rate"),
        )
    ):
        root = pack(tmp_path / str(number), [replaced("bad", {member: content}, cached=False)])
        with pytest.raises(SampleError, match=rf"sample bad, shard train/hoi-000000.tar.*{member}.*{told}"):
            all_examples(root)


def test_a_missing_member_is_found_before_the_first_step(tmp_path: Path) -> None:
    sample = sample_of("bad")
    content = {name: data for name, data in sample.members.items() if name != members.HOI}
    with pytest.raises(SampleError, match=r"sample bad, shard train/hoi-000000.tar: lacks hoi.mp4"):
        read_catalogue(config_of(pack(tmp_path, [Sample("bad", content)])), "train")


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        (Kind(key="block-dct-0"), {}, r"key 'block-dct-0', training wants 'block-dct' with 'block-dct-1'"),
        (Kind(hoi_phase="release"), {}, r"hoi_phase is release, training wants aligned"),
        (Kind(hoi_prompt="template"), {"hoi_prompt": "template_and_prompt"}, r"training wants 'a rendered video"),
        (Kind(loudness=None), {}, r"sound brought to None LUFS"),
    ],
)
def test_caches_of_another_making_are_refused_where_none_may_be_made(
    tmp_path: Path, kind: Kind, changes: dict[str, object], told: str
) -> None:
    root = pack(tmp_path, [sample_of("one", kind)])
    drawn = {"dropouts": {"text": 0, "audio": 0, "motion": 0, "pose": 0}, **changes}
    with pytest.raises(SampleError, match=rf"sample one, shard train/hoi-000000.tar, member .*{told}"):
        all_examples(root, on_the_fly="never", **drawn)
    all_examples(root, on_the_fly="auto", **drawn)


def test_latents_of_another_bucket_are_not_taken(tmp_path: Path) -> None:
    other = caches_of(Kind(bucket=TALL))["latents.block-dct-64x96.safetensors"]
    root = pack(tmp_path, [replaced("one", {"latents.block-dct-96x64.safetensors": other})])
    with pytest.raises(SampleError, match=r"holds latents of bucket 64x96, not 96x64"):
        all_examples(root, on_the_fly="never")


def test_missing_caches_are_refused_before_the_first_step(uncached: Path) -> None:
    config = config_of(uncached, on_the_fly="never")
    with pytest.raises(SampleError, match=r"sample plain-\d, .* has no latents.block-dct-.*; it has no caches"):
        training_source(config, caches_wanted(config))


def test_a_codec_without_weights_at_hand_is_an_error(three: Path) -> None:
    config = config_of(three, codecs={"latents": {"name": "wan-vae", "path": "/nowhere/vae"}})
    with pytest.raises((CodecUnavailableError, ContractError), match=r"wan-vae"):
        caches_wanted(config)


def test_stated_caches_that_are_not_the_codecs_are_refused(three: Path) -> None:
    stated = {"latents": {"name": "block-dct", "key": "block-dct-7"}}
    with pytest.raises(
        DataError, match=r"data.caches states codec 'block-dct' with the key 'block-dct-7', data.codecs gives"
    ):
        all_examples(three, caches=stated)


def test_caches_of_another_bucket_are_named_where_none_may_be_made(three: Path) -> None:
    with pytest.raises(
        SampleError, match=r"has no latents.block-dct-192x128.*; it has audio.*, latents.block-dct-96x64"
    ):
        all_examples(three, buckets=("192x128",), on_the_fly="never")
