"""The routes of media: `/m/<sample>/<artifact>`. A page names samples and artifacts; no path ever crosses the wire."""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cointeract_inspector.media.clip import DERIVED, FRAME_SCORE, JSON, Content
from cointeract_inspector.media.respond import Tag, send_bytes, send_place
from cointeract_inspector.sample_view import reference_frame
from cointeract_inspector.service import Service
from cointeract_inspector.web.answers import compressed


class MediaApi:
    """Handlers over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/m/{sample}/{artifact}", self.artifact),
            Route("/m/{sample}/{artifact}/frame/{number:int}.png", self.frame),
            Route("/m/{sample}/{reference}/source.png", self.source),
        ]

    async def artifact(self, request: Request) -> Response:
        """An artifact as it is stored, or one that is made from it."""
        clips = self._service.live.view().clips
        row = clips.row(request.path_params["sample"])
        name = request.path_params["artifact"]
        if name in DERIVED:
            return await _send(request, lambda: clips.made(row, name))
        place, media_type = await run_in_threadpool(clips.stored, row, name)
        if media_type != JSON:
            return await send_place(request, clips.reader, place, media_type)
        return await _send(request, lambda: Content(clips.reader.read(place), media_type, place.digest))

    async def frame(self, request: Request) -> Response:
        """One frame of a video as a picture."""
        clips = self._service.live.view().clips
        row = clips.row(request.path_params["sample"])
        name, number = request.path_params["artifact"], request.path_params["number"]
        return await _send(request, lambda: clips.frame(row, name, number))

    async def source(self, request: Request) -> Response:
        """The place of the clip that a reference was made from."""
        view = self._service.live.view()
        row = view.clips.row(request.path_params["sample"])
        name = request.path_params["reference"]

        def make() -> Content:
            score = FRAME_SCORE.format(reference=name)
            known = score in view.database.columns
            scores = view.database.records([row], [score])[row] if known else {}
            return view.clips.source(row, name, reference_frame(scores, name))

        return await _send(request, make)


async def _send(request: Request, make: Callable[[], Content]) -> Response:
    content = await run_in_threadpool(make)
    tag = Tag(content.digest)
    if content.media_type != JSON or tag.is_known(request):
        return send_bytes(request, content.data, content.media_type, tag)
    return compressed(request, content.data, content.media_type, tag.headers(request))
