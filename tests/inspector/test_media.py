from __future__ import annotations

import io
import tarfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from cointeract_inspector.media.ranges import ByteRange, UnsatisfiableError, parse_range
from cointeract_inspector.media.video import video_facts
from cointeract_shards import members
from tests.inspector.conftest import OpenClient
from tests.inspector.made import PACKED, QUARANTINED, REJECTED, Media, make_dataset, make_masks
from tests.shards.samples import HEIGHT, WIDTH, encode_video, render

RGB = f"/m/{PACKED[0]}/rgb"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes 0-1", None),
    ],
)
def test_a_range_is_one_run_of_bytes_or_the_whole_file(header: str | None, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == (None if expected is None else ByteRange(*expected))


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_outside_of_the_file_is_unsatisfiable(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        parse_range(header, 100)


def test_a_video_comes_out_of_the_tar_byte_for_byte(shared_client: TestClient, made_media: Media) -> None:
    answer = shared_client.get(RGB)
    assert answer.status_code == 200
    assert answer.content == made_media.rgb
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"


def test_a_range_of_it_is_206_with_its_place(shared_client: TestClient, made_media: Media) -> None:
    answer = shared_client.get(RGB, headers={"Range": "bytes=100-299"})
    assert answer.status_code == 206
    assert answer.content == made_media.rgb[100:300]
    assert answer.headers["content-range"] == f"bytes 100-299/{len(made_media.rgb)}"


def test_a_range_behind_its_end_is_416_and_tells_the_size(shared_client: TestClient, made_media: Media) -> None:
    answer = shared_client.get(RGB, headers={"Range": f"bytes={len(made_media.rgb)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(made_media.rgb)}"


def test_head_tells_length_and_sends_nothing(shared_client: TestClient, made_media: Media) -> None:
    answer = shared_client.head(RGB)
    assert int(answer.headers["content-length"]) == len(made_media.rgb)
    assert answer.content == b""


def test_what_a_browser_has_is_not_sent_again(shared_client: TestClient) -> None:
    etag = shared_client.get(RGB).headers["etag"]
    assert shared_client.get(RGB, headers={"If-None-Match": etag}).status_code == 304
    assert shared_client.get(RGB, headers={"If-None-Match": f'"other", W/{etag}'}).status_code == 304
    assert shared_client.get(RGB, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_range_of_another_version_is_answered_with_the_whole_file(shared_client: TestClient) -> None:
    etag = shared_client.get(RGB).headers["etag"]
    asked = {"Range": "bytes=0-9"}
    assert shared_client.get(RGB, headers=asked | {"If-Range": etag}).status_code == 206
    assert shared_client.get(RGB, headers=asked | {"If-Range": '"other"'}).status_code == 200


def test_an_address_with_its_version_may_be_kept_for_good_and_one_without_not(shared_client: TestClient) -> None:
    sample = shared_client.get(f"/api/sample/{PACKED[0]}").json()
    assert "immutable" in shared_client.get(sample["artifacts"]["rgb"]["url"]).headers["cache-control"]
    assert "immutable" in shared_client.get(sample["poster_url"]).headers["cache-control"]
    assert "no-cache" in shared_client.get(RGB).headers["cache-control"]
    assert "no-cache" in shared_client.get(f"{RGB}?v=0000").headers["cache-control"]


def test_a_rejected_clip_is_read_from_its_artifacts(shared_client: TestClient, made_media: Media) -> None:
    assert shared_client.get(f"/m/{REJECTED}/rgb").content == made_media.rgb
    answer = shared_client.get(f"/m/{REJECTED}/hoi")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "artifact_missing"
    assert shared_client.get(f"/m/{QUARANTINED}/rgb").status_code == 404


def test_a_frame_is_found_by_its_number(shared_client: TestClient) -> None:
    frames = render(73, 81)
    for number in (0, 40, 80):
        answer = shared_client.get(f"{RGB}/frame/{number}.png")
        picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
        errors = [np.abs(picture - frames[other]).mean() for other in range(max(0, number - 1), min(81, number + 2))]
        assert np.argmin(errors) == (0 if number == 0 else 1)
    assert shared_client.get(f"{RGB}/frame/81.png").json()["error"]["code"] == "not_found"
    assert shared_client.get(f"/m/{PACKED[0]}/person/frame/0.png").status_code == 404


def test_posters_and_strips_are_small_pictures_of_the_clip(shared_client: TestClient) -> None:
    poster = shared_client.get(f"/m/{PACKED[0]}/poster")
    assert Image.open(io.BytesIO(poster.content)).size == (round(WIDTH * 300 / HEIGHT), 300)
    assert len(poster.content) < 20_000
    strip = Image.open(io.BytesIO(shared_client.get(f"/m/{PACKED[0]}/strip").content))
    assert strip.width == 9 * 172


def test_masks_are_runs_that_say_the_same_as_the_code(shared_client: TestClient) -> None:
    from pycocotools import mask as coco

    told = shared_client.get(f"/m/{PACKED[0]}/masks").json()
    for frame, (runs, mask) in enumerate(zip(told["frames"], make_masks().masks, strict=True)):
        assert (runs is None) == (mask is None) == (frame % 10 == 9)
        if runs is not None and mask is not None:
            pixels = np.repeat(np.arange(len(runs)) % 2, runs).reshape(WIDTH, HEIGHT).T
            assert (pixels == coco.decode({"size": list(mask.size), "counts": mask.counts.encode()})).all()


def test_the_curve_of_the_sound_has_ten_pairs_for_each_frame(shared_client: TestClient) -> None:
    assert len(shared_client.get(f"/m/{PACKED[0]}/peaks").json()["peaks"]) == 810


def test_the_place_that_a_product_was_cut_from_lies_as_the_product_does(
    shared_client: TestClient, made_media: Media
) -> None:
    answer = shared_client.get(f"/m/{PACKED[0]}/product/source.png")
    assert Image.open(io.BytesIO(answer.content)).size == Image.open(io.BytesIO(made_media.product)).size
    person = shared_client.get(f"/m/{PACKED[0]}/person/source.png")
    assert Image.open(io.BytesIO(person.content)).size == Image.open(io.BytesIO(made_media.person)).size


def test_a_video_that_is_not_of_constant_rate_says_so(
    dataset: Path, open_client: OpenClient, made_media: Media
) -> None:
    times = [1000 * frame + (500 if frame > 40 else 0) for frame in range(81)]
    uneven = encode_video(render(73, 81), times=times)
    facts = video_facts(uneven, "uneven")
    assert (facts.constant, facts.frames) == (False, 81)
    even = video_facts(encode_video(render(73, 81), fps=Fraction(25)), "even")
    assert (even.constant, even.fps, even.frames) == (True, 25.0, 81)
    root = make_dataset(dataset.parent / "uneven", made_media, {members.RGB: uneven}).root
    artifacts = open_client(root).get(f"/api/sample/{PACKED[0]}").json()["artifacts"]
    assert artifacts["rgb"]["cfr"] is False
    assert artifacts["hoi"]["cfr"] is True


def test_a_missing_shard_is_told_and_the_rest_is_shown(dataset: Path, open_client: OpenClient) -> None:
    client = open_client(dataset)
    shard = client.get(f"/api/sample/{PACKED[0]}").json()["provenance"]["shard"]
    (dataset / "shards" / shard).unlink()
    client = open_client(dataset)
    assert any(shard in problem for problem in client.get("/api/dataset").json()["problems"])
    sample = client.get(f"/api/sample/{PACKED[0]}").json()
    assert sample["artifacts"]["rgb"]["error"]["code"] == "shard_missing"
    assert shard in sample["artifacts"]["rgb"]["error"]["message"]
    assert client.get(RGB).json()["error"]["code"] == "shard_missing"
    others = [client.get(f"/m/{key}/rgb").status_code for key in PACKED]
    assert others.count(200) >= 4


def test_a_shard_that_is_cut_short_is_told(dataset: Path, open_client: OpenClient) -> None:
    shard = open_client(dataset).get(f"/api/sample/{PACKED[0]}").json()["provenance"]["shard"]
    path = dataset / "shards" / shard
    path.write_bytes(path.read_bytes()[:2000])
    client = open_client(dataset)
    codes = {client.get(f"/m/{PACKED[0]}/{name}").json()["error"]["code"] for name in ("rgb", "hoi", "person")}
    assert codes == {"shard_short"}
    assert client.head(RGB).status_code == 404


def test_a_missing_member_is_told_with_its_shard(tmp_path: Path, open_client: OpenClient, made_media: Media) -> None:
    root = make_dataset(tmp_path / "without", made_media, {members.HOI: None, members.PERSON: None}).root
    sample = open_client(root).get(f"/api/sample/{PACKED[0]}").json()
    error = sample["artifacts"]["hoi"]["error"]
    assert error["code"] == "artifact_missing"
    assert "hoi.mp4" in error["message"]
    assert ".tar" in error["message"]
    assert "url" in sample["artifacts"]["rgb"]
    assert "person" not in sample["refs"]


def test_files_that_do_not_decode_are_told(tmp_path: Path, open_client: OpenClient, made_media: Media) -> None:
    bad = {members.RGB: b"not a video", members.AUDIO: b"RIFF", members.PERSON: b"no", members.OBJECT_MASKS: b"[]"}
    client = open_client(make_dataset(tmp_path / "bad", made_media, bad).root)
    artifacts = client.get(f"/api/sample/{PACKED[0]}").json()["artifacts"]
    assert {artifacts[name]["error"]["code"] for name in ("rgb", "audio", "person")} == {"not_decodable"}
    for path in ("poster", "strip", "peaks", "masks", "rgb/frame/0.png", "product/source.png"):
        answer = client.get(f"/m/{PACKED[0]}/{path}")
        assert answer.status_code == 404, path
        assert answer.json()["error"]["message"]


def test_shards_of_any_writer_are_shown_without_a_manifest(
    tmp_path: Path, shared_dataset: Path, open_client: OpenClient
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    source = next((shared_dataset / "shards" / "train").glob("*.tar"))
    with tarfile.open(source) as old, tarfile.open(folder / "any.tar", "w") as new:
        for entry in old:
            new.addfile(entry, old.extractfile(entry))
    (folder / "broken.tar").write_bytes(source.read_bytes()[:5000])
    client = open_client(folder)
    told = client.get("/api/dataset").json()
    assert (told["kind"], told["rows"]) == ("shards", 2)
    assert any("broken.tar" in problem for problem in told["problems"])
    (card,) = client.get("/api/rows?rows=0").json()
    assert client.get(card["poster"]).status_code == 200
    sample = client.get(f"/api/sample/{card['id']}").json()
    assert sample["scores"]["people.hand_share"] == 1.0
    assert client.get(sample["artifacts"]["rgb"]["url"]).status_code == 200


def test_media_come_from_a_url_by_ranged_reads(
    shared_dataset: Path, open_client: OpenClient, made_media: Media
) -> None:
    import fsspec

    filesystem = fsspec.filesystem("memory")
    filesystem.put(str(shared_dataset), "/bucket/dataset", recursive=True)
    client = open_client("memory://bucket/dataset")
    assert client.get(RGB, headers={"Range": "bytes=5-24"}).content == made_media.rgb[5:25]
    assert client.get(f"/m/{REJECTED}/rgb").content == made_media.rgb
    assert client.get("/api/dataset").json()["read_only"] is True
    filesystem.rm("/bucket", recursive=True)


def test_pictures_that_were_made_are_kept_within_a_bound_and_never_in_the_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cointeract_inspector.media import cache

    monkeypatch.setattr(cache, "MOST_BYTES", 1000)
    monkeypatch.setattr(cache, "PRUNE_AFTER_BYTES", 300)
    kept = cache.DiskCache(tmp_path / "pictures")
    made = []

    def make() -> bytes:
        made.append(1)
        return bytes(100)

    assert kept.get("one", make) == kept.get("one", make) == bytes(100)
    assert len(made) == 1
    for number in range(30):
        kept.get(f"picture-{number}", make)
    assert sum(file.stat().st_size for file in (tmp_path / "pictures").iterdir()) <= 1400


def test_where_pictures_can_not_be_kept_they_are_made_each_time(tmp_path: Path) -> None:
    from cointeract_inspector.media.cache import DiskCache

    (tmp_path / "file").write_text("in the way")
    assert DiskCache(tmp_path / "file" / "pictures").get("one", lambda: b"made") == b"made"
