from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from cointeract_shards import media, members
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.csv_format import COLUMNS
from cointeract_shards.errors import CsvError
from cointeract_shards.export_csv import export_csv
from cointeract_shards.import_csv import ImportedRow, RowError, import_csv, read_rows
from cointeract_shards.tar_writer import write_shards
from tests.shards.samples import HEIGHT, WIDTH, Footage, MakeDataset, MakeSample, gradient_picture


def cells_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def rewrite(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def foreign(footage: Footage, tmp_path: Path) -> Path:
    """A directory as the released demo lays it out: `depth_video`, a JPEG, boxes in twice the video's size."""
    folder = tmp_path / "foreign"
    for name, data in {
        "input_video/000.mp4": footage.rgb,
        "motion_video/000.mp4": footage.motion,
        "audio/000.wav": footage.audio,
        "person_image/000.jpg": jpeg(gradient_picture(3)),
        "product_image/000.png": footage.product,
        "hoi_video/live.mp4": footage.hoi,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    row = {
        "prompt": "A woman shows a sweater, and waves.",
        "input_video": "input_video/000.mp4",
        "motion_video": "motion_video/000.mp4",
        "audio": "audio/000.wav",
        "person_image": "person_image/000.jpg",
        "product_image": "product_image/000.png",
        "depth_video": "hoi_video/live.mp4",
        "pose_video": "",
        "face": json.dumps({"frame_2": [20, 40, 60, 80]}),
        "hand_object": json.dumps({"frame_78": {"l_h": [0, 0, 10, 10], "r_h": [], "obj": [2, 2, 8, 8]}}),
        "height": str(2 * HEIGHT),
        "width": str(2 * WIDTH),
    }
    rewrite(folder / "data.csv", [row])
    return folder


def jpeg(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.height, stream.width, stream.pix_fmt = picture.shape[0], picture.shape[1], "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def test_a_data_set_comes_back_to_the_same_shard_bytes(
    make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    full = make_sample(
        "full", "triplet", {"latents.wan21.safetensors": b"\x00\x01", "pose.mp4": b"as it is"}, product_scale=0.8
    )
    layout = make_dataset({"train": [full, make_sample("first", motion_frames=0), make_sample("plain")]})
    export_csv(layout.root, tmp_path / "csv")
    write_shards(import_csv(tmp_path / "csv"), tmp_path / "again", "train", max_samples=100, max_bytes=1 << 30)
    for name in ("hoi-000000.tar", "hoi-000000.index.json"):
        assert (tmp_path / "again" / "train" / name).read_bytes() == (layout.split("train") / name).read_bytes()


def test_the_csv_is_what_the_released_trainer_reads(
    make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    layout = make_dataset({"train": [make_sample("a", "triplet"), make_sample("b", motion_frames=0)]})
    exported = export_csv(layout.root, tmp_path / "csv")
    assert exported.rows == {"data.csv": 2}
    rows = {Path(row["input_video"]).stem: row for row in cells_of(tmp_path / "csv" / "data.csv")}
    assert tuple(rows["a"]) == COLUMNS
    assert rows["a"]["prompt"] == "A person shows a mug, slowly."
    assert (rows["a"]["height"], rows["a"]["width"], rows["a"]["scale"]) == (str(HEIGHT), str(WIDTH), "1.0")
    assert list(json.loads(rows["a"]["face"])) == [f"frame_{4 * k + 2}" for k in range(20)]
    paths = ("input_video", "motion_video", "audio", "person_image", "product_image", "hoi_video")
    assert all((tmp_path / "csv" / rows["a"][column]).is_file() for column in paths)
    assert [column for column in COLUMNS if rows["b"][column] == ""] == [
        "prompt", "motion_video", "person_image", "product_image", "hoi_video", "pose_video"
    ]  # fmt: skip


def test_held_out_samples_stay_out_of_the_csv_that_is_trained_on(
    make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    layout = make_dataset({"train": [make_sample("a")], "heldout": [make_sample("b")]})
    assert export_csv(layout.root, tmp_path / "csv").rows == {"data.csv": 1, "data.heldout.csv": 1}
    read = [row for row in read_rows(tmp_path / "csv") if isinstance(row, ImportedRow)]
    assert [(row.sample.key, row.split) for row in read] == [("a", "train"), ("b", "heldout")]
    assert export_csv(layout.root, tmp_path / "one", split="heldout").rows == {"data.csv": 1}


def test_an_export_into_an_existing_folder_or_of_nothing_is_refused(
    make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    layout = make_dataset({"a": [make_sample("a")], "b": [make_sample("b")]})
    with pytest.raises(CsvError, match="splits a, b; say which"):
        export_csv(layout.root, tmp_path / "csv")
    with pytest.raises(FileExistsError):
        export_csv(layout.root, layout.root, split="a")
    with pytest.raises(CsvError, match="no shards"):
        export_csv(make_dataset({}, name="empty").root, tmp_path / "x")
    assert not (tmp_path / "csv").exists()


def test_a_failed_export_leaves_nothing(make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path) -> None:
    layout = make_dataset({"train": [make_sample("a"), make_sample("b", replace={members.TRACKS: None})]})
    with pytest.raises(CsvError, match=r"'b' has no tracks\.json"):
        export_csv(layout.root, tmp_path / "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]


def test_changed_files_and_edited_rows_are_errors_that_do_not_stop_the_others(
    make_sample: MakeSample, make_dataset: MakeDataset, tmp_path: Path
) -> None:
    layout = make_dataset({"train": [make_sample(key) for key in ("a", "b", "c", "d")]})
    folder = export_csv(layout.root, tmp_path / "csv").directory
    rows = {Path(row["input_video"]).stem: row for row in cells_of(folder / "data.csv")}
    rows["a"]["prompt"] = "another"
    (folder / "audio" / "b.wav").write_bytes(b"changed")
    (folder / "samples" / "c" / "tracks.json").unlink()
    rewrite(folder / "data.csv", [rows[key] for key in "abcd"])
    errors: list[RowError] = []
    assert [sample.key for sample in import_csv(folder, on_error=errors.append)] == ["d"]
    assert [(error.row, error.message.split()[0]) for error in errors] == [
        (1, "the"),
        (2, "audio/b.wav"),
        (3, "tracks.json"),
    ]
    assert "edited in prompt" in str(errors[0])
    with pytest.raises(CsvError, match="3 rows of"):
        list(import_csv(folder))


def test_a_foreign_row_gives_what_it_states_and_notes_what_was_assumed(foreign: Path, footage: Footage) -> None:
    (row,) = read_rows(foreign)
    assert isinstance(row, ImportedRow)
    sample, meta, tracks = row.sample, row.sample.meta, row.sample.tracks
    assert (sample.key, meta.level, meta.origin, meta.prompt) == (
        "000", "clip", "cointeract-csv", "A woman shows a sweater, and waves."
    )  # fmt: skip
    assert (meta.frames, meta.motion_frames, meta.first_frame) == (TARGET_FRAMES, MOTION_FRAMES, MOTION_FRAMES)
    assert (meta.width, meta.height, meta.fps) == (WIDTH, HEIGHT, 25)
    assert sample.read(members.HOI) == footage.hoi
    assert sample.read(members.PERSON).startswith(b"\x89PNG")
    seen = [frame for frame, point in enumerate(tracks.face) if point is not None]
    assert (seen, tracks.face[2].box) == ([2], (10, 20, 30, 40))  # type: ignore[union-attr]
    assert tracks.left_hand[78].box == (0, 0, 5, 5)  # type: ignore[union-attr]
    assert tracks.right_hand[78] is None
    assert len(row.notes) == 3
    assert "depth_video was read as hoi_video" in row.notes[0]


def test_bad_foreign_rows_are_named_one_by_one(foreign: Path) -> None:
    (good,) = cells_of(foreign / "data.csv")
    shutil.copy(foreign / "input_video" / "000.mp4", foreign / "input_video" / "b.c.mp4")
    (foreign / "input_video" / "text.mp4").write_text("no video")
    (foreign / "audio" / "000.mp3").write_bytes(b"x")
    bad = {
        "input_video is empty": {"input_video": ""},
        "no such file": {"motion_video": "motion_video/none.mp4"},
        "outside the directory": {"audio": "../secret.wav"},
        "doesn't decode as a video": {"input_video": "input_video/text.mp4"},
        "must be a .wav file": {"audio": "audio/000.mp3"},
        "another shape": {"width": "500"},
        "not a number": {"height": "tall"},
        "not JSON": {"face": "{frame_2: 1}"},
        "finite": {"face": '{"frame_2": [NaN, 1, 2, 3]}'},
        "greater than 0": {"scale": "-1"},
    }
    rows = [{**good, "scale": "", **change} for change in bad.values()]
    rows += [{**good, "scale": ""}, {**good, "scale": "", "input_video": "input_video/b.c.mp4"}, {**good, "scale": ""}]
    rewrite(foreign / "data.csv", rows)
    errors: list[RowError] = []
    assert [sample.key for sample in import_csv(foreign, on_error=errors.append)] == ["000", "b-c"]
    assert [error.row for error in errors] == [*range(1, len(bad) + 1), len(rows)]
    for error, text in zip(errors, bad, strict=False):
        assert text in error.message, error
    assert "gives the key '000', as does data.csv, row 11" in errors[-1].message


def test_a_directory_that_is_not_of_the_released_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match=r"no data\.csv"):
        list(import_csv(tmp_path))
    (tmp_path / "data.csv").write_text("prompt,video\na,b\n")
    with pytest.raises(CsvError, match="lacks the columns input_video, height, width"):
        list(import_csv(tmp_path))
    (tmp_path / "data.csv").write_bytes(b"input_video,height,width\n\xff\xfe,1,1\n")
    with pytest.raises(CsvError, match="not UTF-8"):
        list(import_csv(tmp_path))


def test_a_row_with_too_many_cells_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("input_video,height,width\na.mp4,1,1,surplus\n")
    (error,) = read_rows(tmp_path)
    assert isinstance(error, RowError)
    assert "1 cells more" in error.message


def test_png_keeps_every_pixel() -> None:
    picture = gradient_picture(5)
    assert np.array_equal(media.decode_image(media.encode_png(picture), where="test"), picture)
