"""A ledger that is only read has to be there: a mistyped address is a sentence, and nothing is made in its place."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from harness import ROOT
from harness.cli.main import COMMANDS, cli
from harness.evidence.statement import stamp
from tests.gate.ledgers import NOW, begun
from tests.gate.test_certificate import parity

READERS = {
    "dashboard": ["--out", "site"],
    "evidence export": ["--out", "out.jsonl"],
    "evidence list": [],
    "evidence show": ["a"],
    "gate": [],
    "gate certify": ["--out", "c.json"],
    "gate explain": ["2.night"],
    "gate verify": ["made.json"],
    "fuzz --resume": ["0123456789ab"],
    "serve": ["--port", "0"],
}
WRITERS = {
    "bench", "drill rollback", "drill rollout", "evidence import", "evidence micro", "evidence tests", "exhaust", "fuzz",
    "gate freeze", "gate sign-off", "golden coverage", "golden verify", "mutants", "run", "shadow report",
    "telemetry capture", "telemetry compare", "telemetry report",
}  # fmt: skip


def with_a_ledger() -> Iterator[str]:
    """The names of all commands that have `--ledger`."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        inner = dict(command.commands) if isinstance(command, click.Group) else {}
        for words, each in [(name, command), *((f"{name} {sub}", found) for sub, found in inner.items())]:
            if any(param.name == "url" for param in each.params):
                yield words


def test_every_command_with_a_ledger_reads_it_or_adds_to_it() -> None:
    assert set(with_a_ledger()) == {name for name in READERS if name != "fuzz --resume"} | WRITERS


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a certificate and no ledger. A server that is not refused ends at once."""
    monkeypatch.setattr("harness.serve.server.run", lambda *_: None)
    other = tmp_path / "other"
    other.mkdir()
    words = ["--at", stamp(NOW), "--out", str(tmp_path / "made.json"), "--ledger", begun(other)]
    parity(capsys, "gate", "certify", *words)
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "made.json").rename(folder / "made.json")
    monkeypatch.chdir(folder)
    return folder


def words_of(name: str) -> list[str]:
    return [*name.split(), *READERS[name]]


@pytest.mark.parametrize("way", ["--ledger", "PARITY_LEDGER"])
@pytest.mark.parametrize("name", READERS)
def test_a_ledger_that_is_not_there_is_refused_and_not_made(
    name: str, way: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "sqlite:///reprots/ledger.sqlite"
    if way == "PARITY_LEDGER":
        monkeypatch.setenv(way, url)
    code, out, err = parity(capsys, *words_of(name), *(["--ledger", url] if way == "--ledger" else []))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"parity: --ledger {url}: there is no ledger at {here}/reprots/ledger.sqlite; name the one ")
    assert sorted(path.name for path in here.iterdir()) == ["made.json"]


# What shows how to begin takes a default ledger that is not there for an empty one.
BEGINNERS = ("dashboard", "gate", "gate explain")


@pytest.mark.parametrize("name", [name for name in READERS if name not in ("serve", *BEGINNERS)])
def test_the_default_ledger_is_not_made_by_who_reads_it(
    name: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARITY_LEDGER")
    code, _, err = parity(capsys, *words_of(name))
    assert (code, err.count("\n")) == (2, 1)
    assert f"there is no ledger at {here}/reports/ledger.sqlite; " in err
    assert sorted(path.name for path in here.iterdir()) == ["made.json"]


@pytest.mark.parametrize("name", BEGINNERS)
def test_before_the_first_record_it_is_said_how_to_begin(
    name: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARITY_LEDGER")
    code, out, err = parity(capsys, *words_of(name))
    assert (code, err) == (0 if name == "dashboard" else 1, "")
    if name == "dashboard":
        out = re.sub("<[^>]*>", "", (here / "site" / "gate.html").read_text(encoding="utf-8"))
    assert "parity fuzz --subject reducer --sequences 100000" in out
    assert ("There is no ledger here yet: the first of these commands makes it." in out) is (name == "gate")
    assert not (here / "reports").exists()


def test_a_page_that_shows_something_is_not_replaced_by_one_of_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARITY_LEDGER")
    assert parity(capsys, "dashboard", "--out", "site")[0] == 0
    before = (here / "site" / "index.html").read_bytes()
    code, _, err = parity(capsys, "dashboard", "--out", "site")
    assert (code, err.count("\n")) == (2, 1)
    assert (here / "site" / "index.html").read_bytes() == before


def test_a_default_ledger_that_is_there_is_read(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARITY_LEDGER")
    (here / "reports").mkdir()
    begun(here / "reports")
    [file] = (here / "reports").glob("*.sqlite")
    file.rename(here / "reports" / "ledger.sqlite")
    _, out, _ = parity(capsys, "gate", "--at", stamp(NOW))
    assert "There is no ledger here yet" not in out


@pytest.mark.parametrize("name", READERS)
def test_a_database_without_a_ledger_stays_as_it_is(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "other.sqlite"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE cookies (name TEXT)")
    other.commit()
    other.close()
    before = file.read_bytes()
    code, _, err = parity(capsys, *words_of(name), "--ledger", "sqlite:///other.sqlite")
    assert (code, err.count("\n")) == (2, 1)
    assert "--ledger sqlite:///other.sqlite: is a database without a ledger in it; name the one you mean" in err
    assert file.read_bytes() == before


@pytest.mark.parametrize("ledger_url", ["postgres"], indirect=True)
def test_an_empty_database_of_a_server_says_so(ledger_url: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del here
    for _ in range(2):
        for name in READERS:
            code, _, err = parity(capsys, *words_of(name), "--ledger", ledger_url)
            assert (code, err.count("\n")) == (2, 1), name
            assert "is a database without a ledger in it; " in err, name


def test_the_live_page_may_be_opened_before_the_first_run_of_the_default_ledger(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PARITY_LEDGER"}
    served = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", "--port", "0"],
        cwd=tmp_path, env={**environment, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert served.stdout is not None
        assert served.stdout.readline().startswith("serving at ")
        assert (tmp_path / "reports" / "ledger.sqlite").exists()
    finally:
        served.terminate()
        served.communicate(timeout=60)
