"""The written page: whole, safe, still where nothing changed, and with pictures that are the right frames."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from cointeract_curation.core.config import build_recipe
from cointeract_curation.core.units import ClipUnit
from cointeract_curation.report import write_report
from cointeract_curation.report.pictures import box_overlay, middle_frame
from cointeract_shards.records import TrackPoint, Tracks
from tests.curation.report.conftest import CUT, HOSTILE_MESSAGE, HOSTILE_PATH, RECIPE
from tests.curation.report.made_up_dataset import MadeUpDataset

FRAMES = 81
VOID = {"meta", "img", "br", "col"}


class PageParser(HTMLParser):
    """Collects tags and addresses, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]
        self.ids += [value for name, value in attrs if name == "id" and value]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _write(made: MadeUpDataset) -> str:
    location = write_report(made.dataset, made.store, made.stages, made.recipe, made.read())
    assert location == Path(made.dataset.root, "report", "index.html")
    return Path(location).read_text(encoding="utf-8")


def _parse(html: str) -> PageParser:
    parser = PageParser()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(made: MadeUpDataset) -> None:
    html = _write(made)
    page = _parse(html)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert all(link.startswith(("#", "data:image/jpeg;base64,", "../artifacts/")) for link in page.links)
    assert "@import" not in html
    assert "url(" not in html
    assert [path.name for path in Path(made.dataset.root, "report").iterdir()] == ["index.html"]


def test_links_inside_the_page_lead_somewhere(made: MadeUpDataset) -> None:
    page = _parse(_write(made))
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_paths_messages_and_recipes_are_text_and_never_markup(made: MadeUpDataset) -> None:
    html = _write(made)
    text = "".join(_parse(html).text)
    assert HOSTILE_MESSAGE in text
    assert Path(HOSTILE_PATH).name in text
    assert "too <i>bright</i>" in text
    assert "<b>bold</b> & plain" in text
    assert "<script>" not in html
    assert "<img src=x" not in html


def test_a_path_that_is_no_valid_text_is_written_with_an_escape(empty: MadeUpDataset) -> None:
    source = empty.source("/videos/caf\u00e9.mp4")
    broken = empty.source("/videos/plain.mp4")
    empty.fail("probe", source, "cut off: \udcff")
    empty.probe(broken, audio_streams=0)
    html = _write(empty)
    assert "caf\u00e9.mp4" in html
    assert "cut off: \\udcff" in html


def test_reasons_values_and_the_way_back_are_told(made: MadeUpDataset) -> None:
    text = re.sub(r"\s+", " ", " ".join(_parse(_write(made)).text))
    assert "ArithmeticError" in text
    assert "the picture is odd" in text
    assert re.search(r"cointeract requeue \S+ --unit [0-9a-f]{16}-00000640", text)
    assert "the same content as /videos/good copy.mp4" in text
    assert "there is no sound (probe.audio_streams is 0, the bound is 1)" in text
    assert "quality.luminance_mean 24, bound 25" in text


def test_a_long_list_is_cut_and_the_rest_is_counted(empty: MadeUpDataset) -> None:
    for number in range(60):
        unit = empty.file(f"/videos/{number:02d}.mp4")
        empty.fail("identify", unit, f"no permission for {number:02d}", error_type="PermissionError")
    text = re.sub(r"\s+", " ", " ".join(_parse(_write(empty)).text))
    assert "and 10 more; all are in sources.parquet" in text
    assert "and 50 more; cointeract status" in text


def test_a_data_set_without_anything_has_a_page_too(empty: MadeUpDataset) -> None:
    text = " ".join(_parse(_write(empty)).text)
    assert "Nothing is quarantined." in text
    assert "Nothing has been measured." in text


def test_work_that_is_not_done_yet_is_counted_as_such(empty: MadeUpDataset) -> None:
    empty.accepted_source("/videos/running.mp4", 3)
    text = re.sub(r"\s+", " ", " ".join(_parse(_write(empty)).text))
    assert "pending not done yet" in text


def test_equal_outcomes_give_equal_bytes_and_nothing_is_written_twice(made: MadeUpDataset) -> None:
    first = _write(made)
    path = Path(made.dataset.root, "report", "index.html")
    before = path.stat().st_mtime_ns
    assert _write(made) == first
    assert path.stat().st_mtime_ns == before
    path.unlink()
    assert _write(made) == first


def test_another_threshold_gives_another_report(made: MadeUpDataset) -> None:
    first = _write(made)
    policy = {**RECIPE["policy"], "dark": {**RECIPE["policy"]["dark"], "min": 15}}
    changed = MadeUpDataset(Path(made.dataset.root), build_recipe({**RECIPE, "policy": policy}, "test"))
    second = _write(changed)
    assert second != first
    assert "quality.luminance_mean 20, bound 25" not in second


def _video(frames: int = FRAMES) -> bytes:
    """A video whose frame ``n`` is a flat grey of level ``3 n + 5``."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 72, 128, "yuv420p"
        for number in range(frames):
            image = np.full((128, 72, 3), 3 * number + 5, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("index", [0, 1, 24, 25, 40, 80])
def test_the_picture_is_the_frame_that_was_asked_for(tmp_path: Path, index: int) -> None:
    path = tmp_path / "rgb.mp4"
    path.write_bytes(_video())
    assert abs(float(middle_frame(path, index).mean()) - (3 * index + 5)) <= 1


def test_a_video_that_is_shorter_gives_its_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "rgb.mp4"
    path.write_bytes(_video(10))
    assert abs(float(middle_frame(path, 40).mean()) - 32) <= 1


def _accepted_clip(made: MadeUpDataset, video: bytes) -> ClipUnit:
    (clip,) = made.accepted_source("/videos/one.mp4", 1)
    made.finish("cut", clip, CUT, {"rgb.mp4": video})
    made.finish("quality", clip, {"luminance_mean": 100.0, "motion": 1.0})
    return clip


def test_an_example_shows_the_middle_of_its_clip_and_opens_its_video(empty: MadeUpDataset) -> None:
    _accepted_clip(empty, _video())
    page = _parse(_write(empty))
    (picture,) = [link for link in page.links if link.startswith("data:")]
    frame = cv2.imdecode(np.frombuffer(base64.b64decode(picture.split(",", 1)[1]), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert frame.shape == (128, 72, 3)
    assert abs(float(frame.mean()) - (3 * 40 + 5)) < 1.5
    (video,) = [link for link in page.links if link.startswith("../")]
    assert Path(empty.dataset.root, "report", video).is_file()


def test_a_video_that_is_gone_or_damaged_is_said_on_the_page(empty: MadeUpDataset) -> None:
    clip = _accepted_clip(empty, b"not a video")
    assert "rgb.mp4 can't be read" in "".join(_parse(_write(empty)).text)
    report = Path(empty.dataset.root, "report", "index.html")
    report.unlink()
    empty.store.artifact(empty.lineage.key("cut", clip), "rgb.mp4").unlink()
    assert "is missing from" in "".join(_parse(_write(empty)).text)


def test_boxes_are_drawn_where_they_are_with_the_persons_own_left_and_right() -> None:
    point = TrackPoint(box=(10, 20, 30, 50), score=0.9)
    filled = TrackPoint(box=(1, 2, 3, 4), score=None, interpolated=True)
    nothing = (None,)
    tracks = Tracks(
        width=72,
        height=128,
        frames=1,
        face=nothing,
        left_hand=(point,),
        right_hand=(filled,),
        object=nothing,
        contact=nothing,
    )
    overlay = box_overlay(tracks, 0)
    assert 'viewBox="0 0 72 128"' in overlay
    assert re.search(r'class="box left-hand"><rect x="10" y="20" width="20" height="30">.*?>L</text>', overlay)
    assert re.search(r'class="box right-hand interpolated">.*?>R</text>', overlay)
    assert "face" not in overlay.replace("boxes found on this frame", "")
