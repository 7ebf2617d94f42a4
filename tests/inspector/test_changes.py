"""What happens while the server runs: a data set that is still being made, a manifest that changes, a server that is killed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cointeract_inspector import live
from cointeract_inspector.errors import InspectorError
from cointeract_shards import members
from cointeract_shards.errors import SchemaVersionError
from cointeract_shards.manifest import VERSION_KEY
from cointeract_shards.outcome import Attempt, AttemptState, FailureKind
from cointeract_shards.reviews.ulid import new_ulid
from tests.inspector.conftest import OpenClient
from tests.inspector.made import PACKED, REJECTED, SOURCE, Media, make_dataset, write_outcome, write_recipe
from tests.inspector.test_query import ask
from tests.shards.samples import HEIGHT, WIDTH

WAIT_S = 20.0


def restamp(manifest: Path, version: bytes) -> None:
    """State another version in a manifest."""
    table = pq.read_table(manifest)
    pq.write_table(table.replace_schema_metadata({VERSION_KEY: version}), manifest)


def wait_for(condition: Any) -> None:
    ends = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ends, "it doesn't happen"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def looks_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(live, "LOOK_AGAIN_AT_RUN_S", 0.0)


def test_a_changed_manifest_is_read_again_and_old_row_numbers_are_refused(
    dataset: Path, open_client: OpenClient, made_media: Media
) -> None:
    client = open_client(dataset)
    before = client.get("/api/dataset").json()
    assert before["rows"] == 8
    shutil.rmtree(dataset / "shards")
    shutil.rmtree(dataset / "artifacts")
    make_dataset(dataset, made_media, packed=PACKED[:3])
    wait_for(lambda: client.get("/api/dataset").json()["rows"] == 5)
    answer = client.get(f"/api/rows?rows=0&hash={before['hash']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "dataset_changed")
    assert answer.headers["x-dataset-hash"] == client.get("/api/dataset").json()["hash"] != before["hash"]
    assert client.post("/api/query", json={"hash": before["hash"]}).status_code == 409
    assert len(ask(client)[1]) == 5
    assert client.get(f"/api/sample/{PACKED[5]}").status_code == 404


def test_a_manifest_of_another_version_ends_the_start_with_its_number(dataset: Path, open_client: OpenClient) -> None:
    restamp(dataset / "manifest.parquet", b"7")
    with pytest.raises(SchemaVersionError, match="version 7"):
        open_client(dataset)


def test_a_manifest_of_another_version_under_a_running_server_is_told_and_the_old_one_stays(
    dataset: Path, open_client: OpenClient
) -> None:
    client = open_client(dataset)
    url = client.get(f"/api/sample/{PACKED[0]}").json()["artifacts"]["rgb"]["url"]
    restamp(dataset / "manifest.parquet", b"7")
    wait_for(lambda: any("version 7" in problem for problem in client.get("/api/dataset").json()["problems"]))
    assert client.get("/api/dataset").json()["rows"] == 8
    assert client.get(url).status_code == 200
    restamp(dataset / "manifest.parquet", b"1")
    wait_for(lambda: not any("version 7" in problem for problem in client.get("/api/dataset").json()["problems"]))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_a_manifest_that_is_none_is_told(dataset: Path, open_client: OpenClient, content: bytes) -> None:
    (dataset / "manifest.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"manifest\.parquet"):
        open_client(dataset)


def test_a_manifest_that_is_damaged_inside_is_told(dataset: Path, open_client: OpenClient) -> None:
    path = dataset / "manifest.parquet"
    data = bytearray(path.read_bytes())
    data[8:2000] = bytes(1992)
    path.write_bytes(bytes(data))
    with pytest.raises(InspectorError, match="can't be read"):
        open_client(dataset)


def test_where_there_is_nothing_to_show_it_says_so(tmp_path: Path, open_client: OpenClient) -> None:
    with pytest.raises(InspectorError, match="doesn't exist"):
        open_client(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InspectorError, match="nothing to show"):
        open_client(tmp_path / "empty")


def test_a_data_set_that_is_still_being_made_is_shown_as_far_as_it_is(
    tmp_path: Path, open_client: OpenClient, made_media: Media
) -> None:
    from cointeract_shards.dataset import DatasetLayout

    layout = DatasetLayout(tmp_path / "running")
    write_recipe(layout)
    cut = {"width": WIDTH, "height": HEIGHT}
    done, dark, begun, broken = (f"{SOURCE}-{number:08d}" for number in range(4))
    video = {members.RGB: made_media.rgb}
    for clip in (done, dark):
        write_outcome(layout, clip, "cut", "a" * 16, cut, video)
        write_outcome(layout, clip, "quality", "b" * 16, {"luminance": 0.9 if clip == done else 0.1}, {})
    write_outcome(layout, begun, "cut", "a" * 16, cut, video)
    attempts = layout.artifacts / broken / ("cut-" + "a" * 16 + ".attempts")
    attempts.mkdir(parents=True)
    failed = Attempt(
        1, AttemptState.FAILED, "run", "host", 1, 1.0, kind=FailureKind.UNUSABLE, error_type="NoVideo", message="none"
    )
    (attempts / "001.json").write_bytes(failed.to_bytes())
    client = open_client(layout.root)
    told = client.get("/api/dataset").json()
    assert (told["kind"], told["rows"]) == ("running", 4)
    cards = client.get("/api/rows?rows=0,1,2,3").json()
    assert [(card["verdict"], card["reason"], card["stage"]) for card in cards] == [
        ("pending", None, "people"),
        ("rejected", "dark", "quality"),
        ("pending", None, "quality"),
        ("quarantined", "NoVideo", "cut"),
    ]
    assert client.get(f"/m/{done}/rgb").content == made_media.rgb
    steps = client.get("/api/funnel").json()["steps"]
    assert [(step["kind"], step["stage"], step["lost"]) for step in steps if step["lost"]] == [
        ("quarantined", "cut", 1), ("pending", "quality", 1), ("rule", "quality", 1), ("pending", "people", 1),
    ]  # fmt: skip
    new = f"{SOURCE}-00000077"
    write_outcome(layout, new, "cut", "a" * 16, cut, video)
    wait_for(lambda: client.get("/api/dataset").json()["rows"] == 5)
    assert client.get(f"/m/{new}/poster").status_code == 200


def test_clips_that_are_newer_than_the_manifest_are_shown_after_it(
    dataset: Path, open_client: OpenClient, made_media: Media
) -> None:
    from cointeract_shards.dataset import DatasetLayout

    new = f"{SOURCE}-00005000"
    write_outcome(
        DatasetLayout(dataset), new, "cut", "a" * 16, {"width": WIDTH, "height": HEIGHT}, {members.RGB: made_media.rgb}
    )
    client = open_client(dataset)
    told = client.get("/api/dataset").json()
    assert (told["rows"], told["verdicts"]["pending"]) == (9, 1)
    assert client.get("/api/rows?rows=8").json()[0]["id"] == new
    assert client.get(f"/m/{new}/rgb").content == made_media.rgb
    assert client.get(f"/m/{REJECTED}/rgb").content == made_media.rgb


class Server:
    """`cointeract inspect` as a process of its own."""

    def __init__(self, root: Path, folder: Path) -> None:
        log = (folder / "server.log").open("w")
        command = [sys.executable, "-m", "cointeract", "inspect", str(root), "--no-open", "--reviewer", "ann"]
        environment = {"XDG_CACHE_HOME": str(folder / "cache"), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._log = folder / "server.log"
        wait_for(lambda: "token=" in self._log.read_text() or self.process.poll() is not None)
        line = next(line for line in self._log.read_text().splitlines() if "token=" in line)
        url = line.split()[1]
        self.base, self.token = url.split("/?token=")
        wait_for(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.get("/healthz")["ok"])
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(self.base + path))

    def post(self, path: str, content: Any) -> Any:
        data = json.dumps(content).encode()
        return self._ask(urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}))

    def _ask(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.loads(answer.read())


@contextmanager
def served(root: Path, folder: Path) -> Iterator[Server]:
    server = Server(root, folder)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def test_a_server_that_is_killed_while_deciding_has_lost_nothing_that_it_acknowledged(
    dataset: Path, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    with served(dataset, tmp_path) as server:
        shas = {sample: server.get(f"/api/sample/{sample}")["sha"] for sample in PACKED}
        killed_at = 60
        for number in range(10_000):
            sample = PACKED[number % len(PACKED)]
            event = {
                "id": new_ulid(),
                "sample": sample,
                "sha": shas[sample],
                "verb": "accept" if number % 2 else "reject",
            }
            if number == killed_at:
                # Killed between the request and its answer, wherever the server is by then.
                server.process.send_signal(signal.SIGKILL)
            try:
                acknowledged += server.post("/api/events", {"events": [event]})["ok"]
            except (urllib.error.URLError, ConnectionError):
                break
        assert killed_at - 1 <= len(acknowledged) <= killed_at + 1
        token = server.token
    with served(dataset, tmp_path) as server:
        assert server.token == token, "an open page goes on"
        stored = [event["id"] for event in server.get("/api/events")["events"]]
        assert set(acknowledged) <= set(stored)
        # The page sends again what wasn't acknowledged; it is stored once.
        assert server.post("/api/events", {"events": [event]})["ok"] == [event["id"]]
        assert server.get("/api/progress")["done"] == len(PACKED)
    lines = (dataset / "reviews" / "ann.jsonl").read_text().splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines)
