from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from cointeract_shards import media, members
from cointeract_shards.constants import AUDIO_SAMPLES, MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.lint import lint
from cointeract_shards.records import Shot
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import (
    WIDTH,
    Footage,
    LintOne,
    MakeDataset,
    MakeSample,
    encode_video,
    encode_wav,
    found,
    message,
    render,
    tracks_of,
)


def test_a_data_set_that_follows_the_contract_has_no_violations(
    make_sample: MakeSample, make_dataset: MakeDataset
) -> None:
    other = {"source_sha256": "b" * 64, "source_id": "source-b", "identity": "person-2"}
    layout = make_dataset(
        {
            "train": [
                make_sample("a", "triplet", identity="person-1"),
                make_sample("b"),
                make_sample("c", motion_frames=0),
            ],
            "heldout": [make_sample("d", "triplet", **other)],
        }
    )
    report = lint(layout.root, jobs=2)
    assert report.violations == ()
    assert (report.samples, report.shards, report.ok) == (4, 2, True)


def test_a_folder_of_shards_needs_neither_manifest_nor_index(make_sample: MakeSample, tmp_path: Path) -> None:
    write_shards([make_sample("a")], tmp_path, "x", max_samples=9, max_bytes=1 << 30)
    (tmp_path / "x" / "hoi-000000.index.json").unlink()
    assert lint(tmp_path / "x").ok


def test_video_of_another_length_is_named_with_its_frames(lint_one: LintOne) -> None:
    report = lint_one({members.RGB: encode_video(render(MOTION_FRAMES, 80)), members.HOI: None}, level="clip")
    assert found(report) == {("clip", "frame-count")}
    assert message(report, "frame-count") == "rgb.mp4 has 80 frames, not 81"


def test_video_of_another_rate_is_a_violation(lint_one: LintOne) -> None:
    report = lint_one({members.RGB: encode_video(render(MOTION_FRAMES, TARGET_FRAMES), fps=24)}, level="clip")
    assert found(report) == {("clip", "frame-rate")}
    assert "24 frames per second" in message(report, "frame-rate")


def test_video_of_variable_rate_is_a_violation_though_its_average_is_right(lint_one: LintOne) -> None:
    steps = [1000] * (TARGET_FRAMES - 1)
    steps[20], steps[21] = 600, 1400
    uneven = encode_video(render(MOTION_FRAMES, TARGET_FRAMES), times=[0, *accumulate(steps)])
    report = lint_one({members.RGB: uneven}, level="clip")
    assert found(report) == {("clip", "frame-rate")}
    assert "frame 21 is 16.0 ms off" in message(report, "frame-rate")


def test_unreadable_video_is_named_and_the_other_checks_still_run(lint_one: LintOne, footage: Footage) -> None:
    report = lint_one({members.RGB: footage.rgb[: len(footage.rgb) // 2], members.AUDIO: encode_wav(AUDIO_SAMPLES - 1)})
    assert found(report) == {("clip", "video-readable"), ("clip", "audio-format")}


def test_text_named_as_a_video_is_unreadable(lint_one: LintOne) -> None:
    assert found(lint_one({members.HOI: b"not a video"})) == {("clip", "video-readable")}


def test_videos_of_different_size_are_a_violation(lint_one: LintOne) -> None:
    small = encode_video(render(MOTION_FRAMES, TARGET_FRAMES, hoi=True)[:, ::2, ::2])
    report = lint_one({members.HOI: small})
    assert found(report) == {("clip", "equal-size")}
    assert "hoi.mp4 has 32x48 pixels, meta.json says 64x96" in message(report, "equal-size")


@pytest.mark.parametrize(
    ("audio", "text"),
    [
        (encode_wav(AUDIO_SAMPLES + 640), "52480 samples, not 51840"),
        (encode_wav(AUDIO_SAMPLES, rate=48_000), "48000 samples per second"),
        (encode_wav(AUDIO_SAMPLES, channels=2), "2 channels"),
        (encode_wav(AUDIO_SAMPLES)[:5000], "promises 51840 samples"),
        (b"RIFF", "isn't a PCM WAV file"),
    ],
)
def test_audio_of_another_length_or_format_is_a_violation(lint_one: LintOne, audio: bytes, text: str) -> None:
    report = lint_one({members.AUDIO: audio}, level="clip")
    assert found(report) == {("clip", "audio-format")}
    assert text in message(report, "audio-format")


def test_box_that_is_not_finite_is_named_by_track_and_frame(lint_one: LintOne) -> None:
    content = json.loads(tracks_of(MOTION_FRAMES).to_bytes())
    content["left_hand"][5]["box"][2] = float("nan")
    report = lint_one({members.TRACKS: json.dumps(content).encode()}, level="clip")
    assert found(report) == {("clip", "box-finite"), ("clip", "tracks-record")}
    assert "left_hand box of frame 5" in message(report, "box-finite")


@pytest.mark.parametrize("box", [[-1, 0, 10, 10], [0, 0, WIDTH + 0.5, 10], [10, 10, 10, 20], [10, 20, 20, 10]])
def test_box_outside_the_frame_or_without_area_is_a_violation(lint_one: LintOne, box: list[float]) -> None:
    content = json.loads(tracks_of(MOTION_FRAMES).to_bytes())
    content["face"][80]["box"] = box
    report = lint_one({members.TRACKS: json.dumps(content).encode()}, level="clip")
    assert found(report) == {("clip", "box-inside")}
    assert "face box of frame 80" in message(report, "box-inside")


def test_tracks_of_another_size_or_length_are_a_violation(lint_one: LintOne) -> None:
    tracks = tracks_of(MOTION_FRAMES).model_copy(update={"width": WIDTH * 2})
    assert found(lint_one({members.TRACKS: tracks.to_bytes()}, level="clip")) == {("clip", "tracks-record")}


def test_missing_members_of_the_stated_level_are_named(lint_one: LintOne) -> None:
    report = lint_one({members.PERSON: None, members.BODY: None}, prompt=None)
    assert found(report) == {("clip", "level-members")}
    messages = [violation.message for violation in report.violations]
    assert messages == [
        "states level 'triplet' but lacks body.npz, person.png",
        "states level 'triplet' but has no prompt",
    ]


def test_motion_must_be_there_exactly_when_it_is_stated(lint_one: LintOne, footage: Footage) -> None:
    assert found(lint_one({members.MOTION: None}, level="clip")) == {("clip", "level-members")}
    report = lint_one({members.MOTION: footage.motion}, level="clip", motion_frames=0)
    assert found(report) == {("clip", "level-members")}


def test_missing_or_invalid_meta_is_a_violation_and_the_media_are_still_checked(lint_one: LintOne) -> None:
    assert found(lint_one({members.META: None, members.AUDIO: encode_wav(1)}, level="clip")) == {
        ("clip", "meta-record"),
        ("clip", "audio-format"),
    }
    assert "schema version 7" in message(lint_one({members.META: b'{"version": 7}'}, level="clip"), "meta-record")


@pytest.mark.parametrize(
    ("shot", "text"),
    [
        (Shot(index=1, first=10, end=300), "motion starts at frame 0, before its shot at 10"),
        (Shot(index=1, first=0, end=153), "target ends before frame 154, after its shot's end at 153"),
    ],
)
def test_motion_and_target_must_lie_in_one_shot(lint_one: LintOne, shot: Shot, text: str) -> None:
    report = lint_one(level="clip", shot=shot)
    assert found(report) == {("clip", "motion-before-target")}
    assert message(report, "motion-before-target") == text


def test_motion_from_another_scene_is_seen_in_the_pixels(lint_one: LintOne) -> None:
    elsewhere = encode_video(255 - render(0, MOTION_FRAMES))
    assert found(lint_one({members.MOTION: elsewhere}, level="clip")) == {("clip", "motion-continuity")}


@pytest.mark.parametrize("shift", [-9, -2, 3, 7])
def test_hoi_video_that_is_shifted_is_a_violation_with_its_shift(lint_one: LintOne, shift: int) -> None:
    shifted = encode_video(render(MOTION_FRAMES + shift, TARGET_FRAMES, hoi=True))
    report = lint_one({members.HOI: shifted})
    assert found(report) == {("clip", "hoi-offset")}
    assert next(v.values["frames"] for v in report.violations) == shift


@pytest.mark.parametrize("shift", [-1, 1])
def test_hoi_video_one_frame_off_is_allowed(lint_one: LintOne, shift: int) -> None:
    assert lint_one({members.HOI: encode_video(render(MOTION_FRAMES + shift, TARGET_FRAMES, hoi=True))}).ok


def test_hoi_offset_abstains_where_nothing_moves(lint_one: LintOne) -> None:
    still = encode_video(render(MOTION_FRAMES, TARGET_FRAMES, hoi=True, still=True))
    report = lint_one({members.HOI: still})
    assert report.ok
    assert [(a.sample, a.rule) for a in report.abstentions] == [("clip", "hoi-offset")]
    assert "too little movement" in report.abstentions[0].reason


@pytest.mark.parametrize("name", [members.PERSON, members.PRODUCT])
def test_blank_or_broken_references_are_a_violation(lint_one: LintOne, name: str) -> None:
    white = media.encode_png(np.full((40, 40, 3), 255, np.uint8))
    assert found(lint_one({name: white})) == {("clip", "references")}
    assert found(lint_one({name: b"no picture"})) == {("clip", "references")}


def test_a_product_that_is_all_background_is_blank(lint_one: LintOne) -> None:
    nearly_white = np.full((100, 100, 3), 255, np.uint8)
    nearly_white[:2, :5] = 0
    assert "isn't white background" in message(
        lint_one({members.PRODUCT: media.encode_png(nearly_white)}), "references"
    )
