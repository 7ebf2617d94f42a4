"""From a request to a video, end to end with the tiny model."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cointeract_model.context import Context
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.generate import Result, generate
from cointeract_model.generation.parts import Parts
from cointeract_model.generation.prepare import Prepared, prepare
from cointeract_model.generation.progress import LogProgress
from cointeract_model.generation.record import Outputs
from cointeract_model.generation.request import Request
from cointeract_model.inputs import NoisyLatents
from cointeract_model.switches import Stage
from cointeract_model.transformer import Prediction, Transformer
from tests.model.generation.conftest import SECONDS, parts_of, small, voice, write_wav

FRAMES = round(SECONDS * 25)


class Told(LogProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[int] = []
        self.frames: list[tuple[int, int]] = []

    def step(self, clip: int) -> None:
        self.steps.append(clip)

    def wrote(self, frames: int, total: int) -> None:
        self.frames.append((frames, total))


def made(prepared: Prepared, video: Path, parts: Parts, *, overwrite: bool = False) -> Result:
    return generate(prepared, Outputs(video), parts, LogProgress(), overwrite=overwrite)


class KnowsTheAnswer(Transformer):
    """Its velocity leads to a still picture, whatever it is told: what is left of it in the file shows what the way there loses."""

    def __init__(self, parts: Parts, still: Tensor) -> None:
        super().__init__(parts.model.config, parts.model.switches)
        self.clean = parts.latents.encode(still.expand(-1, -1, 81, -1, -1))[:, :, 1:]

    def forward(
        self,
        noisy: NoisyLatents,
        context: Context,  # noqa: ARG002
        *,
        stage: Stage = Stage.ASYMMETRIC,  # noqa: ARG002
        router_logits: bool = False,  # noqa: ARG002
    ) -> Prediction:
        return Prediction((noisy.target - self.clean) / (noisy.timestep / 1000), None, ())


def frames_of(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


@pytest.fixture(scope="module")
def plain() -> Parts:
    return parts_of()


@pytest.fixture(scope="module")
def video(prepared: Prepared, plain: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "out.mp4"
    made(prepared, path, plain)
    return path


def test_the_video_is_as_long_as_the_sound_and_has_it(video: Path, prepared: Prepared) -> None:
    assert frames_of(video).shape == (FRAMES, 64, 80, 3)
    with av.open(str(video)) as file:
        assert file.streams.video[0].average_rate == 25
        sound = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], 1)[0]
    track = prepared.sound.track[0]
    assert 0 <= len(sound) - len(track) < 1024
    assert np.corrcoef(sound[: len(track)], track)[0, 1] > 0.99  # AAC, and no shift: the tone turns 180 times a second


def test_the_same_request_makes_the_same_file_to_the_bit(
    video: Path, prepared: Prepared, plain: Parts, tmp_path: Path
) -> None:
    made(prepared, tmp_path / "again.mp4", plain)
    assert (tmp_path / "again.mp4").read_bytes() == video.read_bytes()


@pytest.mark.parametrize("changed", [0, 1])
def test_a_clip_follows_from_its_sound_and_the_clips_before_it(request_: Request, tmp_path: Path, changed: int) -> None:
    parts = parts_of(loudness=None)
    shown = []
    for name, loudness in (("a", 1.0), ("b", 0.2)):
        samples = voice(SECONDS)
        samples[640 * 80 * changed : 640 * 80 * (changed + 1)] *= loudness
        audio = write_wav(tmp_path / f"{name}.wav", samples, 16_000)
        made(prepare(replace(request_, audio=audio), parts.settings), tmp_path / f"{name}.mp4", parts)
        shown.append(frames_of(tmp_path / f"{name}.mp4"))
    first, second = shown[0][:80] == shown[1][:80], shown[0][80:] == shown[1][80:]
    assert first.all() == (changed == 1)  # nothing of what comes later reaches it
    assert not second.all()


def test_a_model_that_knows_the_answer_shows_it_upright_in_its_colours_in_every_clip(
    prepared: Prepared, plain: Parts, tmp_path: Path
) -> None:
    knowing = replace(plain, model=KnowsTheAnswer(plain, prepared.person))
    made(prepared, tmp_path / "a.mp4", knowing)
    wanted = ((prepared.person[0, :, 0] + 1) * 127.5).permute(1, 2, 0).numpy()
    shown = frames_of(tmp_path / "a.mp4").astype(float)
    assert len(shown) == FRAMES
    assert np.abs(shown - wanted).mean((1, 2, 3)).max() < 4  # of 255: cosines of blocks, and H.264


def test_progress_is_told_of_every_step_and_clip(prepared: Prepared, plain: Parts, tmp_path: Path) -> None:
    told = Told()
    generate(prepared, Outputs(tmp_path / "a.mp4"), plain, told)
    assert told.steps == [0, 0, 1, 1]
    assert told.frames == [(80, FRAMES), (FRAMES, FRAMES)]


def test_the_hoi_stream_and_the_maps_stand_beside_the_same_video(
    video: Path, request_: Request, tmp_path: Path
) -> None:
    parts = parts_of(show_hoi=True, sheet=True)
    made(prepare(request_, parts.settings), tmp_path / "a.mp4", parts)
    assert (tmp_path / "a.mp4").read_bytes() == video.read_bytes()  # RGB never sees the HOI stream
    beside = frames_of(tmp_path / "a.hoi.mp4")
    assert beside.shape == (FRAMES, 64, 3 * 80, 3)
    rgb, hoi, maps = np.split(beside.astype(float), 3, axis=2)
    assert np.abs(rgb - frames_of(video)).mean() < 6
    assert np.abs(rgb - hoi).mean() > 20
    assert np.abs(rgb - maps).mean() > 20
    sheet = Image.open(tmp_path / "a.sheet.png")
    assert sheet.width > 11 * 80  # what it was made of, and ten frames
    assert sheet.height > 3 * 64  # video, HOI stream, maps


def test_rgb_alone_writes_the_video_and_its_record_only(video: Path) -> None:
    assert sorted(path.name for path in video.parent.iterdir()) == ["out.json", "out.mp4"]


def test_the_record_says_how_it_was_made(video: Path, request_: Request) -> None:
    record = json.loads((video.parent / "out.json").read_text())
    assert record["finished"]
    assert record["result"]["frames"] == FRAMES
    of = record["made_of"]
    assert of["settings"]["shift"] == 5
    assert of["prompts"] == list(request_.prompts)
    assert of["person"]["file"] == "person.png"
    assert len(of["audio"]["sha256"]) == 64


def test_a_finished_video_is_not_made_again(video: Path, prepared: Prepared, plain: Parts) -> None:
    before = video.stat().st_mtime_ns
    result = made(prepared, video, plain)
    assert not result.made
    assert result.frames == FRAMES
    assert video.stat().st_mtime_ns == before


def test_a_video_that_was_made_in_another_way_is_kept_unless_asked(
    prepared: Prepared, plain: Parts, request_: Request, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    made(prepared, path, plain)
    before = path.read_bytes()
    other = parts_of(seed=3)
    with pytest.raises(GenerationError, match=r"made in another way \(settings.seed was 0, is 3\).*--overwrite"):
        made(prepared, path, other)
    assert path.read_bytes() == before
    assert made(prepared, path, other, overwrite=True).made
    assert path.read_bytes() != before


def test_a_file_that_was_not_made_here_is_kept(prepared: Prepared, plain: Parts, tmp_path: Path) -> None:
    for name in ("a.mp4", "a.json"):
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_text("mine")
        with pytest.raises(GenerationError, match="wasn't made here"):
            made(prepared, folder / "a.mp4", plain)
        assert (folder / name).read_text() == "mine"


def test_nothing_of_an_earlier_run_stays_beside_a_new_video(
    prepared: Prepared, plain: Parts, request_: Request, tmp_path: Path
) -> None:
    shown = parts_of(show_hoi=True, sheet=True)
    made(prepared, tmp_path / "a.mp4", shown)
    made(prepared, tmp_path / "a.mp4", plain, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.mp4"]


def test_a_place_that_cannot_be_written_is_named(prepared: Prepared, plain: Parts, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GenerationError, match=r"file/a\.mp4 can't be written"):
        made(prepared, tmp_path / "file" / "a.mp4", plain)


def test_an_unfinished_video_is_made_anew(prepared: Prepared, plain: Parts, video: Path, tmp_path: Path) -> None:
    class Stopped(Told):
        def wrote(self, frames: int, total: int) -> None:
            raise KeyboardInterrupt(f"{frames} of {total}")

    path = tmp_path / "a.mp4"
    with pytest.raises(KeyboardInterrupt):
        generate(prepared, Outputs(path), plain, Stopped())
    assert not json.loads((tmp_path / "a.json").read_text())["finished"]
    assert len(frames_of(path)) == 80  # what was written plays
    assert made(prepared, path, plain).made
    assert path.read_bytes() == video.read_bytes()


def test_prompts_without_a_clip_are_said(request_: Request, caplog: pytest.LogCaptureFixture) -> None:
    prepare(replace(request_, prompts=("a", "b", "c")), small())
    assert "3 prompts are given, but 4.00 s of sound make 2 clips" in caplog.text


@pytest.mark.parametrize("prompts", [(), ("",), ("a", " ")])
def test_empty_prompts_are_refused(request_: Request, prompts: tuple[str, ...]) -> None:
    with pytest.raises(GenerationError, match="give at least one, and none that is empty"):
        replace(request_, prompts=prompts)


def test_the_video_is_an_mp4() -> None:
    with pytest.raises(GenerationError, match=r"give it the suffix \.mp4"):
        Outputs(Path("video.avi"))


def test_the_estimate_is_said_before_the_first_step(
    prepared: Prepared, plain: Parts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    made(prepared, tmp_path / "a.mp4", plain)
    assert "100 frames in 2 clips; weights " in caplog.text
    assert "8 forward passes, at least" in caplog.text
