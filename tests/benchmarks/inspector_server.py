"""The inspector's server over 100,000 generated clips with 99 scores each: start, queries, cards, decisions, memory.

Run with ``python -m tests.benchmarks inspector-server``. The server is a process of its own, started as the command starts it; it is
asked over HTTP by as many connections as there are reviewers. The first line says how busy the machine was: on a busy one all times
are longer, so each comes with the processor time that the server took for it.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from cointeract_shards.reviews.ulid import new_ulid
from tests.inspector.big import STAGES, write_big
from tests.inspector.made import make_media, make_sample

ROWS = 100_000
QUERIES, CARD_PAGES, DECISIONS, OPENS = 40, 60, 200, 1000
REVIEWERS = 8
CARDS = 60
FACETS = ("verdict", "reason", "stage", "split", "level", "identity", "source_id", "my", "conflict")
MIB = 1 << 20
READY_S = 120.0
START_S, QUERY_S, QUERY_EIGHT_S, CARDS_S, DECISION_S = 1.5, 0.2, 0.5, 0.03, 0.025
MEMORY_MB, GROWTH_MB = 300, 20


def run(folder: Path) -> Iterator[str]:
    """Measure, and say so in lines."""
    yield f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name) / "dataset"
        write_big(root, ROWS, make_sample("sample", make_media(), 0))
        with _Server(root, Path(name)) as server:
            yield _line("start until it answers", [server.started], START_S, server.process_seconds)
            yield from _queries(server)
            yield from _cards(server)
            yield from _decisions(server)
            before = server.memory_mb
            ids = _ids(server, OPENS)
            times, spent = server.timed([lambda sample=sample: server.get(f"/api/sample/{sample}") for sample in ids])
            yield _line(f"open a sample, {OPENS} of them", times, None, spent)
            after = server.memory_mb
            yield f"memory after {OPENS} opens: {after:.0f} MB (target {MEMORY_MB})"
            yield f"by opening them: {after - before:+.0f} MB (target {GROWTH_MB})"


def _queries(server: _Server) -> Iterator[str]:
    def ask(reviewer: str, seed: int) -> None:
        drawn = random.Random(seed)
        column = f"{drawn.choice(STAGES)}.score_{drawn.randrange(11):02d}"
        condition = {"col": column, "op": "between", "v": [drawn.random() / 2, None]}
        body = {"filter": [condition], "sort": f"-{column}", "facets": FACETS, "hist": [{"col": column, "bins": 40}]}
        server.post("/api/query", body, reviewer)

    ask("reviewer0", 0)
    times, spent = server.timed([lambda seed=seed: ask("reviewer0", seed) for seed in range(QUERIES)])
    yield _line("filter, sort and 9 facets, 1 reviewer", times, QUERY_S, spent)
    every: list[float] = []

    def work(number: int) -> None:
        every.extend(server.timed([lambda seed=seed: ask(f"reviewer{number}", seed) for seed in range(QUERIES)])[0])

    begun = server.processor_seconds
    people = [threading.Thread(target=work, args=(number,)) for number in range(REVIEWERS)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    yield _line(f"the same, {REVIEWERS} reviewers at once", every, QUERY_EIGHT_S, server.processor_seconds - begun)
    yield f"memory after that: {server.memory_mb:.0f} MB (target {MEMORY_MB})"


def _cards(server: _Server) -> Iterator[str]:
    drawn = random.Random(1)
    pages = [",".join(str(drawn.randrange(ROWS)) for _ in range(CARDS)) for _ in range(CARD_PAGES)]
    times, spent = server.timed([lambda rows=rows: server.get(f"/api/rows?rows={rows}") for rows in pages])
    yield _line(f"{CARDS} cards from anywhere", times, CARDS_S, spent)


def _decisions(server: _Server) -> Iterator[str]:
    samples = [(sample, server.get(f"/api/sample/{sample}")["sha"]) for sample in _ids(server, DECISIONS)]

    def decide(sample: str, sha: str) -> None:
        event = {"id": new_ulid(), "sample": sample, "sha": sha, "verb": "accept", "session": "bench"}
        server.post("/api/events", {"events": [event]})

    times, spent = server.timed([lambda pair=pair: decide(*pair) for pair in samples])
    yield _line("decision until it is on the disk and acknowledged", times, DECISION_S, spent)


def _ids(server: _Server, count: int) -> list[str]:
    drawn = random.Random(2)
    rows = sorted(drawn.sample(range(ROWS), count))
    found: list[str] = []
    for start in range(0, count, 200):
        listed = ",".join(str(row) for row in rows[start : start + 200])
        found += [card["id"] for card in server.get(f"/api/rows?rows={listed}")]
    return found


def _line(what: str, times: list[float], target: float | None, spent: float) -> str:
    p50, p95 = statistics.median(times), sorted(times)[int(len(times) * 0.95)] if len(times) > 1 else times[0]
    goal = "" if target is None else f" (target p95 {target * 1000:.0f})"
    return f"{what}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms{goal}; processor {spent / len(times) * 1000:.1f} ms each"


class _Server:
    """`cointeract inspect` as a process, and connections to it that stay open, one for each thread."""

    def __init__(self, root: Path, folder: Path) -> None:
        log = folder / "server.log"
        reviewers = [part for number in range(REVIEWERS) for part in ("--reviewer", f"reviewer{number}")]
        command = [sys.executable, "-m", "cointeract", "inspect", str(root), "--no-open", *reviewers]
        begun = time.perf_counter()
        with log.open("w") as output:
            environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        self._watched = psutil.Process(self._process.pid)
        while "stops it" not in log.read_text():
            if self._process.poll() is not None or time.perf_counter() - begun > READY_S:
                raise RuntimeError(log.read_text())
            time.sleep(0.005)
        lines = [line.split() for line in log.read_text().splitlines() if "token=" in line]
        self._tokens = {name.rstrip(":"): url.partition("token=")[2] for name, url in lines}
        self._address = urlsplit(lines[0][1]).netloc
        self._local = threading.local()
        self.get("/healthz")
        self.started = time.perf_counter() - begun
        self.process_seconds = self.processor_seconds

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def processor_seconds(self) -> float:
        spent = self._watched.cpu_times()
        return float(spent.user + spent.system)

    @property
    def memory_mb(self) -> float:
        return float(self._watched.memory_info().rss / 1e6)

    def timed(self, calls: list[Callable[[], object]]) -> tuple[list[float], float]:
        """Seconds of each call, and the processor time of the server over all of them."""
        begun = self.processor_seconds
        times = []
        for call in calls:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return times, self.processor_seconds - begun

    def get(self, path: str, reviewer: str = "reviewer0") -> Any:
        return json.loads(self._ask("GET", path, None, reviewer))

    def post(self, path: str, content: object, reviewer: str = "reviewer0") -> bytes:
        return self._ask("POST", path, json.dumps(content).encode(), reviewer)

    def _ask(self, method: str, path: str, body: bytes | None, reviewer: str) -> bytes:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(self._address, timeout=READY_S)
        headers = {"Authorization": f"Bearer {self._tokens[reviewer]}", "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        data = bytes(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]!r}")
        return data
