"""No command writes over what it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.gate.policy import DEFAULT_FILE
from tests.gate.keys import key_pair
from tests.gate.ledgers import begun
from tests.gate.test_certificate import parity


@pytest.mark.parametrize("out", ["l.sqlite", "l.sqlite-wal", "key.pem", "job.pem", "policy.toml"])
def test_a_certificate_never_replaces_what_it_is_made_of(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begun(tmp_path)
    key_pair(tmp_path)
    key_pair(tmp_path, "job")
    monkeypatch.setenv("PARITY_SIGNING_KEY", str(tmp_path / "job.pem"))
    policy = tmp_path / "policy.toml"
    policy.write_bytes(DEFAULT_FILE.read_bytes())
    (tmp_path / "l.sqlite-wal").touch()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    words = ["--key", str(tmp_path / "key.pem"), "--policy", str(policy), "--ledger", url]
    code, said, err = parity(capsys, "gate", "certify", "--out", str(tmp_path / out), *words)
    assert (code, said, err.count("\n")) == (2, "", 1)
    assert f"--out {tmp_path / out}: is the {out} that this command reads" in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_its_page_does_not_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, policy = begun(tmp_path), tmp_path / "c.md"
    policy.write_bytes(DEFAULT_FILE.read_bytes())
    words = ["gate", "certify", "--out", str(tmp_path / "c.json"), "--policy", str(policy), "--ledger", url]
    assert parity(capsys, *words)[0] == 2
    assert policy.read_bytes() == DEFAULT_FILE.read_bytes()
    assert not (tmp_path / "c.json").exists()


def test_an_earlier_certificate_stays_where_a_new_one_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    url, out = begun(tmp_path), tmp_path / "c.json"
    out.write_text("earlier", encoding="utf-8")
    monkeypatch.setattr("harness.store.outputs.os.fsync", full)
    code, _, err = parity(capsys, "gate", "certify", "--out", str(out), "--ledger", url)
    assert (code, "No space left on device" in err, out.read_text(encoding="utf-8")) == (2, True, "earlier")


def test_a_dashboard_never_replaces_the_ledger_that_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site"
    assert parity(capsys, "dashboard", "--out", str(site), "--ledger", begun(tmp_path))[0] == 0
    ledger = site / "index.html"
    ledger.write_bytes((tmp_path / "l.sqlite").read_bytes())
    before = ledger.read_bytes()
    code, _, err = parity(capsys, "dashboard", "--out", str(site), "--ledger", f"sqlite:///{ledger}")
    assert (code, "must stay" in err, ledger.read_bytes() == before) == (2, True, True)


@pytest.mark.usefixtures("executable")
def test_a_capture_never_replaces_the_candles_or_the_ledger_that_it_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candles = tmp_path / "candidate.jsonl"
    rows = "".join(f"{1_700_000_000 + 60 * minute},1,1,1,1,1\n" for minute in range(300))
    candles.write_text("time,open,high,low,close,volume\n" + rows, encoding="utf-8")
    words = ["telemetry", "capture", "--side", "reference", "--minutes", "0.01", "--out", str(tmp_path), "--replace"]
    before = candles.read_bytes()
    code, _, err = parity(capsys, *words, "--candles", str(candles), "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert (code, "must stay" in err, candles.read_bytes() == before) == (2, True, True)
    ledger = f"sqlite:///{tmp_path / 'reference.jsonl'}"
    code, _, err = parity(capsys, *words, "--ledger", ledger)
    assert (code, "must stay" in err) == (2, True)
