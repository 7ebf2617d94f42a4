from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.stages.quality import QualityConfig, QualityStage
from cointeract_curation.stages.quality.pictures import sample_frames
from cointeract_curation.stages.quality.record import QUALITY_FILE, QualityRecord
from cointeract_shards.constants import AUDIO_SAMPLES, FPS, SAMPLE_RATE, audio_samples
from tests.curation.stages.quality.conftest import MakeClip
from tests.curation.stages.quality.scenes import CAPTION, HEIGHT, WIDTH, noise, panning, text_box, tone, with_text

ROOT = Path(__file__).parents[4]
CORNER = (40, 560)


def captioned(count: int) -> list[NDArray[np.uint8]]:
    return [with_text(frame, CAPTION, CORNER) for frame in panning(count, 3)]


def test_a_clip_is_measured_from_its_files(stage: QualityStage, make_clip: MakeClip) -> None:
    frames = captioned(81)
    frames[30:40] = [np.zeros_like(frames[0])] * 10
    store, unit = make_clip(frames, tone(997.0, -20.0, AUDIO_SAMPLES))
    scores = store.run(stage, unit)
    assert scores["black_run"] == 10
    assert scores["black_share"] == 10 / 81
    assert scores["overlay_boxes"] == 1
    assert scores["loudness_lufs"] == pytest.approx(-23.0, abs=0.1)
    assert scores["nsfw_max"] is None
    assert all(math.isfinite(value) for value in scores.values() if isinstance(value, float))
    record = QualityRecord.load(store.artifact(unit, "quality", QUALITY_FILE))
    assert (record.frames, record.height, record.width) == (81, HEIGHT, WIDTH)
    assert record.black_runs == [(30, 40)]
    (box,) = record.overlay_boxes
    assert np.allclose(box, text_box(CAPTION, CORNER), atol=12)


def test_series_and_boxes_survive_being_stored(stage: QualityStage, make_clip: MakeClip, tmp_path: Path) -> None:
    store, unit = make_clip(captioned(12), noise(-30.0, audio_samples(12)))
    store.run(stage, unit)
    written = store.artifact(unit, "quality", QUALITY_FILE)
    record = QualityRecord.load(written)
    record.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()
    assert len(record.luminance.values) == 12
    assert len(record.sharpness.values) == 3
    assert len(record.motion.values) == 5


def test_the_same_clip_gives_the_same_bytes_in_another_process(
    stage: QualityStage, make_clip: MakeClip, tmp_path: Path
) -> None:
    store, unit = make_clip(captioned(12), noise(-30.0, audio_samples(12)))
    here = store.run(stage, unit)
    artifact = store.artifact(unit, "quality", QUALITY_FILE).read_bytes()
    program = (
        "import sys, json, pathlib; from cointeract_curation.core.units import unit_from_json;"
        "from cointeract_curation.stages.quality import *; from tests.curation.local_workspace import LocalStore;"
        "unit = unit_from_json(sys.argv[2]); store = LocalStore(pathlib.Path(sys.argv[1]), {(unit.unit_id, 'cut'): {}});"
        "stage = QualityStage(QualityConfig()); stage.setup(); sys.stdout.write(json.dumps(store.run(stage, unit)))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), unit.model_dump_json()]
    there = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert json.loads(there) == here
    assert store.artifact(unit, "quality", QUALITY_FILE).read_bytes() == artifact


def test_a_clip_of_one_frame_is_unusable(stage: QualityStage, make_clip: MakeClip) -> None:
    store, unit = make_clip(captioned(1), noise(-30.0, audio_samples(1)))
    with pytest.raises(UnusableInputError, match="1 frame"):
        store.run(stage, unit)


def test_a_measurement_that_fails_fails_the_stage(stage: QualityStage, make_clip: MakeClip) -> None:
    store, unit = make_clip(captioned(6), noise(-30.0, 100))
    with pytest.raises(RuntimeError, match="ebur128"):
        store.run(stage, unit)


def test_running_without_setup_is_an_error(make_clip: MakeClip) -> None:
    store, unit = make_clip(captioned(4), noise(-30.0, audio_samples(4)))
    with pytest.raises(RuntimeError, match="setup"):
        store.run(QualityStage(QualityConfig()), unit)


def test_importing_and_configuring_the_stage_loads_nothing_heavy() -> None:
    program = (
        "import sys; from cointeract_curation.stages.quality import *; QualityStage(QualityConfig()).revision();"
        "heavy = {'cv2', 'torch', 'ray', 'av', 'onnxruntime', 'rapidocr_onnxruntime', 'silero_vad'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr.strip()
        == ""
    )


def test_measuring_does_not_load_torch() -> None:
    program = (
        "import sys; from cointeract_curation.stages.quality import *; QualityStage(QualityConfig()).setup();"
        "sys.exit('torch was loaded' if 'torch' in sys.modules else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_revision_names_what_measures() -> None:
    revision = QualityStage(QualityConfig()).revision()
    for library in ("opencv-contrib-python==", "rapidocr-onnxruntime==", "silero-vad==", "onnxruntime==", "av=="):
        assert library in revision


@given(st.integers(1, 300), st.integers(1, 12))
def test_sampled_frames_are_spread_evenly_inside_the_clip(count: int, samples: int) -> None:
    frames = sample_frames(count, samples)
    assert len(frames) == min(count, samples)
    assert frames == sorted(set(frames))
    assert 0 <= frames[0] <= frames[-1] < count
    steps = np.diff(frames)
    assert not len(steps) or steps.max() - steps.min() <= 1


def footage_frames(path: Path, first: int, end: int) -> list[NDArray[np.uint8]]:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        container.seek(int(first / FPS / stream.time_base), stream=stream, backward=True)
        frames: list[NDArray[np.uint8]] = []
        for frame in container.decode(stream):
            assert frame.pts is not None
            index = round(frame.pts * stream.time_base * FPS)
            if first <= index < end:
                frames.append(frame.to_ndarray(format="rgb24"))
            if index >= end - 1:
                return frames
    raise AssertionError(f"{path} ends before frame {end}")


@pytest.mark.footage
def test_a_real_demonstration_and_a_still_differ_where_they_should(
    real_livestream: Path, stage: QualityStage, make_clip: MakeClip
) -> None:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    decoded = [*av.open(str(real_livestream)).decode(audio=0), None]
    samples = np.concatenate([block.to_ndarray()[0] for frame in decoded for block in resampler.resample(frame)])

    def measure(first: int, end: int) -> dict[str, object]:
        at = audio_samples(first)
        sound = np.zeros(audio_samples(end - first), dtype=np.int16)
        heard = samples[at : at + len(sound)]
        sound[: len(heard)] = heard
        store, unit = make_clip(footage_frames(real_livestream, first, end), sound)
        return dict(store.run(stage, unit))

    person, still = measure(80, 161), measure(720, 795)
    assert person["speech_share"] > 0.7  # type: ignore[operator]
    assert person["frozen_run"] == 0
    assert person["overlay_boxes"] == 0
    assert person["motion_mean"] > 0.002  # type: ignore[operator]
    assert still["speech_share"] == 0.0
    assert still["frozen_run"] == 75
    assert still["overlay_boxes"] >= 5  # type: ignore[operator]
    assert still["loudness_lufs"] == -70.0
