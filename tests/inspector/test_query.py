from __future__ import annotations

import json
import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.inspector.made import PACKED, QUARANTINED, REJECTED

ROWS = 8


def ask(client: TestClient, **query: Any) -> tuple[dict[str, Any], list[int]]:
    answer = client.post("/api/query", json=query)
    assert answer.status_code == 200, answer.text
    (length,) = struct.unpack("<I", answer.content[:4])
    assert length % 4 == 0
    return json.loads(answer.content[4 : 4 + length]), np.frombuffer(answer.content[4 + length :], "<u4").tolist()


def refused(client: TestClient, **query: Any) -> str:
    answer = client.post("/api/query", json=query)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["code"])


def test_without_a_filter_all_rows_come_in_their_order(shared_client: TestClient) -> None:
    header, rows = ask(shared_client)
    assert rows == list(range(ROWS))
    assert header["total"] == ROWS
    assert header["chips"] == []


def test_filters_are_joined_and_each_tells_its_own_effect(shared_client: TestClient) -> None:
    header, rows = ask(
        shared_client,
        filter=[
            {"col": "verdict", "op": "in", "v": ["accepted"]},
            {"col": "object.stability", "op": "between", "v": [0.8, None]},
        ],
    )
    assert rows == [2, 3, 4, 5]
    assert header["chips"] == [{"i": 0, "without": 4}, {"i": 1, "without": 6}]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"col": "verdict", "op": "in", "v": ["rejected", "quarantined"]}, [6, 7]),
        ({"col": "reason", "op": "in", "v": [None]}, [0, 1, 2, 3, 4, 5]),
        ({"col": "reason", "op": "in", "v": ["no_hand", None]}, [0, 1, 2, 3, 4, 5, 6]),
        ({"col": "reason", "op": "isnull", "v": False}, [6, 7]),
        ({"col": "reason", "op": "in", "v": []}, []),
        ({"col": "references.person_passed", "op": "in", "v": [True]}, [0, 2, 4]),
        ({"col": "object.stability", "op": "isnull"}, [6, 7]),
        ({"col": "object.stability", "op": "between", "v": [None, 0.7]}, [0]),
        ({"col": "object.stability", "op": "between", "v": [None, None]}, [0, 1, 2, 3, 4, 5]),
        ({"col": "first_frame", "op": "in", "v": [73, 75]}, [0, 2]),
        ({"col": "id", "op": "contains", "v": PACKED[3][-8:]}, [3]),
        ({"col": "search", "op": "contains", "v": "NO HAND IS"}, [6]),
        ({"col": "search", "op": "contains", "v": "%"}, []),
        ({"col": "split", "op": "in", "v": ["test"]}, [4, 5]),
        ({"col": "my", "op": "isnull"}, list(range(ROWS))),
        ({"col": "conflict", "op": "in", "v": [True]}, []),
    ],
)
def test_a_filter_finds_these_rows(shared_client: TestClient, condition: dict[str, Any], expected: list[int]) -> None:
    assert ask(shared_client, filter=[condition])[1] == expected


def test_sorting_puts_missing_values_last_and_keeps_the_order_of_equal_ones(shared_client: TestClient) -> None:
    assert ask(shared_client, sort="-object.stability")[1] == [5, 4, 3, 2, 1, 0, 6, 7]
    assert ask(shared_client, sort="object.stability")[1] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert ask(shared_client, sort="verdict")[1] == [0, 1, 2, 3, 4, 5, 7, 6]


def test_a_facet_leaves_out_its_own_filter_and_no_other(shared_client: TestClient) -> None:
    chosen = [{"col": "verdict", "op": "in", "v": ["accepted"]}, {"col": "split", "op": "in", "v": ["test"]}]
    facets = ask(shared_client, filter=chosen, facets=["verdict", "split", "references.person_passed"])[0]["facets"]
    assert facets["verdict"] == [["accepted", 2]]
    assert facets["split"] == [["train", 4], ["test", 2]]
    assert facets["references.person_passed"] == [[False, 1], [True, 1]]


def test_a_histogram_counts_every_row_once(shared_client: TestClient) -> None:
    hist = ask(shared_client, hist=[{"col": "object.stability", "bins": 5}])[0]["hist"]["object.stability"]
    assert sum(hist["counts"]) + hist["missing"] == ROWS
    assert hist["counts"][-1] >= 1
    assert (hist["min"], hist["max"]) == (0.7, 0.95)
    one = ask(shared_client, hist=[{"col": "frames", "bins": 3}])[0]["hist"]["frames"]
    assert sum(one["counts"]) == ROWS
    assert ask(shared_client, hist=[{"col": "shot", "bins": 2}])[0]["hist"]["shot"]["missing"] == 0


def test_what_is_not_a_query_is_refused_and_named(shared_client: TestClient) -> None:
    assert refused(shared_client, filter=[{"col": "nothing", "op": "isnull"}]) == "unknown_column"
    assert refused(shared_client, filter=[{"col": 'id" = id; --', "op": "isnull"}]) == "unknown_column"
    assert refused(shared_client, sort="-nothing") == "unknown_column"
    assert refused(shared_client, sort="row") == "unknown_column"
    assert refused(shared_client, facets=["object.stability"]) == "bad_request"
    assert refused(shared_client, hist=[{"col": "verdict"}]) == "bad_request"
    assert refused(shared_client, hist=[{"col": "object.stability", "bins": 100_000}]) == "bad_request"
    assert refused(shared_client, filter=[{"col": "verdict", "op": "between", "v": [0, 1]}]) == "bad_request"
    assert refused(shared_client, filter=[{"col": "verdict", "op": "like", "v": "a"}]) == "bad_request"
    assert refused(shared_client, filter=[{"col": "object.stability", "op": "in", "v": ["a"]}]) == "bad_request"
    assert refused(shared_client, filter=[{"col": "object.stability", "op": "between", "v": [0]}]) == "bad_request"
    assert refused(shared_client, sql="SELECT 1") == "bad_request"


def test_a_value_is_never_read_as_sql(shared_client: TestClient) -> None:
    evil = "accepted'); DROP TABLE store.clips; --"
    assert ask(shared_client, filter=[{"col": "verdict", "op": "in", "v": [evil]}])[1] == []
    assert ask(shared_client)[1] == list(range(ROWS))


def test_cards_tell_what_a_grid_shows(shared_client: TestClient) -> None:
    cards = shared_client.get("/api/rows?rows=6,0,7&cols=people.hand_share").json()
    assert [card["id"] for card in cards] == [REJECTED, PACKED[0], QUARANTINED]
    assert (cards[0]["reason"], cards[0]["value"], cards[0]["threshold"]) == ("no_hand", 0.25, 0.5)
    assert cards[0]["scores"]["people.hand_share"] == 0.25
    assert cards[1]["poster"].startswith(f"/m/{PACKED[0]}/poster?v=")
    assert cards[2]["poster"] is None
    assert shared_client.get("/api/rows?rows=8").status_code == 404
    assert shared_client.get("/api/rows?rows=x").status_code == 400
    assert shared_client.get(f"/api/rows?rows={','.join(['0'] * 201)}").status_code == 400
    assert shared_client.get("/api/rows?rows=0&cols=nothing").status_code == 400
    assert shared_client.get("/api/rows?rows=").json() == []


def test_a_rejected_sample_is_shown_with_reason_value_and_threshold(shared_client: TestClient) -> None:
    sample = shared_client.get(f"/api/sample/{REJECTED}").json()
    (decisive,) = [check for check in sample["checks"] if check["decisive"]]
    assert (decisive["rule"], decisive["score"], decisive["threshold"], decisive["pass"]) == (
        "no_hand",
        0.25,
        0.5,
        False,
    )
    passed = {check["rule"]: check["pass"] for check in sample["checks"]}
    assert passed == {"dark": True, "no_hand": False, "unsteady": None}
    assert sample["refs"] == {}
    quarantined = shared_client.get(f"/api/sample/{QUARANTINED}").json()
    assert quarantined["reason"] == "StageCrashError"
    assert "worker died" in quarantined["reason_text"]
    assert quarantined["artifacts"] == {}


def test_the_data_set_describes_itself(shared_client: TestClient) -> None:
    told = shared_client.get("/api/dataset").json()
    assert told["rows"] == ROWS
    assert told["verdicts"] == {"accepted": 6, "rejected": 1, "quarantined": 1}
    assert told["shards"] == 3
    columns = {column["name"]: column for column in told["columns"]}
    assert columns["object.stability"]["rule"] == "unsteady"
    assert columns["object.stability"]["type"] == "number"
    assert columns["references.person_passed"]["type"] == "bool"
    assert columns["my"]["kind"] == "facet"
    assert [rule["rule"] for rule in told["rules"]] == ["dark", "no_hand", "unsteady"]


def test_the_funnel_adds_up_and_each_step_opens_what_it_lost(shared_client: TestClient) -> None:
    funnel = shared_client.get("/api/funnel").json()
    steps = funnel["steps"]
    assert [(step["kind"], step["name"], step["lost"]) for step in steps] == [
        ("quarantined", "StageCrashError", 1),
        ("rule", "dark", 0),
        ("rule", "no_hand", 1),
        ("rule", "unsteady", 0),
    ]
    assert funnel["enters"] == ROWS
    assert steps[0]["entering"] == ROWS
    for before, after in pairwise(steps):
        assert before["remaining"] == before["entering"] - before["lost"] == after["entering"]
    assert steps[-1]["remaining"] == funnel["leaves"] == 6
    for step in steps:
        assert len(ask(shared_client, filter=step["filter"])[1]) == step["lost"]


def test_another_threshold_tells_what_it_would_change(shared_client: TestClient) -> None:
    def what_if(**asked: Any) -> dict[str, int]:
        answer: dict[str, int] = shared_client.post("/api/funnel/whatif", json=asked).json()
        return answer

    assert what_if(col="object.stability", threshold=0.8) == {
        "measured": 6, "missing": 2, "kept": 4, "removed": 2, "would_pass": 0, "would_reject": 2,
    }  # fmt: skip
    assert what_if(col="people.hand_share", threshold=0.2)["would_pass"] == 1
    assert what_if(col="object.stability", threshold=0.8, side="max")["kept"] == 3
    assert shared_client.post("/api/funnel/whatif", json={"col": "verdict", "threshold": 1}).status_code == 400
