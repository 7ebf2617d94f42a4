"""What a run reads: the catalogue of a split, its plan, and the examples; the same in every process."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TypeAlias

import numpy as np

from cointeract_shards.buckets import Bucket
from cointeract_train.data.cached import CachesWanted
from cointeract_train.data.catalogue import Catalogue, read_catalogue
from cointeract_train.data.config import DataConfig, Variations
from cointeract_train.data.errors import ChangedDataError, DataError, EmptySplitError, SampleError
from cointeract_train.data.examples import ExampleSource
from cointeract_train.data.features import PARTS
from cointeract_train.data.loading import missing_cache
from cointeract_train.data.mixing import mixed
from cointeract_train.data.plan import Cover, Plan

State: TypeAlias = dict[str, int | str | dict[str, str]]

STATE_VERSION = 1
CHOSEN = 8
"""What a random number is for: which held-out samples are used. `plan` and `draws` have 1 to 7."""

FREE_SETTINGS = {
    *("root", "manifest", "exclude", "reviews", "keep_stale_reviews", "validation"),
    *("codecs", "caches", "on_the_fly", "verify"),
    *("micro_batch", "workers", "prefetch", "steps_per_epoch"),
}
"""Settings that a resumed run may change: they change neither order nor draws, or show in the samples' fingerprint."""

log = logging.getLogger(__name__)


def training_source(config: DataConfig, caches: CachesWanted) -> tuple[ExampleSource, Plan]:
    """The examples of training and their order.

    Raises:
        DataError: see `read_catalogue`; also where caches are missing and none may be made.
    """
    catalogue = read_catalogue(config, config.split)
    _tell_caches(catalogue, caches, config)
    plan = plan_of(catalogue, config, config.seed)
    for bucket, size in zip(_buckets(catalogue), plan.sizes, strict=True):
        if size < config.global_batch:
            log.warning(
                "bucket %s has %d samples, fewer than a global batch of %d: a batch holds a sample more than once, with other draws",
                bucket,
                size,
                config.global_batch,
            )
    return ExampleSource(config, catalogue, caches, config.seed, config.dropouts, config.vary), plan


def validation_source(config: DataConfig, caches: CachesWanted) -> tuple[ExampleSource, Cover] | None:
    """The held-out examples, always with the same draws, and the batches that cover them; None without validation.

    Raises:
        DataError: see `read_catalogue`.
    """
    validation = config.validation
    if validation.split is None:
        return None
    if validation.split == config.split:
        raise DataError(f"split {config.split!r} is both trained on and held out; name another for validation, or none")
    try:
        catalogue = read_catalogue(config, validation.split)
    except EmptySplitError as error:
        raise EmptySplitError(
            f"{error}. Nothing is held out to validate on: pack with held-out samples (`cointeract pack --set pack.held_out=0.1`), name "
            "another split, or train without validation and held-out clips by --set data.validation.split=null"
        ) from error
    if validation.samples is not None and validation.samples < len(catalogue.entries):
        keys = mixed(validation.seed, CHOSEN, np.arange(len(catalogue.entries), dtype=np.uint64))
        chosen = sorted(np.argsort(keys, kind="stable")[: validation.samples].tolist())
        catalogue = Catalogue(catalogue.shards_root, tuple(catalogue.entries[number] for number in chosen))
    _tell_caches(catalogue, caches, config)
    plan = plan_of(catalogue, config, validation.seed)
    source = ExampleSource(config, catalogue, caches, validation.seed, validation.dropouts, Variations())
    return source, Cover(plan, config.global_batch)


def plan_of(catalogue: Catalogue, config: DataConfig, seed: int) -> Plan:
    """The order of a catalogue's samples; groups are its buckets, by size."""
    shards = {name: number for number, name in enumerate(dict.fromkeys(entry.shard for entry in catalogue.entries))}
    groups = {bucket: number for number, bucket in enumerate(_buckets(catalogue))}
    return Plan(
        np.array([shards[entry.shard] for entry in catalogue.entries]),
        np.array([groups[entry.bucket] for entry in catalogue.entries]),
        seed=seed,
        batch=config.global_batch,
        window_shards=config.window_shards,
    )


def state_at(samples: int, source: ExampleSource) -> State:
    """The state of the data after so many draws.

    Args:
        samples: that were consumed, by all processes.
        source: of training.
    """
    return {
        "version": STATE_VERSION,
        "samples": samples,
        "data": source.catalogue.fingerprint,
        "settings": _settings(source),
    }


def samples_of(state: State, source: ExampleSource) -> int:
    """How many draws a state has consumed.

    Raises:
        ChangedDataError: the state is of other data, another order or other draws, or of another version.
    """
    samples, settings = state.get("samples"), state.get("settings")
    if state.get("version") != STATE_VERSION or not isinstance(samples, int) or not isinstance(settings, dict):
        raise ChangedDataError(
            f"the state of the data is of version {state.get('version')!r}, this package reads {STATE_VERSION}"
        )
    now = _settings(source)
    for name in sorted(set(settings) | set(now)):
        if settings.get(name) != now.get(name):
            raise ChangedDataError(
                f"data.{name} was {settings.get(name)} when this run was saved and is {now.get(name)} now; samples or draws would be "
                "others from here on: set it back, or start a new run from the weights"
            )
    if state.get("data") != source.catalogue.fingerprint:
        raise ChangedDataError(
            f"the data set at {source.config.root} has changed since this run was saved: the fingerprint of split "
            f"{source.config.split!r} was {state.get('data')} and is {source.catalogue.fingerprint}; restore it (a changed "
            "review changes it, too), or start a new run from the weights"
        )
    return samples


def _settings(source: ExampleSource) -> dict[str, str]:
    """What decides order and draws, as text."""
    stated = source.config.model_dump(mode="json", exclude=FREE_SETTINGS)
    caches = source.caches
    stated |= {f"caches.{part}": caches.identity(part).key for part in PARTS}
    return {name: json.dumps(value, sort_keys=True) for name, value in stated.items()}


def _buckets(catalogue: Catalogue) -> list[Bucket]:
    return sorted({entry.bucket for entry in catalogue.entries}, key=lambda bucket: (bucket.width, bucket.height))


def _tell_caches(catalogue: Catalogue, caches: CachesWanted, config: DataConfig) -> None:
    """Say how many samples have which cache; refuse a sample without where none may be made."""
    lacking: Counter[str] = Counter()
    for entry in catalogue.entries:
        for part in PARTS:
            member = caches.member(part, entry)
            if member not in entry.members:
                if config.on_the_fly == "never":
                    raise SampleError(missing_cache(entry, member))
                lacking[part] += 1
    total = len(catalogue.entries)
    if config.on_the_fly == "always":
        log.warning("all %d samples are decoded and encoded on the fly, as on_the_fly says", total)
        return
    for part in PARTS:
        if lacking[part]:
            log.warning("%s of %d of %d samples aren't cached: encoded on the fly", part, lacking[part], total)
