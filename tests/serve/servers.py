"""Servers of their own for tests, and runs that are made up."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from harness.store.ledger import Ledger
from harness.store.records import BatchResult, Find

ROOT = Path(__file__).parents[2]
START_SEC, END_SEC = 60.0, 20.0
TOKEN = "a-token-for-tests-only"


@dataclass
class Served:
    """A running `parity serve`."""

    process: subprocess.Popen[str]
    address: str
    said: list[str]

    @property
    def port(self) -> int:
        """The port that it took."""
        return int(self.address.rstrip("/").rpartition(":")[2])

    def connection(self) -> HTTPConnection:
        """A connection of its own."""
        return HTTPConnection("127.0.0.1", self.port, timeout=30.0)

    def get(self, path: str, **headers: str) -> tuple[int, str, HTTPResponse]:
        """Status, text and answer of a request."""
        asking = self.connection()
        try:
            asking.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = asking.getresponse()
            return answer.status, answer.read().decode(), answer
        finally:
            asking.close()

    def status(self) -> dict[str, Any]:
        """The status as plain data."""
        found: dict[str, Any] = json.loads(self.get("/status.json")[1])
        return found

    def raw(self, data: bytes) -> bytes:
        """What is answered to bytes that need not be a request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10.0) as wire:
            # It may have hung up before all of it was sent.
            with suppress(OSError):
                wire.sendall(data)
                wire.shutdown(socket.SHUT_WR)
            received = b""
            while part := wire.recv(65536):
                received += part
            return received

    def events(self) -> Iterator[dict[str, Any]]:
        """The data of server-sent events as they come."""
        asking = self.connection()
        asking.request("GET", "/events")
        answer = asking.getresponse()
        try:
            assert answer.status == 200, answer.read()
            for line in answer:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
        finally:
            answer.close()
            asking.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(END_SEC)


@contextmanager
def serving(url: str, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A server of a ledger, on a port that is free."""
    words = [sys.executable, "-m", "harness", "serve", "--port", "0", "--ledger", url, *options]
    process = subprocess.Popen(
        words, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    errors = process.stderr
    # What it complains about must not fill the pipe, and is looked at by tests.
    reader = threading.Thread(target=lambda: said.extend(errors), daemon=True)
    reader.start()
    try:
        line = process.stdout.readline()
        assert line.startswith("serving at http"), (line, said)
        yield Served(process, line.split()[2].rstrip(";"), said)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(END_SEC)
        reader.join(END_SEC)
        process.stdout.close()
        process.stderr.close()


def wait_for(what: Any, sec: float = START_SEC) -> Any:
    """The first true result of a function."""
    give_up = time.monotonic() + sec
    while not (found := what()):
        assert time.monotonic() < give_up, "it did not come in time"
        time.sleep(0.1)
    return found


def plan_of(subject: str, sequences: int = 1000) -> dict[str, Any]:
    """The plan of a run."""
    return {"subject": subject, "seed": 5, "sequences": sequences, "batch_size": 100, "timeout_sec": 1.0}


def batch(number: int, *finds: Find, cases: int = 100, **changed: Any) -> BatchResult:
    """The result of a batch."""
    known: dict[str, Any] = {"waived": 0, "counts": {}, "case_hash": "c", "verdict_hash": "v", "seconds": 1.0, "rss_bytes": 1}
    divergent = sum(find.count for find in finds)
    made = {**known, "number": number, "cases": cases, "steps": 10 * cases, "divergent": divergent, "finds": finds, **changed}
    return BatchResult(**made)


def find(path: str = "$.price", fingerprint: str = "f00d") -> Find:
    """A find."""
    return Find("swift", fingerprint, 2, 17, {"path": path, "kind": "value", "reference": 1, "candidate": 2})


def run_in(url: str, subject: str, *batches: BatchResult, plan: Mapping[str, Any] | None = None) -> str:
    """A run that is going on, with batches; its id."""
    ledger = Ledger(url)
    try:
        run = ledger.start(subject=subject, plan=plan or plan_of(subject), builds={})
        for each in batches:
            assert ledger.record(run.id, each)
        return run.id
    finally:
        ledger.close()
