"""Answers in JSON, small over a slow line, and errors as every route tells them."""

from __future__ import annotations

import gzip
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from cointeract_inspector.errors import ApiError
from cointeract_shards.records import describe

SMALL_BYTES = 1024
"""Less isn't worth compressing."""
GZIP_LEVEL = 3
MOST_BODY_BYTES = 4 << 20
HASH_HEADER = "X-Dataset-Hash"

Model = TypeVar("Model", bound=BaseModel)


def json_response(request: Request, content: Any, headers: dict[str, str] | None = None) -> Response:
    """`content` as JSON, compressed where the browser takes it."""
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return compressed(request, data, "application/json", {"Cache-Control": "no-store"} | (headers or {}))


def compressed(request: Request, data: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Bytes, compressed where they are worth it and the browser takes it."""
    headers = headers | {"Vary": "Accept-Encoding"}
    if len(data) >= SMALL_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        data = gzip.compress(data, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(data, headers=headers, media_type=media_type)


def error_response(error: ApiError) -> Response:
    """An error as JSON."""
    data = json.dumps({"error": error.to_json()}, ensure_ascii=False).encode()
    return Response(data, error.status, {"Cache-Control": "no-store"} | error.headers, "application/json")


async def body_of(request: Request) -> bytes:
    """The body of a request.

    Raises:
        ApiError: 413, it is too long; 415, it isn't JSON by its own word, which a form of another site can't send.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "bad_request", f"the body is {kind or 'of no stated kind'}, not application/json")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BODY_BYTES:
            raise ApiError(413, "bad_request", f"the body has more than {MOST_BODY_BYTES} bytes", "send fewer events")
    return bytes(data)


def parsed(model: type[Model], data: bytes) -> Model:
    """A body as a record.

    Raises:
        ApiError: 400, it isn't one.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise ApiError(400, "bad_request", describe(error)) from error
