"""Work in a thread that nobody waits for when the server ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """The result of `work`, or what it raises.

    Threads of a pool hold up the end of the process until the last of them is done, and a locked database may take half a
    minute.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(tell: Callable[[], None]) -> None:
        if not done.cancelled():
            tell()

    def carry_out() -> None:
        try:
            tell = partial(done.set_result, work())
        except Exception as error:
            tell = partial(done.set_exception, error)
        # A loop that is closed already has nobody who asks.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, tell)

    threading.Thread(target=carry_out, daemon=True).start()
    return await done
