"""What is encoded on the fly is what curation caches: its own functions, over videos that have to be scaled and cut."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.train.data.samples import LOUDNESS, PROMPT, Kind, config_of, encoded_video, pack, picture, sample_of
from tests.train.data.test_examples import EVERYTHING, NOTHING, example_of, tensors_of

from cointeract_curation.stages.encode.latents import encode_latents
from cointeract_curation.stages.encode.pixels import ClipPixels
from cointeract_curation.stages.encode.sound import encode_sound, gain_of, read_samples
from cointeract_curation.stages.encode.words import TextEncoder
from cointeract_model.codecs.block_dct import BlockDctCodec
from cointeract_model.codecs.bucket_pixels import contained, covering
from cointeract_model.codecs.hashed_text import HashedTextCodec
from cointeract_model.codecs.log_mel import LogMelCodec
from cointeract_model.switches import Switches
from cointeract_shards import media, members
from cointeract_shards.buckets import Bucket, cover
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.encoded import AudioInfo, LatentsInfo
from cointeract_shards.sample import Sample
from cointeract_train.data.encoding import single_thread

WIDTH, HEIGHT = 150, 130
BUCKET = Bucket(width=96, height=64)


def decoded(data: bytes) -> list[NDArray[np.uint8]]:
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def cached_by_curation(sample: Sample, folder: Path, phase: str) -> dict[str, bytes]:
    """The three caches, in float32, so that nothing is lost in storage."""
    place = cover(WIDTH, HEIGHT, BUCKET)
    pixels = ClipPixels(
        target=covering(decoded(sample.read(members.RGB)), BUCKET),
        hoi=covering(decoded(sample.read(members.HOI)), BUCKET),
        person=covering([media.decode_image(sample.read(members.PERSON), where="person")], BUCKET),
        product=contained(media.decode_image(sample.read(members.PRODUCT), where="product"), BUCKET),
        motion=covering(decoded(sample.read(members.MOTION)), BUCKET),
    )
    codec, text, audio = BlockDctCodec(), HashedTextCodec(16), LogMelCodec(2, 8)
    info = LatentsInfo(
        codec=codec.name,
        key=codec.key,
        dtype="float32",
        bucket=BUCKET,
        hoi_phase=phase,
        frames=place,
        product_scale=0.5,
        motion=True,
        pose=False,
    )
    sound = folder / "audio.wav"
    sound.write_bytes(sample.read(members.AUDIO))
    samples = read_samples(sound)
    heard = AudioInfo(
        codec=audio.name,
        key=audio.key,
        dtype="float32",
        frames=TARGET_FRAMES,
        loudness=-23.0,
        gain=gain_of(samples, LOUDNESS, -23.0),
    )
    made = (
        encode_latents(codec, pixels, info, "cpu"),
        TextEncoder(text, Switches(hoi_prompt="template_and_prompt"), "float32", {}).encode(PROMPT),
        encode_sound(audio, samples, heard),
    )
    return {cache.member: cache.to_bytes() for cache in made}


@pytest.mark.parametrize("phase", ["aligned", "release"])
def test_features_made_on_the_fly_are_those_that_curation_caches(tmp_path: Path, phase: str) -> None:
    plain = sample_of("one", Kind(), cached=False, width=WIDTH, height=HEIGHT)
    videos = {
        members.RGB: encoded_video(TARGET_FRAMES, WIDTH, HEIGHT, MOTION_FRAMES, "rgb"),
        members.HOI: encoded_video(TARGET_FRAMES, WIDTH, HEIGHT, MOTION_FRAMES, "hoi"),
        members.MOTION: encoded_video(MOTION_FRAMES, WIDTH, HEIGHT, 0, "rgb"),
        members.PERSON: picture(1, 88, 120),
        members.PRODUCT: picture(2, 40, 104),
    }
    plain = Sample("one", {**plain.members, **videos})
    with single_thread():
        caches = cached_by_curation(plain, tmp_path, phase)
    root = pack(tmp_path, [Sample("one", {**plain.members, **caches})])
    for dropouts in (NOTHING, EVERYTHING):
        settings = {"buckets": (BUCKET,), "dropouts": dropouts, "hoi_phase": phase, "hoi_prompt": "template_and_prompt"}
        cached = tensors_of(example_of(config_of(root, on_the_fly="never", **settings), "one"))
        encoded = tensors_of(example_of(config_of(root, on_the_fly="always", **settings), "one"))
        for name, part in cached.items():
            assert (part is None) == (encoded[name] is None), name
            assert part is None or torch.equal(part, encoded[name]), name
