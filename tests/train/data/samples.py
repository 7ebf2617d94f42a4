"""Small real samples of level `encoded`: drawn movement as H.264, a tone, and caches made with the embedded codecs."""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_model.codecs.block_dct import BlockDctCodec
from cointeract_model.codecs.config import CodecsConfig, HashedTextConfig, LogMelConfig
from cointeract_model.codecs.hashed_text import HashedTextCodec
from cointeract_model.codecs.joint import Phase, encode_hoi, encode_pose, encode_with_motion, encode_without_motion
from cointeract_model.codecs.log_mel import LogMelCodec
from cointeract_model.switches import Switches
from cointeract_shards import media, members
from cointeract_shards.buckets import Bucket, cover
from cointeract_shards.constants import AUDIO_SAMPLES, FPS, MOTION_FRAMES, SAMPLE_RATE, TARGET_FRAMES
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.encoded import AudioFeatures, AudioInfo, LatentsInfo, TextInfo, TextRows, VideoLatents
from cointeract_shards.manifest import ManifestRow, members_by_key, write_manifest
from cointeract_shards.records import Meta, Shot, TrackPoint, Tracks, Verdict
from cointeract_shards.sample import Sample
from cointeract_shards.tar_writer import write_shards
from cointeract_shards.tensor_file import StoredDtype
from cointeract_train.data.config import DataConfig

WIDE, TALL = Bucket(width=96, height=64), Bucket(width=64, height=96)
PROMPT = "A woman holds a red cup."
LOUDNESS = -30.0
Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class Kind:
    """What tells samples apart."""

    bucket: Bucket = WIDE
    motion: bool = True
    pose: bool = False
    dtype: StoredDtype = "float16"
    key: str | None = None
    """Of the latents' codec; None: its own."""
    hoi_phase: str = "aligned"
    hoi_prompt: str = "template_and_prompt"
    loudness: float | None = -23.0


def codecs() -> CodecsConfig:
    return CodecsConfig(text=HashedTextConfig(dim=16), audio=LogMelConfig(layers=2, bands=8))


def config_of(root: Path | str, **changes: object) -> DataConfig:
    fields: dict[str, object] = {
        "root": str(root),
        "buckets": (WIDE, TALL),
        "codecs": codecs(),
        "global_batch": 4,
        "workers": 0,
        "window_shards": 2,
        "validation": {"split": None},
    }
    return DataConfig.model_validate({**fields, **changes})


@cache
def drawn(count: int, width: int, height: int, first: int, kind: str) -> Frames:
    """(count, height, width, 3): a disc that moves on a textured background; `hoi` and `pose` on black."""
    rows, columns = np.mgrid[0:height, 0:width]
    frames = np.zeros((count, height, width, 3), np.uint8)
    for index in range(count):
        time = (first + index) / FPS
        x, y = width * (0.5 + 0.3 * np.sin(2 * time)), height * (0.5 + 0.3 * np.cos(3 * time))
        if kind == "rgb":
            frames[index] = np.stack([60 + columns, 80 + rows, 120 + 0 * rows], -1)
        frames[index][(columns - x) ** 2 + (rows - y) ** 2 < 150] = (90, 200, 90) if kind == "pose" else (220, 60, 60)
    return frames


@cache
def encoded_video(count: int, width: int, height: int, first: int, kind: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS), options={"crf": "12", "preset": "ultrafast"})
        stream.height, stream.width = height, width
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for picture in drawn(count, width, height, first, kind):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@cache
def tone() -> bytes:
    times = np.arange(AUDIO_SAMPLES) / SAMPLE_RATE
    samples = (4000 * np.sin(2 * np.pi * (200 + 80 * times) * times)).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((1, 2, SAMPLE_RATE, AUDIO_SAMPLES, "NONE", ""))
        writer.writeframes(samples.tobytes())
    return buffer.getvalue()


@cache
def picture(seed: int, width: int, height: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    return media.encode_png(np.kron(coarse, np.ones((8, 8, 1), np.uint8)))


def frames_of(data: bytes) -> Tensor:
    """(1, 3, frames, height, width) from -1 to 1, as they are stored."""
    with av.open(io.BytesIO(data)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return torch.from_numpy(np.stack(pictures)).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


@cache
def media_of(kind: Kind) -> dict[str, bytes]:
    """Members of a triplet, in the size of its bucket, so that no scaling comes in."""
    width, height = kind.bucket.width, kind.bucket.height
    content = {
        members.RGB: encoded_video(TARGET_FRAMES, width, height, MOTION_FRAMES, "rgb"),
        members.HOI: encoded_video(TARGET_FRAMES, width, height, MOTION_FRAMES, "hoi"),
        members.AUDIO: tone(),
        members.PERSON: picture(1, width, height),
        members.PRODUCT: picture(2, width, height),
        members.OBJECT_MASKS: b"[]\n",
        members.BODY: b"not looked into",
    }
    if kind.motion:
        content[members.MOTION] = encoded_video(MOTION_FRAMES, width, height, 0, "rgb")
    if kind.pose:
        content[members.POSE] = encoded_video(TARGET_FRAMES, width, height, MOTION_FRAMES, "pose")
    return content


@cache
def caches_of(kind: Kind) -> dict[str, bytes]:
    caches = (_latents_of(kind), _text_of(kind), _audio_of(kind))
    return {cached.member: cached.to_bytes() for cached in caches}


def _latents_of(kind: Kind) -> VideoLatents:
    codec, content, phase = BlockDctCodec(), media_of(kind), Phase(kind.hoi_phase)
    target, hoi, person = (frames_of(content[name]) for name in (members.RGB, members.HOI, members.PERSON))
    found = {
        "without_motion": encode_without_motion(codec, person, target).target,
        "hoi_without_motion": encode_hoi(codec, hoi, with_motion=False, phase=phase),
        "person": codec.encode(person),
        "product": codec.encode(frames_of(content[members.PRODUCT])),
    }
    if kind.motion:
        joint = encode_with_motion(codec, frames_of(content[members.MOTION]), target)
        assert joint.motion is not None
        found |= {"motion": joint.motion, "with_motion": joint.target}
        found["hoi_with_motion"] = encode_hoi(codec, hoi, with_motion=True, phase=phase)
    if kind.pose:
        pose = frames_of(content[members.POSE])
        found["pose_without_motion"] = encode_pose(codec, pose, with_motion=False, phase=phase)
        if kind.motion:
            found["pose_with_motion"] = encode_pose(codec, pose, with_motion=True, phase=phase)
    info = LatentsInfo(
        codec=codec.name,
        key=kind.key or codec.key,
        dtype=kind.dtype,
        bucket=kind.bucket,
        hoi_phase=kind.hoi_phase,
        frames=cover(kind.bucket.width, kind.bucket.height, kind.bucket),
        product_scale=0.5,
        motion=kind.motion,
        pose=kind.pose,
    )
    return VideoLatents(info, **{name: latents[0].numpy() for name, latents in found.items()})


def _text_of(kind: Kind) -> TextRows:
    codec, switches = HashedTextCodec(16), Switches(hoi_prompt=kind.hoi_prompt)
    texts = {"prompt": PROMPT, "hoi_prompt": switches.hoi_prompt_of(PROMPT), "hoi_empty": switches.hoi_prompt_of("")}
    info = TextInfo(codec=codec.name, key=codec.key, dtype=kind.dtype, **texts)
    named = {"prompt": PROMPT, "hoi": texts["hoi_prompt"], "empty": "", "hoi_empty": texts["hoi_empty"]}
    return TextRows(info, **{name: codec.encode(text).numpy() for name, text in named.items()})


def _audio_of(kind: Kind) -> AudioFeatures:
    codec = LogMelCodec(2, 8)
    with wave.open(io.BytesIO(tone())) as reader:
        samples = np.frombuffer(reader.readframes(AUDIO_SAMPLES), "<i2").astype(np.float32) / 32768
    gain = 1.0 if kind.loudness is None else 10 ** ((kind.loudness - LOUDNESS) / 20)
    features = codec.encode(torch.from_numpy(samples * np.float32(gain)), SAMPLE_RATE, TARGET_FRAMES)
    info = AudioInfo(
        codec=codec.name, key=codec.key, dtype=kind.dtype, frames=TARGET_FRAMES, loudness=kind.loudness, gain=gain
    )
    return AudioFeatures(info, features.numpy())


def tracks_of(kind: Kind) -> Tracks:
    """A face in the upper left corner, a hand in the lower right one, in every frame."""
    width, height = kind.bucket.width, kind.bucket.height
    face = TrackPoint(box=(0.0, 0.0, 16.0, 16.0), score=0.9)
    hand = TrackPoint(box=(width - 16.0, height - 16.0, float(width), float(height)), score=0.9)
    nothing = (None,) * TARGET_FRAMES
    return Tracks(
        width=width,
        height=height,
        frames=TARGET_FRAMES,
        face=(face,) * TARGET_FRAMES,
        left_hand=(hand,) * TARGET_FRAMES,
        right_hand=nothing,
        object=nothing,
        contact=nothing,
    )


def sample_of(key: str, kind: Kind | None = None, *, cached: bool = True, **changes: object) -> Sample:
    kind = kind or Kind()
    fields: dict[str, object] = {
        "id": key,
        "level": "encoded" if cached else "triplet",
        "source_id": f"source-{key}",
        "source_sha256": hashlib.sha256(key.encode()).hexdigest(),
        "first_frame": MOTION_FRAMES if kind.motion else 0,
        "frames": TARGET_FRAMES,
        "motion_frames": MOTION_FRAMES if kind.motion else 0,
        "shot": Shot(index=0, first=0, end=400),
        "width": kind.bucket.width,
        "height": kind.bucket.height,
        "prompt": PROMPT,
        "product_scale": 0.5,
        "scores": {"quality.loudness_lufs": LOUDNESS},
        "verdicts": {"product_identity": Verdict(passed=True)},
    }
    content = dict(media_of(kind))
    if cached:
        content |= caches_of(kind)
    content[members.TRACKS] = tracks_of(kind).to_bytes()
    content[members.META] = Meta(**{**fields, **changes}).to_bytes()
    return Sample(key, content)


def row_of(sample: Sample, **changes: object) -> ManifestRow:
    meta = sample.meta
    row = ManifestRow(
        clip_id=sample.key,
        source_id=meta.source_id,
        source_sha256=meta.source_sha256,
        first_frame=meta.first_frame,
        frames=meta.frames,
        motion_frames=meta.motion_frames,
        shot=meta.shot.index,
        shot_first=meta.shot.first,
        shot_end=meta.shot.end,
        width=meta.width,
        height=meta.height,
        decision="accepted",
        level=meta.level,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def pack_with_held_out(root: Path, number: int) -> Path:
    """So many training samples, of which the first begins a shot, two in a shard, and a held-out one; without a manifest."""
    shards = DatasetLayout(root).shards
    samples = [sample_of(f"train-{place}", Kind(motion=place > 0)) for place in range(number)]
    write_shards(samples, shards, "train", max_samples=2, max_bytes=1 << 30)
    write_shards([sample_of("held-out", Kind())], shards, "test", max_samples=2, max_bytes=1 << 30)
    return root


def pack(
    root: Path,
    samples: Iterable[Sample],
    *,
    split: str = "train",
    max_samples: int = 2,
    decisions: dict[str, str] | None = None,
) -> Path:
    """Write samples as a data set with a manifest."""
    samples = list(samples)
    layout = DatasetLayout(root)
    places = write_shards(samples, layout.shards, split, max_samples=max_samples, max_bytes=1 << 30)
    packed, shards = members_by_key(places), {place.key: place.shard for place in places}
    rows = [
        row_of(
            sample,
            split=split,
            shard=shards[sample.key],
            members=packed[sample.key],
            decision=(decisions or {}).get(sample.key, "accepted"),
        )
        for sample in samples
    ]
    write_manifest(rows, layout.manifest)
    return root
