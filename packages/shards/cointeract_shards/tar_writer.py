"""Writes samples into WebDataset tars: the same samples give the same bytes, in whatever order they arrive.

Everything that a tar header could take from the machine (times, owners, modes) is fixed. Samples are ordered by the
hash of their key, so that a shard mixes sources; members are ordered by name. Names that fit are ustar, longer ones
use pax.
"""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from cointeract_shards import storage
from cointeract_shards.atomic import atomic_directory
from cointeract_shards.errors import SampleKeyError, ShardError
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import COPY_BYTES, MemberLocation, ShardIndex, index_name

DEFAULT_MAX_SAMPLES = 512
DEFAULT_MAX_BYTES = 1 << 30
"""1 GiB: large enough to stream well, small enough to shuffle by shard."""

SHARD_NAME = "hoi-{number:06d}.tar"
FILE_MODE = 0o644
END_BLOCKS = 2
"""A tar ends with two blocks of zeros (POSIX.1-1988)."""


def shuffle_order(key: str) -> str:
    """Sort key of a sample: SHA-256 of its key. It mixes sources and depends on nothing else."""
    return hashlib.sha256(key.encode()).hexdigest()


def write_shards(
    samples: Iterable[Sample], root: storage.Location, split: str, *, max_samples: int, max_bytes: int
) -> list[MemberLocation]:
    """Write all samples of one split to `<root>/<split>/hoi-000000.tar` and so on, each with its index.

    The folder of the split appears whole, in place of an earlier one, or stays as it was. At a URL the shards are
    written to a local temporary folder first and then uploaded in place of the earlier ones.

    Args:
        samples: in any order; members given as paths are streamed.
        root: folder of all shards, `DatasetLayout.shards`.
        split: name of the split.
        max_samples: samples in a shard at most.
        max_bytes: bytes of a shard at most; a single sample that is larger gets a shard of its own.

    Returns:
        Where every member lies, by shard and offset.

    Raises:
        SampleKeyError: a key came twice, or the split's name can't be a folder.
        ShardError: a member's file is missing or changed its size while it was read.
        ValueError: a limit isn't positive.
    """
    if max_samples < 1 or max_bytes < 1:
        raise ValueError(f"max_samples is {max_samples} and max_bytes is {max_bytes}; both must be 1 or more")
    if not split or "/" in split or split.startswith("."):
        raise SampleKeyError(f"split {split!r} can't be a folder's name; use a plain word such as 'train'")
    ordered = _ordered(samples)
    target = storage.join(root, split)
    if isinstance(target, Path):
        with atomic_directory(target, replace=True) as folder:
            return _write_folder(ordered, folder, split, max_samples, max_bytes)
    with tempfile.TemporaryDirectory() as name:
        locations = _write_folder(ordered, Path(name), split, max_samples, max_bytes)
        storage.remove_folder(target)
        storage.upload_folder(Path(name), target)
    return locations


def _ordered(samples: Iterable[Sample]) -> list[Sample]:
    ordered = sorted(samples, key=lambda sample: shuffle_order(sample.key))
    for before, after in pairwise(ordered):
        if before.key == after.key:
            raise SampleKeyError(f"sample key {after.key!r} came twice; every sample needs a key of its own")
    return ordered


def _write_folder(
    samples: list[Sample], folder: Path, split: str, max_samples: int, max_bytes: int
) -> list[MemberLocation]:
    locations: list[MemberLocation] = []
    for number, group in enumerate(_groups(samples, max_samples, max_bytes)):
        shard = SHARD_NAME.format(number=number)
        in_shard = _write_shard(group, folder / shard, split)
        index = ShardIndex.of(shard, (folder / shard).stat().st_size, in_shard)
        (folder / index_name(shard)).write_bytes(index.to_bytes())
        locations += in_shard
    return locations


def _groups(samples: list[Sample], max_samples: int, max_bytes: int) -> Iterator[list[Sample]]:
    """Cut the ordered samples into shards; the sizes decide, so that the cut depends on content alone."""
    end_size = END_BLOCKS * tarfile.BLOCKSIZE
    group: list[Sample] = []
    group_bytes = end_size
    for sample in samples:
        size = _stored_size(sample)
        if group and (len(group) == max_samples or group_bytes + size > max_bytes):
            yield group
            group, group_bytes = [], end_size
        group.append(sample)
        group_bytes += size
    if group:
        yield group


def _stored_size(sample: Sample) -> int:
    sizes = ((name, _member_size(sample, name)) for name in sample.members)
    return sum(len(_header(sample.key, name, size)) + size + _padding(size) for name, size in sizes)


def _member_size(sample: Sample, name: str) -> int:
    try:
        return sample.size(name)
    except OSError as error:
        raise ShardError(f"member {name!r} of sample {sample.key!r} can't be read: {error}") from error


def _write_shard(samples: list[Sample], path: Path, split: str) -> list[MemberLocation]:
    locations = []
    with path.open("wb") as stream:
        for sample in samples:
            for name in sorted(sample.members):
                size = _member_size(sample, name)
                stream.write(_header(sample.key, name, size))
                offset = stream.tell()
                digest = _copy(sample, name, size, stream)
                stream.write(bytes(_padding(size)))
                locations.append(MemberLocation(sample.key, name, split, path.name, offset, size, digest))
        stream.write(bytes(END_BLOCKS * tarfile.BLOCKSIZE))
    return locations


def _copy(sample: Sample, name: str, size: int, target: BinaryIO) -> str:
    digest = hashlib.sha256()
    copied = 0
    try:
        with sample.open(name) as source:
            while chunk := source.read(COPY_BYTES):
                digest.update(chunk)
                target.write(chunk)
                copied += len(chunk)
    except OSError as error:
        raise ShardError(f"member {name!r} of sample {sample.key!r} can't be copied into the shard: {error}") from error
    if copied != size:
        raise ShardError(
            f"member {name!r} of sample {sample.key!r} had {size} bytes and then {copied}: the file "
            f"was changed while it was packed"
        )
    return digest.hexdigest()


def _header(key: str, name: str, size: int) -> bytes:
    info = tarfile.TarInfo(f"{key}.{name}")
    info.size = size
    info.mode = FILE_MODE
    info.mtime = 0
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info.tobuf(format=tarfile.PAX_FORMAT)


def _padding(size: int) -> int:
    return -size % tarfile.BLOCKSIZE
