"""Packing: accepted clips into WebDataset shards, and every clip into the manifest.

Shards depend on the selected clips alone (`reviewed.select`): the same clips give the same bytes, whatever order they were
finished in. Where nothing changed since the last time, nothing is written.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cointeract_curation.core.config import PackConfig, Recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.fingerprint import AnyStage, ArtifactKey, Lineage
from cointeract_curation.core.standing import Standing, State
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.core.units import ID_HEX_DIGITS, ClipUnit
from cointeract_curation.ledger import Ledger
from cointeract_curation.reviewed import Selection
from cointeract_curation.samples import sample_artifacts, sample_fingerprints, sample_meta, sample_scores
from cointeract_shards import canonical_json, members, storage
from cointeract_shards.artifacts import CAPTION
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import Decision, ManifestRow, Member, members_by_key, sample_digest, write_manifest
from cointeract_shards.reader import ShardReader
from cointeract_shards.records import Level, Meta, Score
from cointeract_shards.sample import Sample
from cointeract_shards.shard_index import MemberLocation
from cointeract_shards.tar_writer import write_shards

log = logging.getLogger(__name__)

TRAIN, TEST = "train", "test"
PACK_RECORD = "pack.json"
_HASH_RANGE = 1 << 32
CLIP_STAGES = ("cut", "people")
"""Without these stages there are no samples."""
_DECISIONS: dict[State, Decision] = {
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.QUARANTINED: "quarantined",
}


@dataclass(frozen=True)
class _Packable:
    """A selected clip with what goes into its sample."""

    unit: ClipUnit
    meta: Meta
    artifacts: dict[str, tuple[ArtifactKey, str]]
    """By member, the result that holds it and its name there."""
    caption: ArtifactKey | None
    digest: str
    split: str


def split_of(unit: ClipUnit, config: PackConfig) -> str:
    """The split of a clip: its source's."""
    return split_of_source(unit.source.sha256, config)


def split_of_source(sha256: str, config: PackConfig) -> str:
    """``train`` or ``test``, decided by the source's content alone, so that a source never changes sides when others are added."""
    if sha256[:ID_HEX_DIGITS] in config.held_out_sources:
        return TEST
    drawn = int.from_bytes(hashlib.sha256(f"held-out {sha256}".encode()).digest()[:4], "big") / _HASH_RANGE
    return TEST if drawn < config.held_out else TRAIN


def pack(
    dataset: Dataset,
    store: ArtifactStore,
    stages: dict[str, AnyStage],
    recipe: Recipe,
    ledger: Ledger,
    selection: Selection,
) -> bool:
    """Write shards of what was selected, and the manifest of ``ledger``.

    Returns whether shards were written, False where they were up to date.

    A recipe without a stage that makes every member of a sample gets a manifest and no shards.
    """
    lineage = Lineage(stages)
    shards = dataset.location(DatasetLayout.SHARDS_NAME)
    complete = _complete(stages)
    packable = _packables(selection, lineage, recipe) if complete else []
    fingerprint = _fingerprint(packable, recipe.pack)
    written = False
    if not complete:
        log.warning(
            "the recipe lacks stages that samples need (%s): no shards",
            ", ".join(name for name in CLIP_STAGES if name not in stages),
        )
        locations: list[MemberLocation] = []
    elif _up_to_date(shards, fingerprint):
        locations = list(ShardReader(shards).locations()) if packable else []
    else:
        locations = _write(shards, packable, store, recipe.pack)
        _record(shards, fingerprint)
        written = True
    places = members_by_key(locations)
    by_clip = {place.key: place for place in locations}
    levels: dict[str, Level] = {item.unit.unit_id: item.meta.level for item in packable}
    rows = [_row(clip, lineage, places, by_clip, levels, selection) for clip in ledger.clips]
    write_manifest(rows, dataset.location(DatasetLayout.MANIFEST_NAME))
    return written


def damaged(store: ArtifactStore, stages: dict[str, AnyStage], selection: Selection) -> list[ArtifactKey]:
    """Results of selected clips whose artifacts are no longer what was committed, found by hashing them."""
    lineage = Lineage(stages)
    found = []
    for clip in selection.packed:
        for stage, outcome in clip.outcomes.items():
            key = lineage.key(stage, clip.unit)
            if any(_sha256(store.artifact(key, name)) != file.sha256 for name, file in outcome.artifacts.items()):
                found.append(key)
    return found


def needs_packing(dataset: Dataset, stages: dict[str, AnyStage], recipe: Recipe, selection: Selection) -> bool:
    """Whether `pack` would write shards."""
    if not _complete(stages):
        return False
    packable = _packables(selection, Lineage(stages), recipe)
    return not _up_to_date(dataset.location(DatasetLayout.SHARDS_NAME), _fingerprint(packable, recipe.pack))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _clip_unit(standing: Standing) -> ClipUnit:
    if not isinstance(standing.unit, ClipUnit):
        raise TypeError(f"{standing.unit.unit_id} is a {standing.unit.kind}, not a clip")
    return standing.unit


def _complete(stages: dict[str, AnyStage]) -> bool:
    return all(stage in stages for stage in CLIP_STAGES)


def _packables(selection: Selection, lineage: Lineage, recipe: Recipe) -> list[_Packable]:
    return [_packable(clip, lineage, recipe) for clip in selection.packed]


def _packable(standing: Standing, lineage: Lineage, recipe: Recipe) -> _Packable:
    unit = _clip_unit(standing)
    artifacts: dict[str, tuple[ArtifactKey, str]] = {}
    digests: dict[str, str] = {}
    for name, artifact in sample_artifacts(standing, recipe).items():
        artifacts[name] = (lineage.key(artifact.stage, unit), artifact.name)
        digests[name] = standing.outcomes[artifact.stage].artifacts[artifact.name].sha256
    caption = None
    if "caption" in standing.outcomes:
        # The prompt is read when shards are written; until then the digest of its file stands for it.
        caption = lineage.key("caption", unit)
        digests[CAPTION] = standing.outcomes["caption"].artifacts[CAPTION].sha256
    meta = sample_meta(unit, standing, lineage, recipe, set(artifacts))
    digests[members.META] = hashlib.sha256(meta.to_bytes()).hexdigest()
    return _Packable(
        unit, meta, artifacts, caption, sample_digest(digests), split_of_source(unit.source.sha256, recipe.pack)
    )


def _fingerprint(packable: list[_Packable], config: PackConfig) -> str:
    content = {
        "max_samples": config.max_samples,
        "max_bytes": config.max_bytes,
        "samples": sorted([item.unit.unit_id, item.split, item.digest] for item in packable),
    }
    return hashlib.sha256(canonical_json.encode(content)).hexdigest()


def _up_to_date(shards: storage.Location, fingerprint: str) -> bool:
    location = storage.join(shards, PACK_RECORD)
    if not storage.exists(location):
        return False
    record = canonical_json.decode(storage.read_bytes(location), where=str(location))
    if record["fingerprint"] != fingerprint:
        return False
    files: dict[str, int] = record["files"]
    return all(
        storage.exists(storage.join(shards, *name.split("/")))
        and storage.size(storage.join(shards, *name.split("/"))) == size
        for name, size in files.items()
    )


def _record(shards: storage.Location, fingerprint: str) -> None:
    files = (
        {name: storage.size(storage.join(shards, *name.split("/"))) for name in storage.find(shards, "")}
        if storage.exists(shards)
        else {}
    )
    files.pop(PACK_RECORD, None)
    storage.write_bytes(
        storage.join(shards, PACK_RECORD), canonical_json.encode({"fingerprint": fingerprint, "files": files})
    )


def _write(
    shards: storage.Location, packable: list[_Packable], store: ArtifactStore, config: PackConfig
) -> list[MemberLocation]:
    locations: list[MemberLocation] = []
    for split in (TRAIN, TEST):
        samples = [item for item in packable if item.split == split]
        if samples:
            locations += write_shards(
                _samples(samples, store), shards, split, max_samples=config.max_samples, max_bytes=config.max_bytes
            )
        else:
            storage.remove_folder(storage.join(shards, split))
    return locations


def _samples(packable: list[_Packable], store: ArtifactStore) -> Iterator[Sample]:
    for item in packable:
        files = {member: store.artifact(key, name) for member, (key, name) in item.artifacts.items()}
        meta = item.meta
        if item.caption is not None:
            where = f"{item.unit.unit_id}/{CAPTION}"
            caption = canonical_json.decode(store.read_json(item.caption, CAPTION), where=where)
            meta = meta.model_copy(update={"prompt": caption["prompt"], "hoi_prompt": caption["hoi_prompt"]})
        yield Sample(item.unit.unit_id, {members.META: meta.to_bytes(), **files})


def _row(
    standing: Standing,
    lineage: Lineage,
    places: dict[str, tuple[Member, ...]],
    by_clip: dict[str, MemberLocation],
    levels: dict[str, Level],
    selection: Selection,
) -> ManifestRow:
    unit = _clip_unit(standing)
    cut = standing.outcomes["cut"].scores if "cut" in standing.outcomes else {}
    place = by_clip.get(unit.unit_id)
    people = selection.verdict(unit.unit_id)
    return ManifestRow(
        clip_id=unit.unit_id,
        source_id=unit.source.unit_id,
        source_sha256=unit.source.sha256,
        first_frame=unit.first,
        frames=unit.frames,
        motion_frames=unit.motion_frames,
        shot=unit.shot,
        shot_first=unit.shot_first,
        shot_end=unit.shot_end,
        width=_whole(cut.get("width")),
        height=_whole(cut.get("height")),
        decision=_DECISIONS[standing.state],
        stage=standing.stage or None,
        rule=standing.rejection.rule if standing.rejection else None,
        reason=standing.reason or None,
        value=standing.rejection.value if standing.rejection else None,
        threshold=standing.rejection.threshold if standing.rejection else None,
        error_type=standing.failure.error_type if standing.failure else None,
        level=levels[unit.unit_id] if place else None,
        split=place.split if place else None,
        shard=place.shard if place else None,
        members=places.get(unit.unit_id, ()),
        fingerprints=sample_fingerprints(standing, lineage),
        scores=sample_scores(standing),
        content_sha256=selection.content[unit.unit_id],
        review_label=people.label if people else None,
        review_reasons=people.reasons if people else (),
        reviewers=people.reviewers if people else (),
        review_conflict=people.conflict if people else False,
    )


def _whole(value: Score) -> int | None:
    return None if value is None or isinstance(value, str) else int(value)
