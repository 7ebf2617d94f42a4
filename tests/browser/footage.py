"""A small data set in the contract, of clips that say their frame numbers, for tests in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cointeract_shards import canonical_json, media, members
from cointeract_shards.constants import AUDIO_SAMPLES, MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import members_by_key, write_manifest
from cointeract_shards.records import Contact, HandContact, TrackPoint, Tracks, Verdict
from cointeract_shards.sample import Sample
from cointeract_shards.tar_writer import write_shards
from tests.browser.barcode import HEIGHT, WIDTH, barcode_frames
from tests.shards.samples import encode_video, encode_wav, meta_of, row_of

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> & "quoted" </p>'
"""A prompt that would run if it were ever taken for HTML."""
SAMPLES = 24
REJECTED = 3
UNEVEN, WITHOUT_HOI = 22, 23
"""Samples with something wrong: a video that isn't of constant rate, and a member that isn't in the shard."""
PERSON_FRAME, PRODUCT_FRAME = 10, 20
RED_SHIRT, GREY = (170, 70, 60), (40, 40, 40)
OBJECT_BOX = (60.0, 120.0, 100.0, 180.0)


def clip_id(number: int) -> str:
    """Id of one of the samples."""
    return f"clip-{number:03d}"


def write_footage(root: Path, samples: int = SAMPLES, size: tuple[int, int] = (WIDTH, HEIGHT)) -> DatasetLayout:
    """A packed data set: triplets with and without motion frames, one with a hostile prompt, and some rejected clips."""
    layout = DatasetLayout(root)
    files = _files(size)
    accepted = [
        _sample(clip_id(number), files, size, motion=number % 2 == 1, hostile=number == 0) for number in range(samples)
    ]
    places = write_shards(accepted, layout.shards, "train", max_samples=samples, max_bytes=1 << 30)
    packed = members_by_key(places)
    shards = {place.key: place.shard for place in places}
    rows = [row_of(sample, split="train", shard=shards[sample.key], members=packed[sample.key]) for sample in accepted]
    rows += [_rejected(clip_id(samples + number), size) for number in range(REJECTED)]
    write_manifest(rows, layout.manifest)
    return layout


def _files(size: tuple[int, int]) -> dict[str, bytes]:
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (200, 120, 40)
    return {
        members.RGB: encode_video(barcode_frames(0, TARGET_FRAMES, RED_SHIRT, size)),
        members.HOI: encode_video(barcode_frames(0, TARGET_FRAMES, GREY, size)),
        members.MOTION: encode_video(barcode_frames(-MOTION_FRAMES, MOTION_FRAMES, RED_SHIRT, size)),
        members.AUDIO: encode_wav(AUDIO_SAMPLES),
        members.PERSON: media.encode_png(picture),
        members.PRODUCT: media.encode_png(picture[:, ::-1].copy()),
        members.TRACKS: _tracks(size).to_bytes(),
        members.OBJECT_MASKS: _masks(size),
        members.BODY: b"not looked into",
    }


def _uneven(size: tuple[int, int]) -> bytes:
    """Every third frame lasts longer than the others."""
    times = [1000 * frame + 500 * (frame // 3) for frame in range(TARGET_FRAMES)]
    return encode_video(barcode_frames(0, TARGET_FRAMES, RED_SHIRT, size), times=times)


def _tracks(size: tuple[int, int]) -> Tracks:
    def points(box: tuple[float, float, float, float]) -> Sequence[TrackPoint | None]:
        return [TrackPoint(box=box, score=0.9, interpolated=frame % 2 == 1) for frame in range(TARGET_FRAMES)]

    touching = Contact(left_hand=HandContact(touching=True, score=0.8), right_hand=None)
    return Tracks(
        width=size[0],
        height=size[1],
        frames=TARGET_FRAMES,
        face=points((60.0, 30.0, 100.0, 80.0)),
        left_hand=points((50.0, 150.0, 80.0, 180.0)),
        right_hand=[None] * TARGET_FRAMES,
        object=points(OBJECT_BOX),
        contact=[touching if frame > TARGET_FRAMES // 2 else None for frame in range(TARGET_FRAMES)],
    )


def _masks(size: tuple[int, int]) -> bytes:
    from pycocotools import mask as coco

    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[120:180, 60:100] = 1
    counts = coco.encode(np.asfortranarray(mask))["counts"].decode()
    record = {"size": [size[1], size[0]], "counts": counts}
    return canonical_json.encode(
        {"version": 1, "width": size[0], "height": size[1], "frames": TARGET_FRAMES, "masks": [record] * TARGET_FRAMES}
    )


def _sample(key: str, files: dict[str, bytes], size: tuple[int, int], *, motion: bool, hostile: bool) -> Sample:
    number = int(key.rpartition("-")[2])
    meta = meta_of(
        key,
        level="triplet",
        width=size[0],
        height=size[1],
        first_frame=MOTION_FRAMES if motion else 0,
        motion_frames=MOTION_FRAMES if motion else 0,
        prompt=HOSTILE if hostile else f"A person shows the product of {key}.",
        verdicts={"product_same": Verdict(passed=True, value=0.9, threshold=0.5)},
        scores={
            "object.stability": 0.6 + 0.01 * number,
            "quality.luminance": 0.5,
            "references.person_frame": PERSON_FRAME,
            "references.product_frame": PRODUCT_FRAME,
        },
    )
    left_out = {members.MOTION} if not motion else {members.HOI} if number == WITHOUT_HOI else set()
    content = {name: data for name, data in files.items() if name not in left_out}
    if number == UNEVEN:
        content[members.RGB] = _uneven(size)
    return Sample(key, content | {members.META: meta.to_bytes()})


def _rejected(key: str, size: tuple[int, int]) -> object:
    sample = Sample(
        key, {members.META: meta_of(key, width=size[0], height=size[1], scores={"object.stability": 0.2}).to_bytes()}
    )
    return row_of(
        sample,
        decision="rejected",
        stage="object",
        rule="object_unsteady",
        reason="the outline of the object jumps",
        value=0.2,
        threshold=0.6,
        level=None,
    )
