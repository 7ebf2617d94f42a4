from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cointeract_shards import members
from cointeract_shards.buckets import Bucket, cover
from cointeract_shards.encoded import AudioFeatures, AudioInfo, LatentsInfo, TextInfo, TextRows, VideoLatents
from cointeract_shards.tensor_file import read_record, read_tensors
from tests.shards.samples import HEIGHT, WIDTH, LintOne

BUCKET = Bucket(width=64, height=96)
PROMPT = "A person shows a mug, slowly."
LATENTS, TEXT, AUDIO = (
    "latents.block-dct-64x96.safetensors",
    "text.hashed-text.safetensors",
    "audio.log-mel.safetensors",
)
ENCODED = {"level": "encoded", "hoi_phase": "aligned", "product_scale": 1.0}


def latents(**changes: Any) -> VideoLatents:
    facts: dict[str, Any] = {
        "codec": "block-dct",
        "key": "block-dct-1",
        "dtype": "float32",
        "bucket": BUCKET,
        "hoi_phase": "aligned",
        "frames": cover(WIDTH, HEIGHT, BUCKET),
        "product_scale": 1.0,
        "motion": True,
        "pose": False,
    }
    info = LatentsInfo(**(facts | changes))
    rows, columns = info.bucket.cells
    target = np.ones((16, 20, rows, columns), np.float32)
    still = target[:, :1]
    beside = {"motion": target[:, :19], "with_motion": target, "hoi_with_motion": target} if info.motion else {}
    return VideoLatents(info, without_motion=target, hoi_without_motion=target, person=still, product=still, **beside)


def text(prompt: str = PROMPT) -> TextRows:
    rows = np.ones((2, 8), np.float32)
    info = TextInfo(codec="hashed-text", key="k", dtype="float32", prompt=prompt, hoi_prompt="A mesh.", hoi_empty="")
    return TextRows(info, rows, rows, rows, rows)


def audio() -> AudioFeatures:
    return AudioFeatures(
        AudioInfo(codec="log-mel", key="k", dtype="float32", frames=81), np.ones((4, 8, 81), np.float32)
    )


CACHES = {LATENTS: latents().to_bytes(), TEXT: text().to_bytes(), AUDIO: audio().to_bytes()}


def with_nan(data: bytes, tensor: str) -> bytes:
    """The file with a value of a tensor overwritten, as a broken disk or program might."""
    assert read_record(data, where="")
    tensors = read_tensors(data, "float32", where="")
    changed = bytearray(data)
    start = len(data) - sum(value.nbytes for value in tensors.values())
    before = sorted(tensors)[: sorted(tensors).index(tensor)]
    offset = start + sum(tensors[name].nbytes for name in before)
    changed[offset : offset + 4] = np.float32(np.nan).tobytes()
    assert np.isnan(read_tensors(bytes(changed), "float32", where="")[tensor].ravel()[0])
    return bytes(changed)


def found(lint_one: LintOne, replace: dict[str, bytes | None], **changes: Any) -> list[tuple[str, str]]:
    report = lint_one({**CACHES, **replace}, **{**ENCODED, **changes})
    return [(violation.rule, violation.message) for violation in report.violations]


def test_a_sample_with_its_caches_passes(lint_one: LintOne) -> None:
    assert found(lint_one, {}) == []


def test_a_missing_cache_is_a_missing_member(lint_one: LintOne) -> None:
    rules = found(lint_one, {TEXT: None})
    assert [rule for rule, _ in rules] == ["level-members"]
    assert "text.*.safetensors" in rules[0][1]


CASES: dict[str, tuple[dict[str, bytes | None], dict[str, Any], str, str]] = {
    "cut short": ({LATENTS: CACHES[LATENTS][:-1]}, {}, "latents-cache", "cut short or damaged"),
    "not a cache": ({AUDIO: b"RIFF"}, {}, "audio-cache", "no safetensors file"),
    "nan": ({LATENTS: with_nan(CACHES[LATENTS], "person")}, {}, "latents-cache", "person hold NaN"),
    "no motion": ({LATENTS: latents(motion=False).to_bytes()}, {}, "latents-cache", "motion False, the sample True"),
    "other phase": ({LATENTS: latents(hoi_phase="release").to_bytes()}, {}, "latents-cache", "hoi_phase 'release'"),
    "other scale": ({LATENTS: latents(product_scale=2.0).to_bytes()}, {}, "latents-cache", "product_scale 2.0"),
    "other video": (
        {LATENTS: latents(frames=cover(100, 96, BUCKET)).to_bytes()},
        {},
        "latents-cache",
        "has the frames",
    ),
    "other bucket": (
        {
            LATENTS: latents(
                bucket=Bucket(width=96, height=96), frames=cover(WIDTH, HEIGHT, Bucket(width=96, height=96))
            ).to_bytes()
        },
        {},
        "latents-cache",
        "has the name",
    ),
    "other prompt": ({TEXT: text("A cup.").to_bytes()}, {}, "text-cache", "prompt 'A cup.'"),
    "empty": (
        {LATENTS: None, members.latents_member("x"): b""},
        {},
        "latents-cache",
        "0 bytes are no safetensors file",
    ),
}


@pytest.mark.parametrize(("replace", "changes", "rule", "message"), CASES.values(), ids=CASES)
def test_a_cache_that_does_not_belong_to_its_sample_is_named(
    lint_one: LintOne, replace: dict[str, bytes | None], changes: dict[str, Any], rule: str, message: str
) -> None:
    violations = found(lint_one, replace, **changes)
    assert [name for name, _ in violations] == [rule]
    assert message in violations[0][1]
