"""The application: pages, the status once and as it changes, metrics."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from anyio import Event, move_on_after
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from generators.errors import ParityError
from harness.serve.apart import apart
from harness.serve.guard import HARDENING
from harness.serve.metrics import exposition
from harness.serve.pages import LIVE, Pages
from harness.store.database import first_line

POLL_SEC = 1.0
# Each listener holds a connection; more of them are sent away, so that pages stay reachable.
LISTENERS_MAX = 100
# A comment keeps proxies from closing a quiet connection; a listener that takes nothing for so long is left.
PING_SEC, SEND_SEC = 15, 30.0
# When the server is told to end, listeners get so long to be told.
LEAVE_SEC = 1.0
# Pages are sent in such parts, each once the reader has taken those before: readers that take nothing must cost no memory.
PART_BYTES = 64 * 2**10
# So many requests wait for a site that is being made, in threads; more of them wait without.
MAKERS = 8
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class Live:
    """The latest status, taken from the ledger at most once in a while, however many ask."""

    def __init__(self, look: Callable[[float], dict[str, Any]]) -> None:
        self._look = look
        self._looking: asyncio.Task[None] | None = None
        self._taken_at, self._cost_sec = -POLL_SEC, 0.0
        self._status: dict[str, Any] = {}

    async def status(self) -> dict[str, Any]:
        """How things stand; `error` says why nobody can tell."""
        # A slow database is asked less often.
        if self._looking is None and time.monotonic() - self._taken_at >= max(POLL_SEC, 4.0 * self._cost_sec):
            self._looking = asyncio.create_task(self._look_anew())
        if self._looking is not None:
            # One look is for all who ask, whoever of them leaves meanwhile.
            await asyncio.shield(self._looking)
        return self._status

    async def _look_anew(self) -> None:
        began = time.monotonic()
        try:
            self._status = await apart(self._taken)
        finally:
            self._looking = None
            self._taken_at = time.monotonic()
            self._cost_sec = self._taken_at - began

    def _taken(self) -> dict[str, Any]:
        now = time.time()
        try:
            return self._look(now)
        except (ParityError, SQLAlchemyError) as error:
            return {"at": now, "error": first_line(error), "runs": []}


class Site:
    """What answers requests."""

    def __init__(self, live: Live, pages: Pages) -> None:
        self.live, self.pages = live, pages
        self.listeners = 0
        # Whoever waits for a site that is being made does not hold up the status.
        self.makers = asyncio.Semaphore(MAKERS)

    async def health(self, _request: Request) -> Response:
        """That the server is there; nothing of what it knows."""
        return PlainTextResponse("ok\n", headers=HARDENING)

    async def status(self, _request: Request) -> Response:
        """The status once."""
        found = await self.live.status()
        return JSONResponse(found, 503 if "error" in found else 200, headers={**HARDENING, "cache-control": "no-store"})

    async def metrics(self, _request: Request) -> Response:
        """The status for Prometheus."""
        text = exposition(await self.live.status())
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8", headers=HARDENING)

    async def events(self, _request: Request) -> Response:
        """The status whenever it changes, as server-sent events."""
        return _Listener(
            self,
            self._news(end := Event()),
            ping=PING_SEC,
            send_timeout=SEND_SEC,
            headers=HARDENING,
            shutdown_event=end,
            shutdown_grace_period=LEAVE_SEC,
        )

    async def _news(self, end: Event) -> AsyncIterator[dict[str, str]]:
        told = ""
        while not end.is_set():
            found = await self.live.status()
            said = json.dumps({name: value for name, value in found.items() if name != "at"}, sort_keys=True)
            if said != told:
                told = said
                yield {"event": "status", "data": json.dumps(found)}
            with move_on_after(POLL_SEC):
                await end.wait()

    async def page(self, request: Request) -> Response:
        """A file of the site."""
        name = request.path_params["name"]
        try:
            async with self.makers:
                content = await apart(partial(self.pages.get, name))
        except (ParityError, SQLAlchemyError) as error:
            return PlainTextResponse(f"503: {first_line(error)}\n", 503, headers=HARDENING)
        if content is None:
            return PlainTextResponse("404: there is no such page\n", 404, headers=HARDENING)
        kind = TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        headers = {**HARDENING, "cache-control": "no-cache", "content-length": str(len(content))}
        return StreamingResponse(_parts(content), media_type=f"{kind}; charset=utf-8", headers=headers)


class _Listener(EventSourceResponse):
    """News for one listener, who has a place for as long as it is answered."""

    def __init__(self, site: Site, news: AsyncIterator[dict[str, str]], **options: Any) -> None:
        super().__init__(news, **options)
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a place, or say that there is none: nothing may come between looking for one and taking it."""
        if self._site.listeners >= LISTENERS_MAX:
            text = f"503: {LISTENERS_MAX} listeners are connected already; try again later\n"
            await PlainTextResponse(text, 503, headers=HARDENING)(scope, receive, send)
            return
        self._site.listeners += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._site.listeners -= 1


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PART_BYTES):
        yield content[start : start + PART_BYTES]


def app_of(live: Live, pages: Pages) -> Starlette:
    """The application, without its guard."""
    site = Site(live, pages)

    async def front(_request: Request) -> Response:
        return RedirectResponse(LIVE.file, 307, headers=HARDENING)

    return Starlette(
        routes=[
            Route("/", front),
            Route("/healthz", site.health),
            Route("/status.json", site.status),
            Route("/metrics", site.metrics),
            Route("/events", site.events),
            Route("/{name:path}", site.page),
        ]
    )
