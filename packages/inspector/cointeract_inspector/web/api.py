"""The routes that answer in JSON: what the data set is, what is asked of it, how it was made."""

from __future__ import annotations

import json
import struct
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cointeract_inspector.errors import ApiError
from cointeract_inspector.live import View
from cointeract_inspector.query.funnel import WhatIf, funnel, what_if
from cointeract_inspector.query.search import Answer, Query
from cointeract_inspector.service import Service
from cointeract_inspector.web.answers import HASH_HEADER, body_of, json_response, parsed

MOST_ROWS = 200
ALIGNMENT = 4
OCTETS = "application/octet-stream"


class Api:
    """Handlers over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/healthz", self.health),
            Route("/api/dataset", self.dataset),
            Route("/api/query", self.query, methods=["POST"]),
            Route("/api/rows", self.rows),
            Route("/api/sample/{sample}", self.sample),
            Route("/api/funnel", self.funnel),
            Route("/api/funnel/whatif", self.what_if, methods=["POST"]),
        ]

    def health(self, request: Request) -> Response:
        """Whether the server runs; tells nothing of the data set."""
        return json_response(request, {"ok": True})

    def dataset(self, request: Request) -> Response:
        """What is shown, and to whom."""
        view = self._service.live.view()
        return _answer(request, view, self._service.describe(view, request.scope["reviewer"]))

    async def query(self, request: Request) -> Response:
        """Rows, facets, histograms. The ids are binary: 100,000 of them are 400 KB."""
        query = parsed(Query, await body_of(request))
        view = self._service.live.view()
        _check_hash(view, query.hash)
        reviewer = request.scope["reviewer"]
        found = await run_in_threadpool(lambda: view.search.answer(query, view.book.marks(reviewer)))
        headers = {HASH_HEADER: view.snapshot.hash, "Cache-Control": "no-store"}
        return Response(encode_answer(found), headers=headers, media_type=OCTETS)

    def rows(self, request: Request) -> Response:
        """Cards of some rows, in the order that they are asked for."""
        view = self._service.live.view()
        _check_hash(view, request.query_params.get("hash"))
        rows = _row_numbers(request.query_params.get("rows", ""), view.database.rows)
        columns = [name for name in request.query_params.get("cols", "").split(",") if name]
        return _answer(request, view, self._service.cards(view, rows, columns, request.scope["reviewer"]))

    def sample(self, request: Request) -> Response:
        """Everything about one sample."""
        view = self._service.live.view()
        return _answer(request, view, view.samples.view(request.path_params["sample"], request.scope["reviewer"]))

    def funnel(self, request: Request) -> Response:
        """Steps from all clips to the accepted ones."""
        view = self._service.live.view()
        return _answer(request, view, funnel(view.snapshot, view.database))

    async def what_if(self, request: Request) -> Response:
        """What another threshold would keep."""
        asked = parsed(WhatIf, await body_of(request))
        view = self._service.live.view()
        return _answer(request, view, await run_in_threadpool(what_if, view.snapshot, view.database, asked))


def encode_answer(answer: Answer) -> bytes:
    """A u32 with the length of the header, the header as JSON, and the rows as u32, all little-endian.

    Spaces fill the header so that the rows begin at a multiple of four bytes, where a page can view them without a copy.
    """
    header = json.dumps(answer.header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-len(header) % ALIGNMENT)
    return struct.pack("<I", len(header)) + header + answer.rows.tobytes()


def _answer(request: Request, view: View, content: Any) -> Response:
    return json_response(request, content, {HASH_HEADER: view.snapshot.hash})


def _check_hash(view: View, given: str | None) -> None:
    if given is not None and given != view.snapshot.hash:
        raise ApiError(
            409,
            "dataset_changed",
            "the data set has changed since this page was loaded",
            "load it again: row numbers are others now",
            {HASH_HEADER: view.snapshot.hash},
        )


def _row_numbers(text: str, rows: int) -> list[int]:
    try:
        found = [int(part) for part in text.split(",") if part]
    except ValueError as error:
        raise ApiError(400, "bad_request", f"rows={text[:80]!r} isn't a list of numbers") from error
    if len(found) > MOST_ROWS:
        raise ApiError(400, "bad_request", f"{len(found)} rows are asked for, at most {MOST_ROWS} are sent at once")
    outside = [row for row in found if not 0 <= row < rows]
    if outside:
        raise ApiError(404, "not_found", f"row {outside[0]} is none of the {rows} rows", "load the page again")
    return found
