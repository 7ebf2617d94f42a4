"""CSV batches in the released demo's form."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from cointeract_model.generation.batch import generate_batch, read_rows
from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.progress import LogProgress
from cointeract_model.generation.request import Request
from tests.model.generation.conftest import parts_of, voice, write_wav

COLUMNS = ("audio", "person_image", "product_image", "prompt", "prompt2", "prompt3")  # of the released demo


@pytest.fixture
def folder(request_: Request, tmp_path: Path) -> Path:
    assert request_.product is not None
    shutil.copy(request_.person, tmp_path / "person.png")
    shutil.copy(request_.product, tmp_path / "product.png")
    write_wav(tmp_path / "speech.wav", voice(1), 16_000)
    return tmp_path


def good(**changes: str) -> dict[str, str]:
    row = {
        "audio": "speech.wav",
        "person_image": "person.png",
        "product_image": "product.png",
        "prompt": "she lifts it, slowly",
        "prompt2": "she turns it",
        "prompt3": "",
    }
    return row | changes


def write(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "demos.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_rows_of_the_released_columns_are_read(folder: Path) -> None:
    first, second = read_rows(write(folder, good(), good(product_image="", prompt3="the end")))
    assert first.name == "0001.mp4"
    assert first.request == Request(
        folder / "person.png", folder / "speech.wav", ("she lifts it, slowly", "she turns it"), folder / "product.png"
    )
    assert second.request.product is None
    assert second.request.prompts == ("she lifts it, slowly", "she turns it", "the end")


def test_the_scale_of_the_trainer_s_form_is_kept(folder: Path) -> None:
    (row,) = read_rows(write(folder, good(scale="0.6")))
    assert row.request.product_scale == 0.6


def test_paths_start_from_the_csv_or_from_where_it_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "lists").mkdir()
    path = write(folder / "lists", good())
    monkeypatch.chdir(folder)
    with pytest.raises(
        GenerationError, match=r"there is no such file \(it is there from the current folder: give --root"
    ):
        read_rows(path)
    assert read_rows(path, folder)[0].request.person == folder / "person.png"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"person_image": "nobody.png"},
            "row 2, column person_image: person is .*nobody.png', but there is no such file",
        ),
        ({"person_image": ""}, "row 2, column person_image: it is empty"),
        ({"product_image": "speech.wav"}, "row 2, column product_image: product .* doesn't decode as a picture"),
        ({"audio": "person.png"}, "row 2, column audio: .* has no audio stream"),
        ({"audio": " "}, "row 2, column audio: it is empty"),
        ({"prompt": ""}, "row 2, column prompt: it is empty"),
        ({"prompt2": "", "prompt3": "the end"}, "row 2, column prompt2: it is empty"),
        ({"scale": "half"}, "row 2, column scale: it is 'half'"),
        ({"scale": "-1"}, "row 2, column scale: it is '-1'"),
        ({"scale": "nan"}, "row 2, column scale: it is 'nan'"),
        ({"pose_video": "pose.mp4"}, "row 2, column pose_video: poses can't be followed"),
    ],
)
def test_a_bad_row_is_named_with_its_column(folder: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        read_rows(write(folder, good(), good(**change)))


def test_all_bad_rows_are_told_at_once(folder: Path) -> None:
    with pytest.raises(GenerationError) as raised:
        read_rows(write(folder, good(prompt=""), good(), good(audio="", person_image="x.png")))
    text = str(raised.value)
    assert "nothing was generated" in text
    for place in ("row 1, column prompt", "row 3, column audio", "row 3, column person_image"):
        assert place in text
    assert "row 2" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("audio,prompt\n", r"lacks the columns \['person_image'\]"),
        ("audio,person_image,prompt,prompt\n", r"has columns twice \['prompt'\]"),
        ("audio,person_image,prompt,promptx\n", r"has unknown columns \['promptx'\]"),
        ("audio,person_image,prompt,prompt1\n", r"has unknown columns \['prompt1'\]"),
        ("audio,person_image,prompt\n", "has a header and no rows"),
        ("audio,person_image,prompt\na,b,she lifts, slowly\n", "row 1, column 4: there are more cells than columns"),
        ("audio,person_image,prompt\na,b\n", "row 1, column prompt: the row ends before it"),
        ("", "lacks the columns"),
    ],
)
def test_another_kind_of_csv_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "demos.csv").write_text(text)
    with pytest.raises(GenerationError, match=message):
        read_rows(tmp_path / "demos.csv")


def test_what_is_no_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="there is no such file"):
        read_rows(tmp_path / "demos.csv")
    (tmp_path / "demos.csv").write_bytes(b"audio,person_image,prompt\n\xff\xfe\xff,,\n")
    with pytest.raises(GenerationError, match="isn't CSV in UTF-8"):
        read_rows(tmp_path / "demos.csv")


def test_videos_are_named_by_row_and_those_that_are_done_are_not_made_again(folder: Path) -> None:
    rows = read_rows(write(folder, good(), good(product_image="", prompt="he waves")))
    parts, out = parts_of(steps=1), folder / "out"
    first = generate_batch(rows[:1], out, parts, LogProgress())
    both = generate_batch(rows, out, parts, LogProgress())
    assert [result.made for result in (*first, *both)] == [True, False, True]
    assert sorted(path.name for path in out.iterdir()) == ["0001.json", "0001.mp4", "0002.json", "0002.mp4"]
    assert json.loads((out / "0002.json").read_text())["made_of"]["product"] is None


def test_what_the_trainer_learns_from_is_passed_over_in_its_csv(folder: Path) -> None:
    (row,) = read_rows(write(folder, good(input_video="gone.mp4", face="{}", height="640", scale="0.5")))
    assert row.request.product_scale == 0.5
