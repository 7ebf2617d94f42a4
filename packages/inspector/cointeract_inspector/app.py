"""The application: all routes behind the guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from cointeract_inspector.errors import ApiError
from cointeract_inspector.service import Service
from cointeract_inspector.web.answers import error_response
from cointeract_inspector.web.api import Api
from cointeract_inspector.web.guard import Guard
from cointeract_inspector.web.media_api import MediaApi
from cointeract_inspector.web.pages import Pages
from cointeract_inspector.web.review_api import ReviewApi
from cointeract_inspector.web.tokens import Tokens
from cointeract_shards.errors import ContractError

THREADS = 12
"""Requests that are worked on at once. Each thread keeps memory of its own, and more wouldn't be quicker."""


def make_app(service: Service, tokens: Tokens, port: int) -> Starlette:
    """The application of a service.

    Args:
        service: what it shows.
        tokens: who may use it.
        port: that it will listen on, which names its cookie.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        service.close()

    return Starlette(
        routes=[
            *Api(service).routes(),
            *ReviewApi(service).routes(),
            *MediaApi(service).routes(),
            *Pages(service.settings.static).routes(),
        ],
        middleware=[Middleware(Guard, hosts=service.settings.hosts, tokens=tokens, port=port)],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error, ContractError: _contract_error},
        lifespan=lifespan,
    )


async def _api_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise TypeError(f"{error!r} isn't an error of a route")
    return error_response(error)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "not_found" if status == 404 else "bad_request"  # noqa: PLR2004
    return error_response(ApiError(status, code, f"{request.method} {request.url.path[:80]} isn't answered here"))


async def _contract_error(_: Request, error: Exception) -> Response:
    """A part of the data set that isn't what the contract says."""
    return error_response(
        ApiError(404, "not_readable", str(error), "`cointeract lint` tells what is wrong with the data set")
    )
