"""A browser, and sites to open in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from harness.dashboard.site import write_site
from harness.gate.policy import read_policy
from harness.subjects.registry import names
from tests.browser.driver import BrowserMissingError, started
from tests.browser.pages import Opened
from tests.dashboard.big import big_records
from tests.dashboard.sites import bench, find, ledger_with, night, view_at
from tests.gate.ledgers import satisfying


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """The browser; where none can be had, the tests that need it are reported as missing, with the reason."""
    try:
        found = started(tmp_path_factory.mktemp("profile"))
    except BrowserMissingError as error:
        pytest.skip(f"MISSING: {error}")
    yield found
    found.quit()


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of some of everything."""
    folder, subject = tmp_path_factory.mktemp("small"), names()[0]
    benches = [bench(f"a{place:02d}", subject, 40.0 - place, 2.0 if place < 15 else 5.0) for place in range(30)]
    text = "a-very-long-value-without-a-blank-" * 9
    finds = [find("swift", reference=text, path=f"$.{text}"), find("slow", "<b>bold</b>")]
    bad = night("bad", subject, 3.0, verdict="DIVERGENCE", exit_code=1, details={"finds": finds})
    records = [
        *satisfying(read_policy()),
        *benches,
        bad,
        *(night(f"n{place:03d}", subject, place + 4.0) for place in range(250)),
    ]
    write_site(view_at(ledger_with(f"sqlite:///{folder / 'ledger.sqlite'}", records)), folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of an empty ledger."""
    folder = tmp_path_factory.mktemp("empty")
    write_site(view_at(ledger_with(f"sqlite:///{folder / 'ledger.sqlite'}", [])), folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def big_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two years."""
    folder = tmp_path_factory.mktemp("big")
    write_site(view_at(ledger_with(f"sqlite:///{folder / 'ledger.sqlite'}", big_records())), folder / "site")
    return folder / "site"


@pytest.fixture
def opened(browser: webdriver.Chrome) -> Opened:
    """The browser, set up anew for each test."""
    return Opened(browser)
