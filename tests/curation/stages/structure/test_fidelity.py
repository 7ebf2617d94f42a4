"""How well a stored video shows what was drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.media.encode import EncoderConfig
from cointeract_curation.media.frames import DecodedVideo
from cointeract_curation.render.rgb_video import RgbVideo
from cointeract_curation.stages.structure.fidelity import STRIDE, Drawn

HEIGHT, WIDTH = 32, 48


def test_ratios_are_those_of_the_compared_frames(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    pictures = draw.integers(0, 256, (11, HEIGHT, WIDTH, 3), dtype=np.uint8)
    pictures[:, : HEIGHT // 2] = 0
    masks = draw.random((11, HEIGHT, WIDTH)) < 0.2
    drawn = Drawn()
    with RgbVideo(tmp_path / "v.mp4", (WIDTH, HEIGHT), EncoderConfig()) as video:
        for index, (picture, mask) in enumerate(zip(pictures, masks, strict=True)):
            video.write(picture)
            drawn.keep(index, picture, mask)
    stored = DecodedVideo(tmp_path / "v.mp4")
    fidelity = drawn.compare(stored)
    errors = np.square(np.stack(list(stored)).astype(float) - pictures)[::STRIDE]
    shown = pictures[::STRIDE].any(axis=-1)

    def decibels(values: NDArray[np.float64]) -> float:
        return float(10 * np.log10(255**2 / values.mean()))

    assert fidelity.all == pytest.approx(decibels(errors), abs=1e-9)
    assert fidelity.shown == pytest.approx(decibels(errors[shown]), abs=1e-9)
    assert fidelity.object == pytest.approx(decibels(errors[masks[::STRIDE]]), abs=1e-9)
