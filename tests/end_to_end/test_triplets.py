"""From a livestream to triplets: every member of a sample, its verdicts, and the page that shows them."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from cointeract_shards import members
from cointeract_shards.encoded import TextRows, VideoLatents
from cointeract_shards.manifest import ManifestRow, read_manifest
from cointeract_shards.object_masks import ObjectMasks
from cointeract_shards.reader import ShardReader
from cointeract_shards.sample import Sample
from tests.end_to_end.command import results, run, run_json
from tests.quality.clip_truth import clip_truth
from tests.quality.measures import mask_iou, mean

TRIPLETS = ["--recipe", "demo", "--set", "shots.backend=pyscenedetect", "--set", "quality.overlay.samples=2"]
SECONDS = 3.4
AXES = {"identity", "product_gone", "product_same", "product_isolated", "no_hand", "plausible_size", "safe"}


@pytest.fixture(scope="module")
def footage(livestream: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The livestream's first seconds: one window of 81 frames in which a product is shown."""
    path = tmp_path_factory.mktemp("footage") / "one.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(livestream), "-t", str(SECONDS)]
    subprocess.run([*command, "-c", "copy", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def dataset(footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("triplets") / "dataset"
    run_json("curate", footage, "--output", output, "--engine", "inprocess", *TRIPLETS)
    return output


@pytest.fixture(scope="module")
def row(dataset: Path) -> ManifestRow:
    rows = read_manifest(dataset / "manifest.parquet")
    assert len(rows) == 1
    assert rows[0].decision == "accepted", rows[0].reason
    return rows[0]


@pytest.fixture(scope="module")
def sample(dataset: Path, row: ManifestRow) -> Sample:
    return next(ShardReader(dataset / "shards").samples())


def test_the_sample_is_an_encoded_triplet_and_lint_finds_nothing(dataset: Path, sample: Sample) -> None:
    assert sample.meta.level == "encoded"
    assert run_json("lint", dataset)["violations"] == []
    assert sample.meta.object_fill == "rgb"


def test_caches_are_read_from_the_shard_and_belong_to_the_sample(row: ManifestRow, sample: Sample) -> None:
    names = [name for name in sample.members if name.endswith(".safetensors")]
    assert sorted(names) == [
        "audio.log-mel.safetensors", "latents.block-dct-64x112.safetensors", "text.hashed-text.safetensors",
    ]  # fmt: skip
    latents = VideoLatents.from_bytes(sample.read("latents.block-dct-64x112.safetensors"), where="latents")
    assert latents.info.motion == (sample.meta.motion_frames > 0)
    assert latents.info.hoi_phase == sample.meta.hoi_phase == "aligned"
    assert latents.without_motion.shape == (16, 20, 14, 8)
    text = TextRows.from_bytes(sample.read("text.hashed-text.safetensors"), where="text")
    assert text.info.prompt == sample.meta.prompt
    assert row.scores["encode.bucket"] == "64x112"


def test_every_axis_has_a_verdict(sample: Sample) -> None:
    assert set(sample.meta.verdicts) == AXES
    assert all(verdict.passed is not False for verdict in sample.meta.verdicts.values())


def test_the_prompts_are_sentences_and_the_structure_has_its_own(sample: Sample) -> None:
    prompt, hoi_prompt = sample.meta.prompt, sample.meta.hoi_prompt
    assert prompt is not None
    assert prompt[0].isupper()
    assert prompt.endswith(".")
    assert hoi_prompt is not None
    assert prompt in hoi_prompt


def test_the_object_is_where_the_truth_has_it(livestream: Path, sample: Sample) -> None:
    truth = clip_truth(livestream.with_suffix(".truth.json"), sample.meta.first_frame, sample.meta.frames)
    found = ObjectMasks.from_bytes(sample.read(members.OBJECT_MASKS), where=members.OBJECT_MASKS)
    from cointeract_curation.media.masks import decode_mask

    overlaps = [
        0.0 if code is None else mask_iou(decode_mask(code), truth.mask("object", frame))
        for frame, code in enumerate(found.masks)
    ]
    assert mean(np.array(overlaps)) > 0.5


def test_references_have_the_size_of_the_video_and_the_product_lies_on_white(sample: Sample) -> None:
    person, product = (
        np.asarray(Image.open(io.BytesIO(sample.read(name))).convert("RGB"))
        for name in (members.PERSON, members.PRODUCT)
    )
    assert person.shape == product.shape == (sample.meta.height, sample.meta.width, 3)
    edge = np.concatenate([product[0], product[-1], product[:, 0], product[:, -1]])
    assert (edge == 255).all()
    assert (product < 250).any()


def test_the_report_shows_the_structure_and_the_references(dataset: Path) -> None:
    page = (dataset / "report" / "index.html").read_text()
    for axis in sorted(AXES):
        assert axis in page


def test_status_tells_nothing_is_left(dataset: Path) -> None:
    assert run_json("status", dataset)["pending"] == 0
    assert "accepted" in run("status", dataset)


@pytest.mark.slow
def test_two_ray_workers_make_the_same_triplets_to_the_byte(footage: Path, dataset: Path, tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    run_json("curate", footage, "--output", output, "--engine", "ray", "--workers", "2", *TRIPLETS)
    assert results(output) == results(dataset)
