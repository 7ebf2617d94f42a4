from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cointeract_inspector.errors import InspectorError
from cointeract_inspector.serve import listen
from cointeract_inspector.settings import Settings
from cointeract_inspector.web.guard import host_name
from cointeract_inspector.web.tokens import load_tokens
from cointeract_shards.reviews.errors import ReviewError
from tests.inspector.conftest import ORIGIN, PORT, TOKENS, OpenClient
from tests.inspector.made import PACKED

COOKIE = f"cointeract_inspector_{PORT}"
TOKEN = TOKENS.by_reviewer["ann"]


@pytest.fixture
def stranger(shared_dataset: Path, open_client: OpenClient) -> TestClient:
    return open_client(shared_dataset, None, read_only=True)


@pytest.mark.parametrize(
    "path", ["/", "/grid", f"/s/{PACKED[0]}", "/static/main.js", "/api/dataset", f"/m/{PACKED[0]}/rgb", "/nowhere"]
)
def test_nothing_is_answered_without_a_token(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert "error" in answer.json()


def test_only_whether_it_runs_is_told_to_anybody(stranger: TestClient) -> None:
    assert stranger.get("/healthz").json() == {"ok": True}


def test_a_token_becomes_a_cookie_named_by_port_and_leaves_the_address(stranger: TestClient) -> None:
    answer = stranger.get(f"/s/{PACKED[0]}?k=3&token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/s/{PACKED[0]}?k=3"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    stranger.cookies = answer.cookies
    assert stranger.get("/api/dataset").json()["reviewer"] == "ann"


def test_a_token_can_not_send_a_browser_to_another_host(stranger: TestClient) -> None:
    location = stranger.get(f"//evil.example/x?token={TOKEN}").headers.get("location", "/")
    assert not location.startswith("//")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "\udc80"])
def test_a_wrong_token_is_nobody(stranger: TestClient, token: str) -> None:
    if token.isascii():
        assert stranger.get("/", params={"token": token}).status_code == 401
        assert stranger.get("/api/dataset", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert TOKENS.reviewer(token) is None


def test_a_bearer_token_counts_only_without_a_cookie(stranger: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"{COOKIE}=wrong"}
    assert stranger.get("/api/dataset", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8125", 200),
        ("localhost:9", 200),
        ("LOCALHOST", 200),
        ("[::1]:8125", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.1:80@evil.example", 403),
        ("evil.example:8125", 403),
        ("0.0.0.0:8125", 403),
        ("localhost/x", 403),
        ("", 403),
    ],
)
def test_only_names_of_this_machine_are_answered(shared_client: TestClient, host: str, status: int) -> None:
    answer = shared_client.get("/healthz", headers={"Host": host})
    assert answer.status_code == status


def test_host_headers_are_taken_apart_as_browsers_write_them() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("a:b:c") == ""
    assert host_name("localhost:99999999") == ""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, 403),
        ({"Origin": ORIGIN}, 200),
        ({"Origin": "http://127.0.0.1:9"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_what_another_site_sends_changes_nothing(
    shared_client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert shared_client.post("/api/query", json={}, headers=headers).status_code == status


def test_another_site_may_link_to_a_page_but_not_read_or_embed(shared_client: TestClient) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert shared_client.get("/", headers=visit).status_code == 200
    embed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert shared_client.get(f"/m/{PACKED[0]}/rgb", headers=embed).status_code == 403


def test_a_form_of_another_site_can_not_be_taken_for_json(shared_client: TestClient) -> None:
    answer = shared_client.post("/api/query", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_nothing_changes_by_get(shared_client: TestClient) -> None:
    for path in ("/api/query", "/api/export", "/api/funnel/whatif"):
        assert shared_client.get(path).status_code == 405


@pytest.mark.parametrize("path", ["/", "/api/dataset", f"/m/{PACKED[0]}/rgb", "/static/main.js", "/nowhere"])
def test_every_answer_forbids_what_pages_do_not_need(shared_client: TestClient, path: str) -> None:
    headers = shared_client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not any(name.startswith("access-control-") for name in headers)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../errors.py",
        "/static/%2e%2e/errors.py",
        "/static/..%2ferrors.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..\\errors.py",
        "/m/../../etc/passwd",
        "/m/%2e%2e%2f%2e%2e%2fetc/passwd",
        f"/m/{PACKED[0]}/..%2f..%2fmanifest.parquet",
        f"/m/{PACKED[0]}/meta.json",
        f"/m/{PACKED[0]}/rgb.mp4",
        f"/m/{PACKED[0]}/rgb/frame/-1.png",
        f"/m/{PACKED[0]}/rgb/frame/../../person.png",
        "/api/sample/..%2f..%2fdataset.yaml",
        "/dataset.yaml",
    ],
)
def test_no_path_leads_out(shared_client: TestClient, path: str) -> None:
    answer = shared_client.get(path)
    assert answer.status_code in (404, 405)
    assert "error" in answer.json()


def test_text_with_html_in_it_is_sent_as_data(shared_client: TestClient) -> None:
    answer = shared_client.get(f"/api/sample/{PACKED[0]}")
    assert answer.headers["content-type"] == "application/json"
    assert "<img src=x" in answer.json()["prompt"]


def test_other_machines_are_let_in_only_by_name(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="--allow-host"):
        Settings(tmp_path, host="0.0.0.0")
    assert Settings(tmp_path, host="0.0.0.0", allow_hosts=("lab-7",)).hosts[-1] == "lab-7"


def test_reviewers_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="ann is given more than once"):
        Settings(tmp_path, reviewers=("ann", "bob", "ann"))
    with pytest.raises(ReviewError, match="can't be used"):
        Settings(tmp_path, reviewers=("../ann",))


def test_tokens_are_long_secret_and_outlive_a_restart(tmp_path: Path) -> None:
    first = load_tokens(tmp_path, ["ann", "bob"])
    assert len(first.by_reviewer["ann"]) >= 43
    assert first.by_reviewer["ann"] != first.by_reviewer["bob"]
    path = tmp_path / "tokens.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_tokens(tmp_path, ["ann"]).by_reviewer["ann"] == first.by_reviewer["ann"]
    path.chmod(0o644)
    assert load_tokens(tmp_path, ["ann"]).by_reviewer["ann"] != first.by_reviewer["ann"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_small_answers_are_sent_at_once(tmp_path: Path) -> None:
    """Only on a socket that is named as TCP does asyncio switch off Nagle's algorithm, which holds answers back by 40 ms."""
    with listen(Settings(tmp_path, port=None)) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken_is_told_and_the_usual_one_gives_way(tmp_path: Path) -> None:
    with listen(Settings(tmp_path, port=None)) as first:
        taken = first.getsockname()[1]
        with pytest.raises(InspectorError, match=str(taken)):
            listen(Settings(tmp_path, port=taken))
        with listen(Settings(tmp_path, port=None)) as second:
            assert second.getsockname()[1] != taken
