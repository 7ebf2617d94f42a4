"""The pages: one document for all addresses, and the files that it loads. Names are looked up, never joined to a path."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cointeract_inspector.errors import ApiError
from cointeract_inspector.media.respond import REVALIDATE, Tag
from cointeract_inspector.web.answers import compressed

DOCUMENT = "index.html"
PAGES = ("/", "/grid", "/s/{sample}", "/compare", "/conflicts", "/export", "/help")
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


class Pages:
    """Files of a folder.

    Args:
        folder: with `index.html` and what it needs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def routes(self) -> list[Route]:
        """Addresses of the pages and of their files."""
        return [*(Route(path, self.document) for path in PAGES), Route("/static/{name:path}", self.file)]

    def document(self, request: Request) -> Response:
        """The document, whatever page it is to show."""
        return self._send(request, DOCUMENT)

    def file(self, request: Request) -> Response:
        """One of the files."""
        return self._send(request, request.path_params["name"])

    def names(self) -> dict[str, Path]:
        """Files by name, those in folders with `/`."""
        return {path.relative_to(self._folder).as_posix(): path for path in self._folder.rglob("*") if path.is_file()}

    def _send(self, request: Request, name: str) -> Response:
        # Listed each time: whoever edits a page sees it at the next reload. There are a few dozen files.
        path = self.names().get(name)
        if path is None:
            raise ApiError(404, "not_found", f"there is no page file {name!r}")
        data = path.read_bytes()
        tag = Tag(hashlib.sha256(data).hexdigest())
        headers = {"ETag": tag.etag, "Cache-Control": REVALIDATE}
        if tag.is_known(request):
            return Response(status_code=304, headers=headers)
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return compressed(request, data, kind, headers)
