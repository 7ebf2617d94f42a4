"""HTTP answers that carry bytes of a clip: ranges, validators, caching."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cointeract_inspector.data.parts import Place
from cointeract_inspector.errors import ApiError
from cointeract_inspector.media.ranges import ByteRange, UnsatisfiableError, parse_range
from cointeract_inspector.media.reader import Reader

VERSION_DIGITS = 16
"""Digits of a digest in a URL."""
IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"
WHOLE_BYTES = 4 << 20
"""Up to here an answer is read at once."""
CHUNK_BYTES = 512 << 10


@dataclass(frozen=True)
class Tag:
    """What identifies the content that is sent."""

    digest: str

    @property
    def etag(self) -> str:
        """Value of the header ETag."""
        return f'"{self.digest}"'

    def caching(self, request: Request) -> str:
        """Value of the header Cache-Control: for good where the URL names this very content."""
        return IMMUTABLE if request.query_params.get("v") == self.digest[:VERSION_DIGITS] else REVALIDATE

    def headers(self, request: Request) -> dict[str, str]:
        """Validator and caching."""
        return {"ETag": self.etag, "Cache-Control": self.caching(request)}

    def is_known(self, request: Request) -> bool:
        """Whether the browser has it already."""
        given = request.headers.get("if-none-match")
        return given is not None and (given.strip() == "*" or self.etag in _listed(given))


def version(digest: str) -> str:
    """What a URL carries of a digest."""
    return digest[:VERSION_DIGITS]


def send_bytes(request: Request, data: bytes, media_type: str, tag: Tag) -> Response:
    """Bytes that are in memory already."""
    if tag.is_known(request):
        return Response(status_code=304, headers=tag.headers(request))
    return Response(data, media_type=media_type, headers=tag.headers(request))


async def send_place(request: Request, reader: Reader, place: Place, media_type: str) -> Response:
    """A place, or the run of it that is asked for.

    Raises:
        ApiError: 404 where it can't be read, 416 for a range outside of it.
    """
    tag = Tag(place.digest)
    headers = tag.headers(request) | {"Accept-Ranges": "bytes"}
    if tag.is_known(request):
        return Response(status_code=304, headers=headers)
    asked = _asked_range(request, tag, place)
    sent = asked or ByteRange(0, place.size)
    if asked is not None:
        headers["Content-Range"] = asked.content_range(place.size)
    status = 200 if asked is None else 206
    if request.method == "HEAD":
        await run_in_threadpool(reader.check, place)
        return Response(status_code=status, media_type=media_type, headers=headers | _length(sent))
    if sent.end - sent.start <= WHOLE_BYTES:
        data = await run_in_threadpool(reader.read, place, sent.start, sent.end)
        return Response(data, status, headers, media_type)
    # What can't be read is to be told before the first byte.
    await run_in_threadpool(reader.check, place)
    return StreamingResponse(_chunks(reader, place, sent), status, headers | _length(sent), media_type)


def _asked_range(request: Request, tag: Tag, place: Place) -> ByteRange | None:
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != tag.etag:
        return None
    try:
        return parse_range(request.headers.get("range"), place.size)
    except UnsatisfiableError as error:
        size = {"Content-Range": f"bytes */{place.size}"}
        raise ApiError(416, "bad_range", str(error), "ask for bytes that the file has", size) from error


async def _chunks(reader: Reader, place: Place, sent: ByteRange) -> AsyncIterator[bytes]:
    for start in range(sent.start, sent.end, CHUNK_BYTES):
        yield await run_in_threadpool(reader.read, place, start, min(start + CHUNK_BYTES, sent.end))


def _length(sent: ByteRange) -> dict[str, str]:
    return {"Content-Length": str(sent.end - sent.start)}


def _listed(header: str) -> list[str]:
    # A comparison for reading is a weak one (RFC 9110, section 8.8.3.2).
    return [part.strip().removeprefix("W/") for part in header.split(",")]
