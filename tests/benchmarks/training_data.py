"""The loader of training: cached latents against encoding on the fly, and against webdataset that does nothing to them.

Run with ``python -m tests.benchmarks.training_data``. Everything is in one process on one thread, from the page cache, over the same
tars: clips of 480x832 with latents of both kinds at 240x416, in float16. "Nothing" is webdataset giving the bytes of the same four
members of each sample (latents, text, audio, tracks); it is asked for all members, too. The loader gives float32 tensors of one kind
of latents, conditions dropped as in training, and labels. Rounds take turns; each ratio is of medians.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import webdataset

from cointeract_shards import members
from cointeract_shards.buckets import Bucket, cover
from cointeract_shards.encoded import VideoLatents
from cointeract_shards.sample import Sample
from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.config import DataConfig, Verify
from cointeract_train.data.examples import ExampleMaker
from cointeract_train.data.plan import Draw
from cointeract_train.data.stream import training_source
from tests.train.data.samples import Kind, caches_of, codecs, media_of, pack, sample_of

STORED = Bucket(width=480, height=832)
TRAINED = Bucket(width=240, height=416)
SAMPLES = 24
SAMPLES_OF_A_SHARD = 8
ENCODED = 2
"""Samples that are encoded on the fly in a round."""
ROUNDS = 7
ENCODED_ROUNDS = 3
TARGET_ENCODED, TARGET_NOTHING = 20.0, 0.8
MIB = 1 << 20


@dataclass(frozen=True)
class Measured:
    """Samples per second of each way, in the median round."""

    rates: dict[str, float]

    def ratio(self, one: str, other: str) -> float:
        return self.rates[one] / self.rates[other]


def run(folder: Path) -> Iterator[str]:
    """Measure, and say so in lines."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = _data_set(Path(name))
        shards = sorted(str(path) for path in root.rglob("*.tar"))
        size = sum(Path(shard).stat().st_size for shard in shards) / SAMPLES / MIB
        yield f"{SAMPLES} samples of {size:.1f} MiB in {len(shards)} shards"
        measured = _measure(root, shards)
    for way, rate in measured.rates.items():
        yield f"{way:<44} {rate:8.1f} samples/s"
    for way in ("cached", "cached, digests compared (first epoch)"):
        encoded = measured.ratio(way, "on the fly")
        same, whole = (measured.ratio(way, f"webdataset, {which} members") for which in ("same", "all"))
        yield f"{way}: {encoded:.0f} times encoding on the fly (target {TARGET_ENCODED:.0f}),"
        yield f"  {same:.2f} of webdataset over the same members (target {TARGET_NOTHING}), {whole:.2f} over all"


def _data_set(root: Path) -> Path:
    """Clips that are stored larger than they are trained at."""
    caches = caches_of(Kind(bucket=TRAINED))
    latents = next(name for name in caches if name.startswith("latents."))
    stored = VideoLatents.from_bytes(caches[latents], where=latents)
    place = cover(STORED.width, STORED.height, TRAINED)
    info = stored.info.model_copy(update={"frames": place})
    caches = {**caches, latents: VideoLatents(**{**vars(stored), "info": info}).to_bytes()}
    large = media_of(Kind(bucket=STORED))
    samples = []
    for number in range(SAMPLES):
        plain = sample_of(f"sample-{number:02d}", Kind(bucket=STORED), cached=False)
        samples.append(Sample(plain.key, {**plain.members, **large, **caches}))
    return pack(root, samples, max_samples=SAMPLES_OF_A_SHARD)


def _measure(root: Path, shards: list[str]) -> Measured:
    ways: dict[str, tuple[Callable[[], int], int]] = {
        "cached": (_loader(root, "never", SAMPLES, verify="never"), ROUNDS),
        "cached, digests compared (first epoch)": (_loader(root, "never", SAMPLES, verify="always"), ROUNDS),
        "webdataset, same members": (_nothing(shards, _same), ROUNDS),
        "webdataset, all members": (_nothing(shards, None), ROUNDS),
        "on the fly": (_loader(root, "always", ENCODED, verify="never"), ENCODED_ROUNDS),
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for once, _ in ways.values():
        once()
    for turn in range(ROUNDS):
        for way, (once, rounds) in ways.items():
            if turn < rounds:
                begun = time.perf_counter()
                count = once()
                rates[way].append(count / (time.perf_counter() - begun))
    return Measured({way: statistics.median(found) for way, found in rates.items()})


def _loader(root: Path, on_the_fly: str, count: int, *, verify: Verify) -> Callable[[], int]:
    config = DataConfig.model_validate(
        {
            "root": str(root),
            "buckets": (TRAINED,),
            "codecs": codecs(),
            "on_the_fly": on_the_fly,
            "verify": verify,
            "validation": {"split": None},
        }
    )
    source, plan = training_source(config, caches_wanted(config))
    maker = ExampleMaker(source)
    turn = 0

    def once() -> int:
        nonlocal turn
        turn += 1
        order = plan.order(turn)[:count]
        examples = [maker.make(Draw(int(sample), turn, position)) for position, sample in enumerate(order)]
        return len(examples)

    return once


def _same(name: str) -> bool:
    return name.endswith((".safetensors", f".{members.TRACKS}"))


def _nothing(shards: list[str], chosen: Callable[[str], bool] | None) -> Callable[[], int]:
    def once() -> int:
        return sum(1 for _ in webdataset.WebDataset(shards, shardshuffle=False, select_files=chosen))

    return once


if __name__ == "__main__":
    for line in run(Path(tempfile.gettempdir())):
        sys.stdout.write(f"{line}\n")
