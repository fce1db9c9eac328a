"""The live page in a browser, with a run that goes on, one that ends, and a server that goes away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store.ledger import DONE, Ledger
from harness.subjects.registry import names, subject_called
from tests.browser.pages import NARROW, WIDE, Opened
from tests.dashboard.sites import PAGES
from tests.serve.servers import ROOT, TOKEN, Served, batch, find, run_in, serving
from tests.shadow.priority import hurried
from tests.shadow.watched import drained, drive, watching

SUBJECT = names()[0]
SHADOWED = [name for name in names() if subject_called(name).shadowed() is not None]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a ledger without a run."""
    address = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    Ledger(address).close()
    return address


@pytest.fixture
def served(url: str) -> Iterator[Served]:
    """A server of that ledger."""
    with serving(url) as found:
        yield found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_run_is_followed_to_its_end(width: int, dark: bool, opened: Opened, served: Served, url: str) -> None:
    opened.look(width=width, dark=dark)
    opened.visit(f"{served.address}live.html")
    opened.wait(lambda: "No run yet." in opened.text("#none"))
    run = run_in(url, SUBJECT, batch(0))
    opened.wait(lambda: "100 of 1,000" in opened.text("#runs"))
    assert opened.text("#runs .badge") == "running"
    ledger = Ledger(url)
    evil = "$.<img src=x onerror=document.title='broken'>" + "a-long-name-without-a-blank-" * 12
    ledger.record(run, batch(1, find(evil)))
    opened.wait(lambda: opened.text("#runs .badge") == "DIVERGENCE")
    assert evil in opened.text("#runs table")
    assert opened.ask("return document.documentElement.scrollWidth") <= width
    for number in range(2, 10):
        ledger.record(run, batch(number))
    ledger.end(run, state=DONE)
    ledger.close()
    opened.wait(lambda: "1,000 of 1,000" in opened.text("#runs"))
    opened.wait(lambda: opened.text("#sentence") == "Nothing is running.")
    assert opened.ask("return document.title") == "live – doge-parity"
    assert opened.complaints() == []


def test_a_real_fuzz_shows_while_it_runs(opened: Opened, served: Served, url: str, tmp_path: Path) -> None:
    opened.visit(f"{served.address}live.html")
    words = [sys.executable, "-m", "harness", "fuzz", "--subject", SUBJECT, "--sequences", "300", "--batch-size", "20"]
    options = ["--ledger", url, "--reports", str(tmp_path), "--workers", "1"]
    with subprocess.Popen([*words, *options], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as fuzz:
        opened.wait(lambda: opened.all("#runs progress"), sec=90.0)
        share = "return document.querySelector('#runs progress').value"
        opened.wait(lambda: opened.ask(share) > 0.0, sec=90.0)
        opened.wait(lambda: opened.ask(share) == 1, sec=180.0)
    assert fuzz.returncode in (0, 1)
    opened.wait(lambda: "running" not in opened.text("#runs .badge"))
    assert opened.complaints() == []


@pytest.mark.parametrize("page", PAGES)
def test_the_other_pages_are_served_without_an_error(page: str, opened: Opened, served: Served) -> None:
    opened.visit(served.address + page)
    assert next(link.text for link in opened.all("nav a")) == "live"
    assert opened.one("h1").is_displayed()
    assert opened.complaints() == []


def test_a_server_that_goes_away_and_comes_back_is_noticed(opened: Opened, url: str) -> None:
    run_in(url, SUBJECT, batch(0))
    with serving(url) as first:
        opened.visit(f"{first.address}live.html")
        opened.wait(lambda: opened.text("#link") == "live")
        port = str(first.port)
        first.stop()
    opened.wait(lambda: opened.text("#link") == "connection lost, trying again")
    with serving(url, "--port", port):
        opened.wait(lambda: opened.text("#link") == "live", sec=60.0)


def test_a_ledger_that_is_gone_is_said_on_the_page(opened: Opened, served: Served, url: str) -> None:
    run_in(url, SUBJECT, batch(0))
    opened.visit(f"{served.address}live.html")
    opened.wait(lambda: opened.text("#link") == "live")
    for each in Path(url.removeprefix("sqlite:///")).parent.glob("ledger.sqlite*"):
        each.unlink()
    opened.wait(lambda: opened.text("#link") == "ledger cannot be read")
    assert "there is no ledger at" in opened.text("#sentence")


@hurried()
def test_a_shadow_shows_beside_the_runs(opened: Opened, url: str, tmp_path: Path, executable: Path) -> None:
    run_in(url, SUBJECT, batch(0))
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 40)
        drained(watched)
    with serving(url, "--shadow", str(tmp_path / "shadow")) as served:
        opened.look(width=NARROW)
        opened.visit(f"{served.address}live.html")
        opened.wait(lambda: "80 of 80 calls" in opened.text("#shadows"))
        # Of the other subjects there is no journal.
        assert opened.text("#shadows .badge").split() == ["CLEAN", *["EMPTY"] * (len(SHADOWED) - 1)]
        assert opened.ask("return document.documentElement.scrollWidth") <= NARROW
        assert opened.complaints() == []
    with serving(url, "--shadow", str(tmp_path / "nothing")) as served:
        opened.visit(f"{served.address}live.html")
        opened.wait(lambda: "is no folder" in opened.text("#shadows"))


def test_a_browser_opens_it_with_the_token_once(opened: Opened, url: str) -> None:
    run_in(url, SUBJECT, batch(0))
    with serving(url, environment={"PARITY_TOKEN": TOKEN}) as served:
        opened.visit(f"{served.address}?token={TOKEN}")
        opened.wait(lambda: opened.text("#link") == "live")
        assert TOKEN not in opened.ask("return location.href")
        assert opened.ask("return document.cookie") == ""
        opened.visit(f"{served.address}nights.html")
        assert opened.one("h1").is_displayed()
