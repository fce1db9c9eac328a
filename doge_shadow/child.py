"""The process of a candidate: `python -m doge_shadow.child FD PARENT MEMORY_BYTES MODULE`.

MODULE has a function `begin()`, which imports the candidate and returns the function that answers requests. Before that, the
process has given up its priority, has its limit of memory, and is sure to end with its parent.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec

from doge_shadow.link import Link
from doge_shadow.taming import tame
from doge_shadow.tied import end_with


def serve(link: Link, answer: Callable[[Any], dict[str, Any]]) -> None:
    """Answer requests until nobody asks any more."""
    while True:
        try:
            message = link.receive()
        except (EOFError, OSError):
            return
        link.send(_answered(message, answer))


def _answered(message: bytes, answer: Callable[[Any], dict[str, Any]]) -> bytes:
    try:
        request = pickle.loads(message)
    except Exception as error:
        return _encoded({"unreadable": repr(error)})
    try:
        return _encoded(answer(request))
    except MemoryError:
        # The limit is reached: an answer from here on would be worth nothing.
        os._exit(1)
    except Exception as error:
        return _encoded({"garbage": repr(error)})


def _encoded(reply: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(reply)


def main(words: list[str]) -> None:
    """Serve a module's candidate on a socket that this process inherited."""
    fd, parent, memory_bytes = (int(word) for word in words[:3])
    # Elsewhere than on Linux a closed socket has to do.
    end_with(parent)
    tame(os.getpid(), memory_bytes)
    link = Link(socket.socket(fileno=fd))
    try:
        answer = import_module(words[3]).begin()
    except Exception as error:
        link.send(_encoded({"missing": str(error) or type(error).__name__}))
        return
    link.send(_encoded({"ready": True}))
    serve(link, answer)


if __name__ == "__main__":
    main(sys.argv[1:])
    # Not by way of the interpreter's end, which a candidate's threads could hold up.
    os._exit(0)
