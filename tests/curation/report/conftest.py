"""A small data set with one of everything that can happen to a file, a source and a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.outcome import FailureKind
from cointeract_curation.core.units import FileUnit
from tests.curation.report.made_up_dataset import MadeUpDataset

RECIPE: dict[str, Any] = {
    "name": "made up",
    "description": "<b>bold</b> & plain",
    "shots": {"backend": "transnetv2"},
    "cut": {},
    "quality": {},
    "policy": {
        "no_audio": {"score": "probe.audio_streams", "min": 1, "message": "there is no sound"},
        "dark": {"score": "quality.luminance_mean", "min": 25, "message": "too dark"},
        "bright": {"score": "quality.luminance_mean", "max": 225, "message": "too <i>bright</i>"},
        "still": {"score": "quality.motion", "min": 0.1, "at": "quality", "message": "nothing moves"},
    },
}
HOSTILE_PATH = "/videos/<script>alert(1)</script>.mp4"
HOSTILE_MESSAGE = '<img src=x onerror=alert(1)> & "more"'
CUT = {"width": 72, "height": 128, "frames": 81, "exact": True, "encoder": "x264"}
LUMINANCE = [10.0, 20.0, 24.0, 100.0, 120.0, 140.0, 230.0]
"""Of the clips in order: three too dark, three good, one too bright. Each that is too dark is too still as well, but for the last."""


@pytest.fixture
def empty(tmp_path: Path) -> MadeUpDataset:
    return MadeUpDataset(tmp_path / "dataset", build_recipe(RECIPE, "test"))


@pytest.fixture
def made(empty: MadeUpDataset) -> MadeUpDataset:
    """Files: 5, of which one is unreadable and one a duplicate. Sources: 3, one without sound, one that fails.

    Clips: 8, of which 3 accepted, 3 too dark, 1 too bright, 1 quarantined.
    """
    clips = empty.accepted_source("/videos/good.mp4", 8)
    empty.source("/videos/good copy.mp4", content="/videos/good.mp4")
    silent = empty.source("/videos/silent.mp4")
    empty.probe(silent, audio_streams=0)
    broken = empty.source(HOSTILE_PATH)
    empty.fail("probe", broken, HOSTILE_MESSAGE, error_type="UnusableInputError", attempts=1, kind=FailureKind.UNUSABLE)
    unreadable: FileUnit = empty.file("/videos/unreadable.mp4")
    empty.fail("identify", unreadable, "no permission", error_type="PermissionError", traceback="Traceback: <b>")
    for number, (clip, luminance) in enumerate(zip(clips, LUMINANCE, strict=False)):
        empty.finish("cut", clip, CUT, seconds=0.5)
        motion = 0.0 if number < 2 else 0.5
        scores = {"luminance_mean": luminance, "motion": motion, "speech": None if number == 3 else 0.5}
        empty.finish("quality", clip, scores, seconds=float(number + 1), attempt=2 if number == 0 else 1)
    empty.finish("cut", clips[7], CUT, seconds=0.5)
    empty.fail("quality", clips[7], "the picture is odd", error_type="ArithmeticError")
    return empty
