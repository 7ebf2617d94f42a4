"""`cointeract generate` as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner

from cointeract.cli import app
from tests.end_to_end.command import run_json, start
from tests.model.generation.conftest import voice, write_pictures, write_wav

QUICK = (
    "--size",
    "64x80",
    "--steps",
    "2",
    "--device",
    "cpu",
    "--set",
    "codecs.text={name: hashed-text, max_tokens: 16}",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_pictures(folder)
    write_wav(folder / "speech.wav", voice(2), 16_000)
    write_wav(folder / "long.wav", voice(40), 16_000)
    return folder


def request(files: Path, audio: str = "speech.wav") -> list[str]:
    person, product, sound = (str(files / name) for name in ("person.png", "product.png", audio))
    return ["--person", person, "--product", product, "--audio", sound, "--prompt", "she lifts the cup"]


def inside(*arguments: str | Path, expect: int = 0) -> str:
    """Run the command in this process, which spares loading PyTorch; what it says on standard output, or on standard error."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "400"})
    assert result.exit_code == expect, result.output
    return result.stderr if expect else result.stdout


def frames(path: Path) -> int:
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


def test_a_video_is_made_and_answered_as_json(files: Path, tmp_path: Path) -> None:
    (answer,) = run_json("generate", *request(files), "-o", tmp_path / "a.mp4", *QUICK, "--show-hoi", "--sheet")
    assert answer["video"] == str(tmp_path / "a.mp4")
    assert (answer["frames"], answer["clips"], answer["made"]) == (50, 1, True)
    assert frames(tmp_path / "a.mp4") == frames(tmp_path / "a.hoi.mp4") == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hoi.mp4", "a.json", "a.mp4", "a.sheet.png"]


def test_settings_come_from_a_file_then_options_then_set(files: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("height: 64\nwidth: 64\nsteps: 5\nseed: 5\nguidance_text: 2\n")
    inside(
        "generate", *request(files), "-o", tmp_path / "a.mp4", "--config", tmp_path / "mine.yaml", "--steps", "1", "--seed", "6",
        "--guidance", "1", "--set", "seed=7",
    )  # fmt: skip
    made = json.loads((tmp_path / "a.json").read_text())["made_of"]["settings"]
    chosen = {key: made[key] for key in ("height", "width", "steps", "seed", "guidance_text", "guidance_audio")}
    assert chosen == {"height": 64, "width": 64, "steps": 1, "seed": 7, "guidance_text": 1, "guidance_audio": 1}


def test_a_batch_is_checked_made_and_gone_on_with(files: Path, tmp_path: Path) -> None:
    path = files / "demos.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["audio", "person_image", "product_image", "prompt", "prompt2", "prompt3"])
        writer.writerow(["speech.wav", "person.png", "product.png", "she lifts it", "she turns it", "she stops"])
        writer.writerow(["speech.wav", "person.png", "", "she waves", "", ""])
    for made in (True, False):
        answers = json.loads(inside("generate", "--batch", path, "-o", tmp_path / "out", *QUICK, "--json"))
        assert [(Path(item["video"]).name, item["made"]) for item in answers] == [
            ("0001.mp4", made),
            ("0002.mp4", made),
        ]
    path.write_text(path.read_text() + "nothing.wav,person.png,,he waves,,\n")
    errors = inside("generate", "--batch", path, "-o", tmp_path / "other", *QUICK, expect=2)
    assert "row 3, column audio" in errors
    assert not (tmp_path / "other").exists()


def test_bad_input_ends_with_2_and_one_message(files: Path, tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "a.mp4")]
    person = ["--person", str(files / "person.png"), "--audio", str(files / "speech.wav")]
    for arguments, message in (
        ([*request(files), "--size", "100x100"], "height is 100: input should be a multiple of 16"),
        ([*request(files), "--size", "large"], "isn't HEIGHTxWIDTH"),
        ([*request(files), "--set", "stepps=3"], "stepps isn't a setting; did you mean steps?"),
        ([*request(files), "--config", "none.yaml"], "--config none.yaml can't be read"),
        ([*request(files), "--model", "nowhere"], "nowhere"),
        ([*request(files), "--device", "cuda:9"], "device is 'cuda:9'"),
        (person, "give --person, --audio and --prompt, or --batch"),
        ([*request(files), "--batch", "x.csv"], "leave out the options for them"),
        ([*request(files), "--product-scale", "0"], "product scale is 0.0"),
    ):
        errors = inside("generate", *arguments, *out, expect=2)
        assert message in errors, errors
        assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_a_video_that_plays_and_is_made_anew(
    files: Path, tmp_path: Path, signal_number: signal.Signals
) -> None:
    video = tmp_path / "a.mp4"
    process = start("generate", *request(files, "long.wav"), "-o", video, *QUICK)
    assert process.stderr is not None
    for line in process.stderr:  # the log names each clip that is written
        if "160 of 1000 frames are written" in line:
            break
    os.killpg(process.pid, signal_number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if signal_number is signal.SIGINT else -signal.SIGKILL), errors
    kept = frames(video)
    assert 160 - 5 <= kept < 1000  # the last fifth of a second may be missing
    with av.open(str(video)) as file:
        sound = sum(frame.samples for frame in file.decode(audio=0))
    assert abs(sound / 1920 - kept) < 6
    assert not json.loads(video.with_suffix(".json").read_text())["finished"]
    inside("generate", *request(files), "-o", video, *QUICK)  # what is unfinished may be replaced
    assert frames(video) == 50


def test_help_has_examples() -> None:
    shown = " ".join(inside("generate", "--help").split())
    assert "Example: cointeract generate --person" in shown
    assert "--batch demos.csv" in shown


def test_help_is_light() -> None:
    script = "import sys; from cointeract.cli import app; sys.exit(bool({'torch', 'av', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
