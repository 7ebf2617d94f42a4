"""What is measured about a source, and what is refused."""

from __future__ import annotations

import hashlib
import os
import random
from fractions import Fraction
from pathlib import Path

import fsspec
import pytest

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores
from cointeract_curation.core.units import FileUnit, SourceUnit
from cointeract_curation.media.timeline import Timing, load_timeline
from cointeract_curation.stages.identify import IdentifyConfig, IdentifyStage
from cointeract_curation.stages.probe import ProbeConfig, ProbeRecord, ProbeStage
from cointeract_curation.synth.counter import render_counter_video
from tests.curation import bad_inputs
from tests.curation.bad_inputs import FRAMES, HEIGHT, KINDS, UNUSABLE, WIDTH, make_bad_inputs
from tests.curation.local_workspace import LocalStore, source_unit


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    make_bad_inputs(folder)
    return folder


def identify(location: Path | str, store: LocalStore) -> Scores:
    stage = IdentifyStage(IdentifyConfig())
    return store.run(stage, FileUnit(path=str(location), size=-1, mtime_ns=-1))


def probe(location: Path | str, store: LocalStore) -> tuple[Scores, ProbeRecord, SourceUnit]:
    unit = SourceUnit(sha256=str(identify(location, store)["sha256"]), path=str(location))
    scores = store.run(ProbeStage(ProbeConfig()), unit)
    record = ProbeRecord.model_validate_json(store.artifact(unit, "probe", "probe.json").read_bytes())
    return scores, record, unit


def test_a_source_is_its_content_whatever_its_name(inputs: Path, tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    content = (inputs / "fine.mp4").read_bytes()
    expected = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert identify(inputs / "fine.mp4", store) == expected
    assert identify(inputs / "直播 ✂ été 50%d.mp4", store) == expected


@pytest.mark.parametrize("name", [name for name, (_, keyword) in KINDS.items() if keyword == UNUSABLE])
def test_an_unusable_file_is_refused_by_name_with_a_reason(inputs: Path, tmp_path: Path, name: str) -> None:
    if name == "no-permission.mp4" and os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    with pytest.raises(UnusableInputError) as caught:
        probe(inputs / name, LocalStore(tmp_path))
    message = str(caught.value)
    assert name in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.mp4", "is empty"),
        ("cut-off.mp4", "moov atom not found"),
        ("sound-only.mp4", "no video stream; it holds audio"),
        ("directory.mp4", "is a directory"),
        ("dead-link.mp4", "is a link to .*gone.mp4, which does not exist"),
    ],
)
def test_the_reason_is_plain(inputs: Path, tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UnusableInputError, match=reason):
        probe(inputs / name, LocalStore(tmp_path))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UnusableInputError, match="pipe"):
        identify(tmp_path / "pipe.mp4", LocalStore(tmp_path / "store"))


@pytest.mark.parametrize("name", [name for name, (_, keyword) in KINDS.items() if keyword == bad_inputs.FINE])
def test_an_odd_file_is_measured_like_any_other(inputs: Path, tmp_path: Path, name: str) -> None:
    scores, _, _ = probe(inputs / name, LocalStore(tmp_path))
    assert (scores["frames"], scores["frames_25"], scores["readable_share"]) == (FRAMES, FRAMES, 1.0)
    assert (scores["rate"], scores["constant_rate"], scores["audio_streams"]) == (25.0, True, 1)
    assert scores["duration_s"] == pytest.approx(FRAMES / 25)


@pytest.mark.parametrize(
    ("name", "score", "value"),
    [
        ("silent.mp4", "audio_streams", 0),
        ("one-frame.mp4", "frames", 1),
        ("changing-size.ts", "size_changes", 1),
        ("absurd-rate.mp4", "rate", 1000.0),
        ("interlaced.mp4", "interlaced", True),
        ("hevc-10-bit.mp4", "bit_depth", 10),
        ("av1.mp4", "codec", "av1"),
        ("alpha-rle.mov", "alpha", True),
        ("alpha-png.mov", "alpha", True),
        ("alpha-vp9.webm", "alpha", True),
        ("anamorphic.mp4", "width", WIDTH * 4 // 3),
        ("rotated.mp4", "width", HEIGHT),
        ("rotated.mp4", "rotation", 270),
    ],
)
def test_what_is_odd_is_measured(inputs: Path, tmp_path: Path, name: str, score: str, value: object) -> None:
    scores, _, _ = probe(inputs / name, LocalStore(tmp_path))
    assert scores[score] == value


@pytest.mark.parametrize("name", ["cut-off-behind-header.mp4", "cut-off.mkv"])
def test_a_file_that_ends_before_its_header_says_is_seen(inputs: Path, tmp_path: Path, name: str) -> None:
    scores, _, _ = probe(inputs / name, LocalStore(tmp_path))
    assert scores["frames_promised"] == pytest.approx(FRAMES, abs=2)
    assert isinstance(scores["readable_share"], float)
    assert scores["readable_share"] < 0.7


def test_a_damaged_end_behind_a_whole_index_is_seen(inputs: Path, tmp_path: Path) -> None:
    content = bytearray((inputs / "fine.mp4").read_bytes())
    end = content.rfind(b"moov") - 4
    content[end - 2000 : end] = random.Random(0).randbytes(2000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    scores, record, _ = probe(path, LocalStore(tmp_path / "store"))
    assert scores["frames"] == FRAMES
    assert isinstance(scores["readable_share"], float)
    assert scores["readable_share"] < 1.0
    assert any("last group of pictures" in note for note in record.notes)


def test_streams_are_recorded(inputs: Path, tmp_path: Path) -> None:
    _, record, unit = probe(inputs / "fine.mp4", LocalStore(tmp_path))
    assert (record.video.codec, record.video.pixel_format, record.video.rate) == ("h264", "yuv420p", "25")
    assert (record.video.width, record.video.height, record.video.sizes) == (WIDTH, HEIGHT, (f"{WIDTH}x{HEIGHT}",))
    assert len(record.audio) == 1
    assert (record.audio[0].codec, record.audio[0].sample_rate, record.audio[0].channels) == ("aac", 48000, 1)
    timeline = load_timeline(tmp_path / unit.unit_id / "probe" / "timeline.npz")
    assert timeline.rate == 25
    assert timeline.keyframes[0]
    assert int(timeline.packet_bytes.sum()) < record.bytes_read


def test_a_source_is_read_through_a_url(inputs: Path, tmp_path: Path) -> None:
    with fsspec.open("memory://bucket/fine.mp4", "wb") as remote:
        remote.write((inputs / "fine.mp4").read_bytes())
    by_url, _, _ = probe("memory://bucket/fine.mp4", LocalStore(tmp_path / "remote"))
    by_path, _, _ = probe(inputs / "fine.mp4", LocalStore(tmp_path / "local"))
    assert by_url == by_path


def test_a_url_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="does not exist"):
        identify("memory://bucket/none.mp4", LocalStore(tmp_path))


def test_frames_without_timestamps_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "raw.mp4"
    render_counter_video(path, frames=60, rate=Fraction(30), width=WIDTH, height=HEIGHT)
    raw = tmp_path / "raw.h264"
    bad_inputs.run_ffmpeg("-i", path, "-c", "copy", raw)
    scores, record, unit = probe(raw, LocalStore(tmp_path / "store"))
    assert (scores["timing"], scores["frames"]) == ("ordinals", 60)
    assert load_timeline(tmp_path / "store" / unit.unit_id / "probe" / "timeline.npz").timing is Timing.ORDINALS
    assert record.notes


def test_streams_joined_without_new_timestamps_are_counted(inputs: Path, tmp_path: Path) -> None:
    part = tmp_path / "part.ts"
    bad_inputs.run_ffmpeg("-i", inputs / "fine.mp4", "-c", "copy", part)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part.read_bytes() * 2)
    scores, _, _ = probe(joined, LocalStore(tmp_path / "store"))
    assert (scores["timing"], scores["frames"]) == ("ordinals", 2 * FRAMES)
    assert scores["clock_jumps"] == 1


def test_a_recording_that_starts_between_keyframes_begins_with_its_first_keyframe(inputs: Path, tmp_path: Path) -> None:
    stream = tmp_path / "stream.ts"
    bad_inputs.run_ffmpeg("-i", inputs / "fine.mp4", "-c", "copy", stream)
    packets = stream.read_bytes()
    late = tmp_path / "late.ts"
    late.write_bytes(packets[: 188 * 2] + packets[188 * 40 :])
    scores, _, _ = probe(late, LocalStore(tmp_path / "store"))
    assert isinstance(scores["undecodable_lead"], int)
    assert scores["undecodable_lead"] > 0
    assert (scores["readable_share"], scores["timing"]) == (1.0, "packets")


def test_a_variable_rate_is_measured(tmp_path: Path) -> None:
    times = [Fraction(index, 25) + (Fraction(1, 2) if index >= 20 else 0) for index in range(50)]
    path = tmp_path / "variable.mp4"
    render_counter_video(path, frames=50, times=times, width=WIDTH, height=HEIGHT)
    scores, _, _ = probe(path, LocalStore(tmp_path / "store"))
    assert scores["constant_rate"] is False
    assert scores["largest_gap_s"] == pytest.approx(0.54)


def test_probing_twice_writes_the_same_bytes(inputs: Path, tmp_path: Path) -> None:
    unit = source_unit(inputs / "fine.mp4")
    written = []
    for name in ("a", "b"):
        store = LocalStore(tmp_path / name)
        store.run(ProbeStage(ProbeConfig()), unit)
        written.append([store.artifact(unit, "probe", file).read_bytes() for file in ProbeStage.outputs])
    assert written[0] == written[1]
