"""`parity serve` against readers that want too much or take nothing, damaged ledgers, and a *PARITY* too early."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import create_engine

from harness.serve.app import LISTENERS_MAX
from harness.serve.metrics import exposition
from harness.serve.pages import Pages
from harness.serve.status import Watcher
from harness.store.chain import Head
from harness.store.ledger import DONE, Ledger, LedgerError
from harness.subjects.registry import names, subject_called
from tests.serve.servers import TOKEN, Served, batch, find, plan_of, run_in, serving, wait_for

SUBJECT = names()[0]
READERS = 100
# An end that takes longer waited for somebody.
END_SEC = 8.0


def asking(stack: ExitStack, served: Served, request: str, *, times: int = 1) -> socket.socket:
    """A connection that asked and reads nothing."""
    wire = stack.enter_context(socket.socket())
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(20.0)
    wire.connect(("127.0.0.1", served.port))
    wire.sendall(f"{request} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * times)
    return wire


def test_listeners_that_come_at_once_are_counted_before_they_are_let_in(own: Served) -> None:
    with ExitStack() as stack:
        wires = [asking(stack, own, "GET /events") for _ in range(3 * LISTENERS_MAX)]
        answers = [wire.recv(12) for wire in wires]
    assert answers.count(b"HTTP/1.1 200") == LISTENERS_MAX
    assert answers.count(b"HTTP/1.1 503") == 2 * LISTENERS_MAX


def test_readers_that_take_nothing_cost_little_and_hold_up_no_end(own: Served) -> None:
    own.get("/index.html")
    process = psutil.Process(own.process.pid)
    before = process.memory_info().rss
    with ExitStack() as stack:
        for _ in range(READERS):
            asking(stack, own, "GET /plotly.min.js", times=3)
        assert own.get("/status.json")[0] == 200
        time.sleep(1.0)
        assert process.memory_info().rss - before < 64 * 2**20
        began = time.monotonic()
        assert own.stop() == 0
        assert time.monotonic() - began < END_SEC
    assert own.said == []


def test_a_locked_ledger_holds_up_no_end(own: Served, url: str) -> None:
    own.get("/index.html")
    time.sleep(1.2)
    lock = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    # Without a write-ahead log readers wait for the writer.
    assert wait_for(lambda: lock.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",))
    lock.execute("BEGIN EXCLUSIVE")
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(own.get("/status.json"))
        except OSError as error:
            answers.append(error)

    reader = threading.Thread(target=ask)
    reader.start()
    time.sleep(1.5)
    assert answers == []
    began = time.monotonic()
    assert own.stop() == 0
    assert time.monotonic() - began < END_SEC
    reader.join()
    lock.close()
    assert own.said == []


def test_a_cookie_of_another_server_locks_nobody_out(url: str) -> None:
    with serving(url, environment={"PARITY_TOKEN": TOKEN}) as served:
        for other in ('x={"a": 1}', "a b=c d", "=", "x;;", '"'):
            assert served.get("/status.json", Cookie=f"{other}; parity_token={TOKEN}")[0] == 200, other


def test_a_ledger_that_is_gone_is_said_to_every_reader_of_a_page(own: Served, url: str) -> None:
    assert own.get("/index.html")[0] == 200
    time.sleep(1.5)
    for each in Path(url.removeprefix("sqlite:///")).parent.glob("ledger.sqlite*"):
        each.unlink()
    wait_for(lambda: own.get("/index.html")[0] == 503)
    assert [own.get("/index.html")[0] for _ in range(5)] == [503] * 5


def test_pages_that_could_not_be_made_are_not_taken_for_made(monkeypatch: pytest.MonkeyPatch) -> None:
    end, made = [Head(1, "a")], [b"one"]

    def site(*_: object) -> Iterator[tuple[str, bytes]]:
        if not made:
            raise LedgerError("gone")
        yield "index.html", made[0]

    monkeypatch.setattr("harness.serve.pages.site_of", site)
    monkeypatch.setattr("harness.serve.pages.LOOK_SEC", 0.0)
    monkeypatch.setattr("harness.serve.pages.PAUSE_PER_SECOND", 0.0)

    def look() -> tuple[Any, Head]:
        return None, end[0]

    pages = Pages(look, lambda: end[0])
    assert pages.get("index.html") == b"one"
    end[0] = Head(2, "b")
    made.clear()
    for _ in range(3):
        with pytest.raises(LedgerError):
            pages.get("index.html")
    made.append(b"two")
    assert pages.get("index.html") == b"two"


DAMAGED: dict[str, tuple[dict[str, Any], str]] = {
    "a batch of no case": ({"batch_size": 0}, ""),
    "cases without end": ({"sequences": 10**400}, ""),
    "a waiver of another version": ({"waivers": [{"x": 1}]}, ""),
    "counts that are no JSON": ({}, "UPDATE batches SET counts = '{{'"),
    "counts that are a number": ({}, "UPDATE batches SET counts = '5'"),
    "a beginning that is a word": ({}, "UPDATE runs SET started_at = 'then'"),
    "a beginning without end": ({}, "UPDATE runs SET started_at = 9e999"),
    "a batch at a word": ({}, "UPDATE batches SET recorded_at = 'then'"),
    "a batch without end": ({}, "UPDATE batches SET recorded_at = 9e999"),
    "cases that are a word": ({}, "UPDATE batches SET cases = 'many'"),
    "a divergence that is a list": ({}, "UPDATE finds SET divergence = '[1]'"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_run_that_was_damaged_hides_no_other(what: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    planned, change = DAMAGED[what]
    run_in(url, SUBJECT, batch(0, find()), batch(1), plan={**plan_of(SUBJECT), **planned})
    if change:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(change)
        engine.dispose()
    run_in(url, SUBJECT, batch(0))
    status = Watcher(url).status(time.time())
    assert len(status["runs"]) == 2
    assert 100 in [run["cases"] for run in status["runs"]]
    json.dumps(status, allow_nan=False)
    assert b"parity_run_cases" in exposition(status)


def test_a_plan_that_is_no_json_is_said_of_its_run(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET plan = '{{'")
    engine.dispose()
    runs = Watcher(url).status(time.time())["runs"]
    assert {each["state"] for each in runs} == {"unreadable"}


def test_a_run_whose_coverage_is_still_to_be_measured_is_not_at_parity(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = subject_called(SUBJECT)
    monkeypatch.setattr("harness.fuzz.verdict.never_met", lambda *_: [])
    run = run_in(ledger_url, SUBJECT, *(batch(number) for number in range(10)), plan={**plan_of(SUBJECT), "coverage": 1000})
    ledger, watcher = Ledger(ledger_url), Watcher(ledger_url)
    ledger.end(run, state=DONE)

    def said() -> tuple[str, int]:
        [shown] = watcher.status(time.time())["runs"]
        return shown["word"], shown["exit_code"]

    assert said() == ("NOT MEASURED", 3)
    assert about.coverage is not None
    for port in about.coverage.ports_of(()):
        for unit in about.coverage.units[port]:
            ledger.record_coverage(run, f"{port} {unit}", covered=1, total=2, missing=[])
    # Half of the reference was not reached.
    assert said() == ("NOT MET", 1)
    ledger.close()
