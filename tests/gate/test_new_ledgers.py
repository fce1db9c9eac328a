"""A ledger that a command makes is told, once; and so is the way to the command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness import ROOT
from harness.gate.freeze import HistoryError
from tests.gate.test_certificate import parity

FREEZE = ("gate", "freeze")


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A history that says when."""
    monkeypatch.setattr("harness.cli.gate.frozen_since", lambda _files: (1.0, "0" * 40))


def test_a_new_ledger_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARITY_LEDGER", raising=False)
    told = f"made a new ledger at {tmp_path / 'reports' / 'ledger.sqlite'}\n"
    # Both subjects leave a record.
    assert parity(capsys, *FREEZE)[1].count(told) == 1
    assert parity(capsys, *FREEZE)[1].count("made a new ledger") == 0


def test_a_command_that_fails_tells_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot_tell(_files: object) -> object:
        raise HistoryError("freeze: nobody knows")

    monkeypatch.setattr("harness.cli.gate.frozen_since", cannot_tell)
    ledger = tmp_path / "l.sqlite"
    assert parity(capsys, *FREEZE, "--ledger", f"sqlite:///{ledger}") == (
        3,
        f"made a new ledger at {ledger}\n",
        "parity: freeze: nobody knows\n",
    )


def test_data_is_data_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "--sequences", "0", "--market-windows", "0", "--ports", "haskell", "--json"]
    _, out, err = parity(capsys, *words, "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert json.loads(out)
    assert err == ""


def test_no_ledger_is_made_without_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "l.sqlite"
    words = ["run", "--sequences", "0", "--market-windows", "0", "--ports", "haskell", "--no-evidence"]
    assert parity(capsys, *words, "--ledger", f"sqlite:///{ledger}")[2] == ""
    assert not ledger.exists()


def test_a_night_tells_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "l.sqlite"
    words = ["fuzz", "--sequences", "2", "--workers", "1", "--reports", str(tmp_path), "--ledger", f"sqlite:///{ledger}"]
    assert parity(capsys, *words)[1].count(f"made a new ledger at {ledger}\n") == 1


def test_the_gate_says_where_its_commands_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARITY_LEDGER", raising=False)
    monkeypatch.setattr("harness.cli.gate.shutil.which", lambda _name: None)
    assert "\nHere parity is .venv/bin/parity: . .venv/bin/activate puts it on the PATH.\n" in parity(capsys, "gate")[1]
    monkeypatch.setattr("harness.cli.gate.shutil.which", lambda name: f"/usr/bin/{name}")
    assert "activate" not in parity(capsys, "gate")[1]


@pytest.mark.parametrize(
    "page", ["README.md", "docs/README.md", "docs/gate.md", "docs/evidence.md", "docs/dashboard.md", "build.sh"]
)
def test_a_newcomer_reads_how_to_call_it(page: str) -> None:
    assert ". .venv/bin/activate" in (ROOT / page).read_text(encoding="utf-8")


def test_the_build_is_a_script_still() -> None:
    subprocess.run(["bash", "-n", str(ROOT / "build.sh")], check=True)
