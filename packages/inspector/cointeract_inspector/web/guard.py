"""Who may ask: this machine's own names, a token, and no page of another site. Everything else is turned away here."""

from __future__ import annotations

from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cointeract_inspector.errors import ApiError
from cointeract_inspector.web.answers import error_response
from cointeract_inspector.web.tokens import Tokens

COOKIE = "cointeract_inspector_{port}"
"""Named by port: a browser sends a machine's cookies to all of its ports."""
TOKEN_PARAMETER = "token"
OPEN_PATHS = frozenset({"/healthz"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
OWN_SITE = frozenset({"same-origin", "none"})
NAVIGATION = "navigate"
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NO_TOKEN_HINT = "open the address with ?token= that the command printed"


class Guard:
    """ASGI middleware around the whole application. Sets `scope["reviewer"]` on what it lets through.

    Args:
        app: what it guards.
        hosts: names that browsers may use for this server, without a port.
        tokens: who may use it.
        port: that it listens on.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], tokens: Tokens, port: int) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._tokens = tokens
        self._cookie = COOKIE.format(port=port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            turned_away = self._look_at(Request(scope), scope)
        except ApiError as error:
            turned_away = error_response(error)
        await (turned_away or self._app)(scope, receive, _with_headers(send))

    def _look_at(self, request: Request, scope: Scope) -> Response | None:
        """The answer to a request that isn't let through, None for one that is.

        Raises:
            ApiError: 401 or 403.
        """
        self._check_host(request)
        _check_site(request)
        if request.url.path in OPEN_PATHS:
            return None
        given = request.query_params.get(TOKEN_PARAMETER)
        if given is not None and request.method in SAFE_METHODS:
            return self._enter(request, given)
        reviewer = self._reviewer(request)
        if reviewer is None:
            raise ApiError(401, "no_token", "this address needs the token of this server", NO_TOKEN_HINT)
        scope["reviewer"] = reviewer
        return None

    def _check_host(self, request: Request) -> None:
        """A page of another site that has its name point to this machine sends its own name (DNS rebinding)."""
        given = request.headers.get("host", "")
        if host_name(given) not in self._hosts:
            raise ApiError(
                403, "bad_host", f"this server isn't known as {given!r}", "use 127.0.0.1, or start it with --allow-host"
            )

    def _enter(self, request: Request, token: str) -> Response:
        """From an address with a token to the same one without, and a cookie in its stead."""
        if self._tokens.reviewer(token) is None:
            raise ApiError(401, "no_token", "the token in this address isn't one of this server", NO_TOKEN_HINT)
        rest = [(name, value) for name, value in parse_qsl(request.url.query, True) if name != TOKEN_PARAMETER]
        # A path that begins with two slashes would be another host.
        target = "/" + request.url.path.lstrip("/\\") + (f"?{urlencode(rest)}" if rest else "")
        answer = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
        answer.set_cookie(self._cookie, token, path="/", httponly=True, samesite="strict")
        return answer

    def _reviewer(self, request: Request) -> str | None:
        """Who asks, by cookie, or by a bearer token where there is no cookie."""
        cookie = _cookie(request.headers, self._cookie)
        if cookie is not None:
            return self._tokens.reviewer(cookie)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._tokens.reviewer(token.strip()) if scheme.lower() == "bearer" else None


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets; empty where it isn't one."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # raises for what is no number
    except ValueError:
        return ""
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return ""
    return (parts.hostname or "").lower()


def _check_site(request: Request) -> None:
    """What another site's page sends is turned away: requests that change something, and all that aren't a visit.

    Browsers say so in Sec-Fetch-Site; at a plain http name that isn't this machine they don't, and Origin tells. A program
    sends neither, and needs the token all the same.

    Raises:
        ApiError: 403.
    """
    site = request.headers.get("sec-fetch-site")
    safe = request.method in SAFE_METHODS
    if site is not None:
        visit = safe and request.headers.get("sec-fetch-mode") == NAVIGATION
        if site.lower() in OWN_SITE or visit:
            return
        raise _cross_site(site)
    origin = request.headers.get("origin")
    if origin is None:
        return
    if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower() or not origin.startswith("http"):
        raise _cross_site(origin)


def _cross_site(where: str) -> ApiError:
    return ApiError(403, "cross_site", f"a request from another site ({where}) is not answered")


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return wrapped
