"""The application: pages, the status once and as it changes, metrics."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import PurePosixPath
from typing import Any

from anyio import CapacityLimiter, Event, move_on_after, to_thread
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from generators.errors import ParityError
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
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class Live:
    """The latest status, taken from the ledger at most once in a while, however many ask."""

    def __init__(self, look: Callable[[float], dict[str, Any]]) -> None:
        self._look = look
        self._lock = asyncio.Lock()
        self._taken_at, self._cost_sec = -POLL_SEC, 0.0
        self._status: dict[str, Any] = {}

    async def status(self) -> dict[str, Any]:
        """How things stand; `error` says why nobody can tell."""
        async with self._lock:
            began = time.monotonic()
            # A slow database is asked less often.
            if began - self._taken_at >= max(POLL_SEC, 4.0 * self._cost_sec):
                self._status = await to_thread.run_sync(self._taken)
                self._taken_at = time.monotonic()
                self._cost_sec = self._taken_at - began
            return self._status

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
        self.makers = CapacityLimiter(8)

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
        if self.listeners >= LISTENERS_MAX:
            return PlainTextResponse(f"503: {LISTENERS_MAX} listeners are connected already; try again later\n", 503)
        end = Event()
        return EventSourceResponse(
            self._news(end),
            ping=PING_SEC,
            send_timeout=SEND_SEC,
            headers=HARDENING,
            shutdown_event=end,
            shutdown_grace_period=LEAVE_SEC,
        )

    async def _news(self, end: Event) -> AsyncIterator[dict[str, str]]:
        self.listeners += 1
        try:
            told = ""
            while not end.is_set():
                found = await self.live.status()
                said = json.dumps({name: value for name, value in found.items() if name != "at"}, sort_keys=True)
                if said != told:
                    told = said
                    yield {"event": "status", "data": json.dumps(found)}
                with move_on_after(POLL_SEC):
                    await end.wait()
        finally:
            self.listeners -= 1

    async def page(self, request: Request) -> Response:
        """A file of the site."""
        name = request.path_params["name"]
        try:
            content = await to_thread.run_sync(self.pages.get, name, limiter=self.makers)
        except (ParityError, SQLAlchemyError) as error:
            return PlainTextResponse(f"503: {first_line(error)}\n", 503, headers=HARDENING)
        if content is None:
            return PlainTextResponse("404: there is no such page\n", 404, headers=HARDENING)
        kind = TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        return Response(content, media_type=f"{kind}; charset=utf-8", headers={**HARDENING, "cache-control": "no-cache"})


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
