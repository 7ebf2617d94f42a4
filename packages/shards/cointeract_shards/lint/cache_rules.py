"""Rules over the caches of level `encoded`: whether they can be read, are finite, and belong to the sample that they lie in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from cointeract_shards import members
from cointeract_shards.buckets import cover
from cointeract_shards.encoded import AudioFeatures, TextRows, VideoLatents
from cointeract_shards.errors import ContractError
from cointeract_shards.levels import CACHE_SUFFIX
from cointeract_shards.lint.registry import Abstained, Finding, sample_rule
from cointeract_shards.lint.view import SampleView
from cointeract_shards.records import Meta

Results = Iterator[Finding | Abstained]
_CacheT = TypeVar("_CacheT", VideoLatents, TextRows, AudioFeatures)


@sample_rule("latents-cache", "cached latents are whole, finite, and of the sample's frames, sizes and phase")
def latents_cache(view: SampleView) -> Results:
    """Read all latents and compare their record with the sample's."""
    for name, cache in _caches(view, "latents.", VideoLatents.from_bytes):
        if isinstance(cache, Finding):
            yield cache
            continue
        yield from _unlike(name, "name", name, cache.member)
        if view.meta is not None:
            yield from _latents_unlike(name, cache, view, view.meta)


@sample_rule("text-cache", "cached text rows are whole, finite, and of the sample's prompt")
def text_cache(view: SampleView) -> Results:
    """Read all text rows and compare their prompt with the sample's."""
    for name, cache in _caches(view, "text.", TextRows.from_bytes):
        if isinstance(cache, Finding):
            yield cache
            continue
        yield from _unlike(name, "name", name, cache.member)
        if view.meta is not None:
            yield from _unlike(name, "prompt", cache.info.prompt, view.meta.prompt)


@sample_rule("audio-cache", "cached audio features are whole, finite, and of as many frames as the sample")
def audio_cache(view: SampleView) -> Results:
    """Read all audio features; their number of frames is checked with their shape."""
    for name, cache in _caches(view, "audio.", AudioFeatures.from_bytes):
        if isinstance(cache, Finding):
            yield cache
            continue
        yield from _unlike(name, "name", name, cache.member)
        if view.meta is not None:
            yield from _unlike(name, "frames", cache.info.frames, view.meta.frames)


def _latents_unlike(name: str, cache: VideoLatents, view: SampleView, meta: Meta) -> Iterator[Finding]:
    info = cache.info
    for what, found, wanted in (
        ("motion", info.motion, meta.motion_frames > 0),
        ("pose", info.pose, info.pose and view.has(members.POSE)),
        ("hoi_phase", info.hoi_phase, meta.hoi_phase),
        ("product_scale", info.product_scale, meta.product_scale),
        ("frames", info.frames, cover(meta.width, meta.height, info.bucket)),
    ):
        yield from _unlike(name, what, found, wanted)


def _caches(view: SampleView, prefix: str, read: Callable[..., _CacheT]) -> Iterator[tuple[str, _CacheT | Finding]]:
    """The sample's caches of one kind, each read, or what is wrong with it."""
    for name in sorted(view.sample.members):
        if not (name.startswith(prefix) and name.endswith(CACHE_SUFFIX)):
            continue
        try:
            cache = read(view.sample.read(name), where=name)
        except ContractError as error:
            yield name, Finding(str(error), {"member": name})
            continue
        broken = _not_finite(vars(cache))
        if broken:
            yield (
                name,
                Finding(f"{name}: {', '.join(broken)} hold NaN or infinity", {"member": name, "tensors": broken}),
            )
        else:
            yield name, cache


def _not_finite(fields: Mapping[str, Any]) -> list[str]:
    return [name for name, value in fields.items() if isinstance(value, np.ndarray) and not np.isfinite(value).all()]


def _unlike(member: str, what: str, found: object, wanted: object) -> Iterator[Finding]:
    if found != wanted:
        yield Finding(
            f"{member} has the {what} {found!r}, the sample {wanted!r}; encode the sample again",
            {"member": member, "found": str(found), "wanted": str(wanted)},
        )
