"""The routes of decisions: events in and out, progress, conflicts, export."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cointeract_inspector.errors import ApiError
from cointeract_inspector.reviews.export import ExportRequest, export
from cointeract_inspector.reviews.progress import progress
from cointeract_inspector.service import Service
from cointeract_inspector.web.answers import HASH_HEADER, body_of, json_response, parsed
from cointeract_shards.reviews.event import Draft

MOST_EVENTS = 1000


class Posted(BaseModel):
    """Events as a page sends them."""

    model_config = ConfigDict(extra="forbid")

    events: list[Draft] = Field(max_length=MOST_EVENTS)


class ReviewApi:
    """Handlers over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/api/events", self.post_events, methods=["POST"]),
            Route("/api/events", self.events),
            Route("/api/progress", self.progress),
            Route("/api/conflicts", self.conflicts),
            Route("/api/export", self.export, methods=["POST"]),
        ]

    async def post_events(self, request: Request) -> Response:
        """Store decisions of the reviewer who sends them; they are on the disk before this is answered."""
        posted = parsed(Posted, await body_of(request))
        return json_response(request, await run_in_threadpool(self._store, request.scope["reviewer"], posted.events))

    def events(self, request: Request) -> Response:
        """Own events after a known one, oldest first."""
        own = self._service.desk.events(request.scope["reviewer"])
        since = request.query_params.get("since")
        if since:
            index = next((number for number, event in enumerate(own) if event.id == since), None)
            if index is None:
                raise ApiError(404, "not_found", f"event {since!r} isn't one of yours", "ask without since")
            own = own[index + 1 :]
        found = [event.model_dump(mode="json", exclude_defaults=True) for event in own]
        return json_response(request, {"events": found, "last": own[-1].id if own else since or None})

    def progress(self, request: Request) -> Response:
        """How far the reviewer is."""
        view = self._service.live.view()
        found = progress(self._service.desk, view.book, request.scope["reviewer"], view.database.rows)
        return json_response(request, found, {HASH_HEADER: view.snapshot.hash})

    def conflicts(self, request: Request) -> Response:
        """Rows that some accept and some reject; who said what is told by the sample, once one has decided oneself."""
        view = self._service.live.view()
        rows = view.book.conflicts()
        return json_response(request, {"rows": rows, "total": len(rows)}, {HASH_HEADER: view.snapshot.hash})

    async def export(self, request: Request) -> Response:
        """Write what people say beside the manifest."""
        asked = parsed(ExportRequest, await body_of(request))
        if self._service.settings.read_only and not asked.preview:
            raise ApiError(
                423, "read_only", "the inspector was started with --read-only", "start it without --read-only"
            )
        view = self._service.live.view()
        return json_response(request, await run_in_threadpool(export, view.snapshot, self._service.desk, asked))

    def _store(self, reviewer: str, drafts: list[Draft]) -> dict[str, Any]:
        view = self._service.live.view()
        rows = {draft.sample: view.clips.row(draft.sample) for draft in drafts}
        stored = self._service.desk.post(reviewer, drafts)
        stale = [event.id for event in stored if event.sha != view.snapshot.parts.content(rows[event.sample])]
        return {"ok": [event.id for event in stored], "stale": stale}
