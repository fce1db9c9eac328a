"""The reference behind the wire of `docs/wire.md`: one request object in, one answer object out.

The harness reaches the reference through this module, and versions with injected bugs are served by it. For a port to another
language it is the shortest implementation of the protocol. `python -m reducer.wire [--server]` serves it over pipes.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from reducer.bootstrap import bootstrap_orders
from reducer.contract import described
from reducer.digest import cycles_digest, state_digest
from reducer.domain import check_bool, check_number, check_text, wrong_type
from reducer.invariants import check_invariants, derive_phase
from reducer.pricing import compute_order_volume
from reducer.requests import (
    EventError,
    Json,
    RequestError,
    error_object,
    read_config,
    read_event,
    read_float,
    read_list,
    read_request_state,
    read_settings,
    required,
    tagged,
)
from reducer.snapshot import encode
from reducer.transition import transition
from reducer.wire_session import Sessions
from reducer.wire_text import LINE_BYTES_MAX, read_line

STANDARD_OUTPUT = 1
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
# The exit codes of a request that was answered with an error, and of a pipe that failed.
EXIT_REFUSED, EXIT_PIPE_FAILED = 2, 1


def handle(request: object, methods: Mapping[str, Callable[[Mapping[str, Any]], Json]] | None = None) -> Json:
    """Answer one request; an error becomes an error object."""
    methods = METHODS if methods is None else methods
    try:
        if not isinstance(request, Mapping):
            raise RequestError(str(wrong_type("request", "an object", request)))
        name = request.get("method")
        try:
            method = None if name is None else methods.get(check_text(name, "method"))
        except ValueError as error:
            raise RequestError(str(error)) from error
        if method is None:
            raise RequestError(f"request: unknown method {json.dumps(name and name[:40])}; known: {', '.join(methods)}")
        return method(request)
    except (ValueError, TypeError, OverflowError, RequestError, EventError) as error:
        return error_object(error)


def answer_transition(request: Mapping[str, Any]) -> Json:
    """Answer `transition`: one event."""
    state = read_request_state(request)
    event = read_event(required(request, "event"))
    after, actions = transition(state, event, *read_settings(request))
    return {"state": encode(after), "actions": [tagged(action) for action in actions]}


def answer_replay(request: Mapping[str, Any]) -> Json:
    """Answer `replay`: many events, of which one that fails leaves the state unchanged."""
    state = read_request_state(request)
    events = read_list(required(request, "events"), "events")
    settings = read_settings(request)
    steps = []
    booked = cycles_digest(state.completed_cycles)
    for data in events:
        step: Json
        try:
            after, actions = transition(state, read_event(data), *settings)
            booked = cycles_digest(after.completed_cycles[len(state.completed_cycles) :], booked)
            state = after
            step = {"actions": [tagged(action) for action in actions]}
        except (ValueError, TypeError, OverflowError) as error:
            step = error_object(error)
        step["phase"] = derive_phase(state)
        step["violations"] = check_invariants(state)
        step["digest"] = state_digest(state, booked)
        steps.append(step)
    return {"steps": steps, "state": encode(state)}


def answer_bootstrap(request: Mapping[str, Any]) -> Json:
    """Answer `bootstrap_orders`: the first two entries."""
    state = read_request_state(request)
    cfg = read_config(required(request, "config"))
    size_usd = check_number(read_float(required(request, "order_size_usd")), "order_size_usd")
    allowed = [check_bool(request.get(name, True), name) for name in ("allow_long_only", "allow_short_only")]
    after, actions, orders = bootstrap_orders(state, cfg, size_usd, *allowed)
    return {
        "state": encode(after),
        "actions": [tagged(action) for action in actions],
        "orders": [encode(order) for order in orders],
    }


def answer_volume(request: Mapping[str, Any]) -> Json:
    """Answer `compute_order_volume`: the volume of an order."""
    price = check_number(read_float(required(request, "price")), "price")
    cfg = read_config(required(request, "config"))
    size_usd = check_number(read_float(required(request, "order_size_usd")), "order_size_usd")
    return {"volume": compute_order_volume(price, cfg, size_usd)}


def answer_describe(_: Mapping[str, Any]) -> Json:
    """Answer `describe`: the subject, the port, its version and its contract."""
    return {"subject": "reducer", "port": "python", "version": "0.1.0", **described()}


METHODS: dict[str, Callable[[Mapping[str, Any]], Json]] = {
    "transition": answer_transition,
    "check_invariants": lambda request: {"violations": check_invariants(read_request_state(request))},
    "derive_phase": lambda request: {"phase": derive_phase(read_request_state(request))},
    "compute_order_volume": answer_volume,
    "bootstrap_orders": answer_bootstrap,
    "describe": answer_describe,
    "replay": answer_replay,
}


def with_sessions() -> dict[str, Callable[[Mapping[str, Any]], Json]]:
    """Return the methods of a server, which keeps sessions."""
    sessions = Sessions()
    return {**METHODS, "step": sessions.step, "check_invariants": sessions.check_invariants}


def to_line(answer: Json) -> bytes:
    """Encode an answer as one line of JSON, without spaces; infinities become text."""
    try:
        text = _ENCODER.encode(answer)
    except ValueError:
        text = _ENCODER.encode(_spell_out(answer))
    return text.encode() + b"\n"


def _spell_out(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spell_out(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spell_out(item) for item in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def handle_line(line: bytes, methods: Mapping[str, Callable[[Mapping[str, Any]], Json]] | None = None) -> bytes:
    """Answer one line of JSON with another one."""
    try:
        request = read_line(line)
    except RequestError as error:
        return to_line(error_object(error))
    return to_line(handle(request, methods))


def main(arguments: list[str]) -> int:
    """Answer standard input: one line, or every line with `--server`. Return the exit code.

    Ctrl-C ends the process at once, also in the middle of an answer; a pipe that fails ends it with a sentence.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        if arguments == ["--server"]:
            methods = with_sessions()
            while line := _read_line():
                _write(handle_line(line, methods))
            return 0
        answer = handle_line(_read_line())
        _write(answer)
    except PipeError as error:
        print(error, file=sys.stderr)
        return EXIT_PIPE_FAILED
    refusal = json.loads(answer).get("error")
    if refusal:
        print(refusal, file=sys.stderr)
    return EXIT_REFUSED if refusal else 0


class PipeError(Exception):
    """Standard input cannot be read, or standard output cannot be written; the message says which and why."""


def _read_line() -> bytes:
    try:
        if sys.stdin is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        line = part = sys.stdin.buffer.readline(LINE_BYTES_MAX + 1)
        while len(part) > LINE_BYTES_MAX and not part.endswith(b"\n"):
            # The rest is passed over without being held: the line is too long already.
            part = sys.stdin.buffer.readline(LINE_BYTES_MAX + 1)
        return line
    except OSError as error:
        raise PipeError(f"standard input cannot be read ({error.strerror})") from error


def _write(answer: bytes) -> None:
    """Write an answer without a buffer, of which a failed pipe would leave something to be written at the end."""
    rest = memoryview(answer)
    try:
        while rest:
            rest = rest[os.write(STANDARD_OUTPUT, rest) :]
    except OSError as error:
        raise PipeError(f"standard output cannot be written ({error.strerror})") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
