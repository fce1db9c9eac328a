"""`parity serve` as its readers meet it, and as those do whom it must turn away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.serve.app import LISTENERS_MAX
from harness.store.ledger import Ledger
from harness.subjects.registry import names
from tests.dashboard.sites import PAGES
from tests.gate.ledgers import begun
from tests.serve.servers import ROOT, TOKEN, Served, batch, find, run_in, serving, wait_for

SUBJECT = names()[0]
IDLE = 1000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of a ledger with a run, for tests that leave both as they are."""
    address = f"sqlite:///{tmp_path_factory.mktemp('served') / 'ledger.sqlite'}"
    run_in(address, SUBJECT, batch(0))
    with serving(address) as found:
        yield found


def test_every_page_is_there_with_the_live_one_in_front(served: Served) -> None:
    code, _, answer = served.get("/")
    assert (code, answer.headers["location"]) == (307, "live.html")
    for page in ("live.html", *PAGES):
        code, text, answer = served.get(f"/{page}")
        assert code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert text.index('href="live.html"') < text.index('href="index.html"')
    for name in ("site.css", "live.js", "plotly.min.js", "data/records.js"):
        assert served.get(f"/{name}")[0] == 200
    assert served.get("/healthz")[:2] == (200, "ok\n")
    assert served.get("/metrics")[0] == 200


@pytest.mark.parametrize(
    "path", ["/nope", "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/data/", "//etc/passwd", "/live.html/x"]
)
def test_nothing_else_can_be_read(served: Served, path: str) -> None:
    code, text, _ = served.get(path)
    assert code == 404
    assert text == "404: there is no such page\n"


def test_news_come_as_batches_are_recorded(own: Served, url: str) -> None:
    [run] = [each["id"] for each in own.status()["runs"]]
    news = own.events()
    assert next(news)["runs"][0]["cases"] == 100
    ledger = Ledger(url)
    ledger.record(run, batch(1, find()))
    ledger.close()
    told = next(each for each in news if each["runs"][0]["cases"] == 200)
    assert told["runs"][0]["finds"][0]["fingerprint"] == "f00d"
    news.close()


def test_pages_are_made_anew_when_evidence_is_added(own: Served, url: str) -> None:
    assert "From 0 records" in own.get("/index.html")[1]
    words = [sys.executable, "-m", "harness", "gate", "freeze", "--subject", SUBJECT, "--ledger", url]
    subprocess.run(words, cwd=ROOT, check=False, capture_output=True)
    wait_for(lambda: "From 1 record " in own.get("/index.html")[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM] * 3)
def test_whoever_is_told_its_address_may_end_it_at_once(number: int, url: str) -> None:
    with serving(url) as found:
        assert found.stop(number) == 0
        assert "Traceback" not in "".join(found.said)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_whoever_listens(own: Served, number: int) -> None:
    news = own.events()
    next(news)
    began = time.monotonic()
    assert own.stop(number) == 0
    assert time.monotonic() - began < 6.0
    assert own.process.stdout is not None
    assert own.process.stdout.read() == "stopped\n"
    assert own.said == []


def test_another_name_for_this_machine_reads_nothing(served: Served) -> None:
    for host in ("rebound.example", "rebound.example:80", "", "127.0.0.1.rebound.example", "[::2]"):
        code, text, _ = served.get("/status.json", Host=host)
        assert (code, text.startswith("421: ")) == (421, True), host
    for host in ("localhost", f"127.0.0.1:{served.port}", "[::1]:80"):
        assert served.get("/status.json", Host=host)[0] == 200, host


def test_a_token_is_asked_for_where_one_is_set(url: str) -> None:
    with serving(url, environment={"PARITY_TOKEN": TOKEN}) as served:
        for path in ("/", "/live.html", "/status.json", "/metrics", "/events", f"/status.json?token={TOKEN}x", "/nope"):
            code, text, answer = served.get(path)
            assert (code, text[:4], answer.headers["www-authenticate"]) == (401, "401:", "Bearer"), path
        assert served.get("/status.json", Authorization="Bearer wrong")[0] == 401
        assert served.get("/status.json", Cookie="parity_token=wrong")[0] == 401
        assert served.get("/status.json", Cookie="\x01;=;parity_token")[0] == 401
        assert served.get("/healthz")[0] == 200
        assert served.get("/status.json", Authorization=f"Bearer {TOKEN}")[0] == 200
        code, _, answer = served.get(f"/nights.html?token={TOKEN}&kind=fuzz")
        assert (code, answer.headers["location"]) == (303, "/nights.html?kind=fuzz")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert served.get("/nights.html", Cookie=cookie.partition(";")[0])[0] == 200
        # No other site may be led to.
        assert served.get(f"//elsewhere.example/?token={TOKEN}")[2].headers["location"] == "/elsewhere.example/"


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        (
            ["--host", "0.0.0.0"],
            {},
            "--host 0.0.0.0: others could read all of the ledger; set PARITY_TOKEN, or stay on 127.0.0.1",
        ),
        ([], {"PARITY_TOKEN": "short"}, "PARITY_TOKEN: must have 16 characters or more, all of them printable ASCII"),
        (["--host", "192.0.2.1"], {"PARITY_TOKEN": TOKEN}, "cannot be listened at"),
        (["--host", "no such host"], {"PARITY_TOKEN": TOKEN}, "is no address of this machine"),
        (["--ledger", "nonsense"], {}, "--ledger nonsense: is not the address of a database"),
        (["--policy", "no_such.toml"], {}, "no_such.toml"),
    ],
)
def test_what_cannot_be_served_is_a_sentence(
    options: list[str], environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    words = [
        sys.executable,
        "-m",
        "harness",
        "serve",
        "--port",
        "0",
        "--ledger",
        begun(tmp_path),
        *options,
    ]
    ended = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_a_sentence(own: Served, url: str) -> None:
    words = [sys.executable, "-m", "harness", "serve", "--port", str(own.port), "--ledger", url]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    said = f"--host 127.0.0.1 --port {own.port}: cannot be listened at (Address already in use); name another"
    assert ended.stderr == f"parity: {said}\n"


def test_a_ledger_that_is_gone_is_said_and_not_made_anew(own: Served, url: str) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    for each in path.parent.glob("ledger.sqlite*"):
        each.unlink()
    time.sleep(1.5)
    code, text, _ = own.get("/status.json")
    assert code == 503
    assert "there is no ledger at" in json.loads(text)["error"]
    assert "parity_ledger_readable 0.0" in own.get("/metrics")[1]
    assert not path.exists()
    run_in(url, SUBJECT, batch(0), batch(1))
    assert wait_for(lambda: [run["cases"] for run in own.status()["runs"]]) == [200]


def test_bad_requests_harm_nobody(served: Served) -> None:
    for data in (
        b"\x00" * 4096, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"A" * 1_000_000,
        b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    ):  # fmt: skip
        try:
            answered = served.raw(data)
        except ConnectionError:
            answered = b""
        assert answered[9:12] in (b"", b"400", b"404", b"405", b"421", b"431"), data[:40]
    assert served.status()["runs"][0]["cases"] == 100
    assert not any("Traceback" in line for line in served.said)


def test_a_thousand_idle_connections_harm_nobody(served: Served) -> None:
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=10.0))
        assert served.status()["runs"][0]["cases"] == 100
    assert served.said == []


def test_too_many_listeners_are_sent_away_and_places_are_free_again(served: Served) -> None:
    with ExitStack() as stack:
        for _ in range(LISTENERS_MAX):
            news = served.events()
            stack.callback(news.close)
            next(news)
        code, text, _ = served.get("/events")
        assert (code, text[:4]) == (503, "503:")
        assert served.get("/status.json")[0] == 200

    def one_more() -> bool:
        try:
            news = served.events()
            next(news)
            news.close()
        except AssertionError:
            return False
        return True

    assert wait_for(one_more)


def test_readers_at_once_get_the_same_page(served: Served) -> None:
    pages: list[str] = []
    readers = [threading.Thread(target=lambda: pages.append(served.get("/gate.html")[1])) for _ in range(20)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    assert len(pages) == 20
    assert len(set(pages)) == 1
