"""Who may read: anybody on this machine while the address is loopback, elsewhere whoever has the token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "parity_token"
TOKEN_LENGTH_MIN = 16
# Answered without a token: it says nothing but that the server is there.
OPEN_PATHS = ("/healthz",)
LOCAL_NAMES = ("localhost",)
REFUSED = "401: this server needs its token; open /?token=… once in a browser, or send Authorization: Bearer …\n"
MISDIRECTED = "421: this server answers to localhost and its address only, not to the name {name}\n"
HARDENING = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}


def is_loopback(host: str) -> bool:
    """True for the names and addresses of this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in LOCAL_NAMES


class Guard:
    """Answers requests that may not pass, in front of an application."""

    def __init__(self, app: ASGIApp, *, token: str | None, local: bool) -> None:
        self._app, self._token, self._local = app, token, local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        answer = self._refusal(scope) if scope["type"] == "http" else None
        await (self._app if answer is None else answer)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = _name_in(headers.get("host", ""))
        if self._local and not is_loopback(host):
            # A page from elsewhere whose name was made to lead here must read nothing.
            return PlainTextResponse(MISDIRECTED.format(name=host or "(none)"), 421, headers=HARDENING)
        if self._token is None or scope["path"] in OPEN_PATHS:
            return None
        asked = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
        given = dict(asked).get("token")
        if given is not None and self._is_token(given):
            return self._remember(scope["path"], [pair for pair in asked if pair[0] != "token"])
        bearer = headers.get("authorization", "")
        if bearer.lower().startswith("bearer ") and self._is_token(bearer[7:].strip()):
            return None
        if self._is_token(_cookie(headers.get("cookie", ""))):
            return None
        return PlainTextResponse(REFUSED, 401, headers={**HARDENING, "www-authenticate": "Bearer"})

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._token or "").encode())

    def _remember(self, path: str, rest: list[tuple[str, str]]) -> Response:
        """Keep the token in a cookie, and lead to the same page without it: addresses end up in histories."""
        answer = RedirectResponse("/" + path.lstrip("/") + (f"?{urlencode(rest)}" if rest else ""), 303, headers=HARDENING)
        answer.set_cookie(COOKIE, self._token or "", httponly=True, samesite="strict", path="/")
        return answer


def _name_in(host: str) -> str:
    """The name or address of a Host header, without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _cookie(header: str) -> str:
    # One by one: the standard library's parser for all of them stops at the first cookie of another server that it cannot read.
    return cookie_parser(header).get(COOKIE, "")
