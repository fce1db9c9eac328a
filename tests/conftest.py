"""What several folders of tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from doge_core.locate import HOW_TO_GET, find_executable
from tests import rust_reducer
from tests.fuzz.postgres import PostgresMissingError, running_server
from tests.processes import ending_with_their_test

TESTS = Path(__file__).parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In the background of a shell's script Ctrl-C is ignored, by all that is started there too; tests of it would never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What takes a minute or more begins first, so that no worker is left alone with it at the end.
LONGEST = (
    "quality/test_detector_planted.py",
    "quality/test_planted_bugs.py",
    "quality/test_contract_evolution.py",
    "unit/test_cli.py",
    "shadow/test_runbooks.py",
    "fuzz/test_coverage.py",
    "fuzz/test_finds.py",
    "faults/test_adapter_survives.py",
    "browser/test_live.py",
    "quality/test_mutants_compiled.py",
    "release/test_wheel.py",
    "fuzz/test_waived.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; xdist hands out files in this order (`--no-loadscope-reorder`)."""
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    assert all(file.is_file() for file in places), "one of the longest files has another name now"
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_xdist_auto_num_workers() -> int:
    """Three workers for two CPUs: tests wait for processes, clocks and browsers for nearly half of their time."""
    return max(2, 3 * (os.cpu_count() or 1) // 2)


@pytest.fixture(scope="session")
def executable() -> Path:
    """The Haskell executable. A suite without it has not tested the port, so it fails rather than skips."""
    found = find_executable()
    if found is None:
        pytest.fail(f"port haskell is missing: {HOW_TO_GET}")
    return found


@pytest.fixture(scope="session")
def rust_executable() -> Path:
    """The Rust reducer, built; it is optional, so without cargo the tests that need it are reported as missing."""
    try:
        return rust_reducer.built()
    except rust_reducer.RustMissingError as error:
        pytest.skip(f"MISSING: {error}")


@pytest.fixture(autouse=True)
def processes_end_with_their_test() -> Iterator[None]:
    """A test that fails must not leave a process to those after it."""
    with ending_with_their_test():
        yield


@pytest.fixture(scope="session", autouse=True)
def evidence_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A ledger for the evidence that commands of tests leave, so that nobody takes it for evidence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARITY_LEDGER", f"sqlite:///{tmp_path_factory.mktemp('evidence') / 'ledger.sqlite'}")
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server; where none can be had, the tests that need it are reported as missing, with the reason."""
    try:
        with running_server() as server:
            yield server.url
    except PostgresMissingError as error:
        pytest.skip(f"MISSING: {error}")


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger, in either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    server: str = request.getfixturevalue("postgres")
    name = f"ledger_{abs(hash(tmp_path)):x}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged, as text that can be sent from one process to another: some log what no encoding has."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
