"""The released model's codec, tiny and random, through the stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cointeract_curation.stages.encode import EncodeConfig
from cointeract_curation.stages.encode.revision import revision
from cointeract_curation.triplet.pictures import read_picture
from cointeract_model.codecs.bucket_pixels import covering
from cointeract_model.codecs.config import WanVaeConfig
from cointeract_model.codecs.wan_vae import WanVaeCodec
from cointeract_shards.buckets import Bucket
from tests.curation.stages.encode.conftest import Encode

diffusers = pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vae")
    torch.manual_seed(0)
    diffusers.AutoencoderKLWan(base_dim=4).save_pretrained(path)
    return path


def test_latents_are_the_vaes_and_kept_under_its_key(encode: Encode, folder: Path) -> None:
    small = Bucket(width=64, height=64)
    encoded = encode(buckets=(small,), latents=WanVaeConfig(path=folder))
    found, codec = encoded.latents, WanVaeCodec(folder, torch.float32)
    assert found.member == "latents.wan-vae-64x64.safetensors"
    assert found.info.key == codec.key
    assert "diffusers" in found.info.libraries
    picture = covering([read_picture(encoded.artifact("references", "person.png"))], small)
    wanted = codec.encode(picture[None].float() / 127.5 - 1)[0].numpy()
    np.testing.assert_allclose(found.person, wanted, atol=1e-4)
    assert found.with_motion is not None
    assert np.isfinite(found.with_motion).all()


def test_the_weights_digest_of_the_key_is_in_the_revision(folder: Path) -> None:
    codec = WanVaeCodec(folder, torch.float32)
    digest = codec.key.split(":")[1]
    assert f"wan-vae:{digest}" in revision(EncodeConfig(latents=WanVaeConfig(path=folder)))
