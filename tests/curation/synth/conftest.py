from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cointeract_curation.synth import SynthConfig, Truth, render_livestream

SMALL = SynthConfig(
    name="small",
    seed=3,
    width=270,
    height=480,
    fps="10",
    shot_seconds=(1.6, 0.6, 1.6),
    shots_without_person=(1,),
    crf=16,
)


@dataclass(frozen=True)
class Footage:
    config: SynthConfig
    video: Path
    arrays: Path
    truth: Truth
    frames: list[NDArray[np.uint8]]


def decode(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """Two people and a product alone: 38 frames of 270 x 480."""
    out = tmp_path_factory.mktemp("synth")
    result = render_livestream(SMALL, out)
    truth = Truth.load(result.truth)
    return Footage(SMALL, result.video, out / truth.arrays, truth, decode(result.video))
