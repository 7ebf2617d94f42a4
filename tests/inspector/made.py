"""A small data set as curation leaves it: packed samples, a rejected clip whose artifacts lie beside, a quarantined one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from pycocotools import mask as coco

from cointeract_shards import media, members
from cointeract_shards.constants import AUDIO_SAMPLES, MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import ManifestRow, members_by_key, write_manifest
from cointeract_shards.object_masks import ObjectMasks, RunLength
from cointeract_shards.outcome import ArtifactFile, Outcome
from cointeract_shards.records import Verdict
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.sample import Sample
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import (
    HEIGHT,
    WIDTH,
    encode_video,
    encode_wav,
    gradient_picture,
    meta_of,
    render,
    row_of,
    tracks_of,
)

SOURCE = "0123456789abcdef"
PACKED = [f"{SOURCE}-{number * 81:08d}" for number in range(6)]
REJECTED, QUARANTINED = f"{SOURCE}-00000900", f"{SOURCE}-00000990"
PROMPT = 'A person shows <img src=x onerror=alert(1)> & "a mug".'
SHADE = 0.25
STAGES = ("identify", "probe", "split", "cut", "quality", "people", "object", "references", "validate")
POLICY = {
    "dark": {"score": "quality.luminance", "min": 0.3, "message": "too dark"},
    "no_hand": {"score": "people.hand_share", "min": 0.5, "message": "no hand is seen"},
    "unsteady": {"score": "object.stability", "min": 0.6, "max": 1.5, "message": "the outline jumps"},
}
CUT_FINGERPRINT, PEOPLE_FINGERPRINT = "c" * 16, "d" * 16


@dataclass(frozen=True)
class Media:
    """Encoded once for all tests."""

    rgb: bytes
    motion: bytes
    hoi: bytes
    audio: bytes
    person: bytes
    product: bytes
    masks: bytes


def make_media() -> Media:
    product = np.full((96, 64, 3), 255, np.uint8)
    product[30:60, 20:40] = (200, 30, 30)
    return Media(
        encode_video(render(MOTION_FRAMES, TARGET_FRAMES)),
        encode_video(render(0, MOTION_FRAMES)),
        encode_video(render(MOTION_FRAMES, TARGET_FRAMES, hoi=True)),
        encode_wav(AUDIO_SAMPLES),
        media.encode_png(gradient_picture(1)),
        media.encode_png(product),
        make_masks().to_bytes(),
    )


def make_masks() -> ObjectMasks:
    """A box that moves to the right; unseen in every tenth frame."""
    found: list[RunLength | None] = []
    for frame in range(TARGET_FRAMES):
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8, order="F")
        pixels[40:60, frame // 3 : frame // 3 + 12] = 1
        counts = coco.encode(pixels)["counts"].decode()
        found.append(None if frame % 10 == 9 else RunLength(size=(HEIGHT, WIDTH), counts=counts))
    return ObjectMasks(width=WIDTH, height=HEIGHT, frames=TARGET_FRAMES, masks=tuple(found))


def make_sample(key: str, made: Media, number: int, replace: dict[str, bytes | None] | None = None) -> Sample:
    scores = {
        "quality.luminance": 0.5 + 0.01 * number,
        "people.hand_share": 1.0,
        "object.stability": round(0.7 + 0.05 * number, 2),
        "references.person_frame": 24.0,
        "references.product_frame": 12.0,
        "references.person_passed": number % 2 == 0,
    }
    verdicts = {"product_identity": Verdict(passed=True, value=0.9, threshold=0.5)}
    meta = meta_of(
        key,
        level="triplet",
        source_id=SOURCE,
        prompt=PROMPT,
        verdicts=verdicts,
        scores=scores,
        first_frame=MOTION_FRAMES + number,
    )
    content: dict[str, bytes | None] = {
        members.RGB: made.rgb,
        members.MOTION: made.motion,
        members.HOI: made.hoi,
        members.AUDIO: made.audio,
        members.PERSON: made.person,
        members.PRODUCT: made.product,
        members.TRACKS: tracks_of(MOTION_FRAMES).to_bytes(),
        members.OBJECT_MASKS: made.masks,
        members.BODY: b"not looked into",
        members.META: meta.to_bytes(),
    } | (replace or {})
    return Sample(key, {name: data for name, data in content.items() if data is not None})


def make_dataset(
    root: Path, made: Media, replace: dict[str, bytes | None] | None = None, *, packed: list[str] | None = None
) -> DatasetLayout:
    """Six samples in two splits (three to a shard); one rejected and one quarantined clip. `replace` is for the first sample."""
    layout = DatasetLayout(root)
    keys = PACKED if packed is None else packed
    samples = [make_sample(key, made, number, replace if number == 0 else None) for number, key in enumerate(keys)]
    places = write_shards(samples[:4], layout.shards, "train", max_samples=2, max_bytes=1 << 30)
    if samples[4:]:
        places += write_shards(samples[4:], layout.shards, "test", max_samples=2, max_bytes=1 << 30)
    grouped = members_by_key(places)
    where = {place.key: place for place in places}
    rows = [
        row_of(
            sample,
            split=where[sample.key].split,
            shard=where[sample.key].shard,
            members=grouped[sample.key],
            content_sha256=content_sha256({member.name: member.sha256 for member in grouped[sample.key]}),
        )
        for sample in samples
    ]
    write_manifest([*rows, _rejected(layout, made), _quarantined()], layout.manifest)
    write_recipe(layout)
    return layout


def write_recipe(layout: DatasetLayout) -> None:
    recipe = {"name": "made", "description": "", **{stage: {} for stage in STAGES}, "policy": POLICY}
    layout.config.parent.mkdir(parents=True, exist_ok=True)
    layout.config.write_text(yaml.safe_dump({"recipe": recipe}, sort_keys=False))


def write_outcome(
    layout: DatasetLayout, clip: str, stage: str, fingerprint: str, scores: dict[str, object], files: dict[str, bytes]
) -> None:
    """What a finished stage leaves behind."""
    folder = layout.artifacts / clip / f"{stage}-{fingerprint}"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    listed = {name: ArtifactFile(len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    unit = {
        "kind": "clip",
        "first": 900,
        "frames": 81,
        "motion_frames": 73,
        "shot": 0,
        "shot_first": 0,
        "shot_end": 999,
    }
    outcome = Outcome(stage, clip, fingerprint, scores, listed, unit, 1, "host", 100.0, 1.0)  # type: ignore[arg-type]
    (folder / "outcome.json").write_bytes(outcome.to_bytes())


def _rejected(layout: DatasetLayout, made: Media) -> ManifestRow:
    cut = {"width": WIDTH, "height": HEIGHT}
    write_outcome(layout, REJECTED, "cut", CUT_FINGERPRINT, cut, {members.RGB: made.rgb, members.AUDIO: made.audio})
    tracks = {members.TRACKS: tracks_of(MOTION_FRAMES).to_bytes()}
    write_outcome(layout, REJECTED, "people", PEOPLE_FINGERPRINT, {"hand_share": SHADE}, tracks)
    return ManifestRow(
        **_unpacked(REJECTED),
        width=WIDTH,
        height=HEIGHT,
        decision="rejected",
        stage="people",
        rule="no_hand",
        reason=f"no hand is seen (people.hand_share is {SHADE}, the bound is 0.5)",
        value=SHADE,
        threshold=0.5,
        fingerprints={"cut": CUT_FINGERPRINT, "people": PEOPLE_FINGERPRINT},
        scores={"quality.luminance": 0.5, "people.hand_share": SHADE},
    )


def _quarantined() -> ManifestRow:
    return ManifestRow(
        **_unpacked(QUARANTINED),
        width=None,
        height=None,
        decision="quarantined",
        stage="cut",
        reason="StageCrashError: the worker died",
        error_type="StageCrashError",
    )


def _unpacked(clip: str) -> dict[str, object]:
    sha256 = hashlib.sha256(b"source").hexdigest()
    place = {"first_frame": int(clip[-8:]), "shot": 0, "shot_first": 0, "shot_end": 999}
    return {"clip_id": clip, "source_id": SOURCE, "source_sha256": sha256, "frames": 81, "motion_frames": 73, **place}


def as_json(data: bytes) -> object:
    return json.loads(data)
