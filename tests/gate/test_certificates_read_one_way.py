"""A certificate says one thing to every reader: file, page, and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.evidence.statement import canonical, stamp
from harness.gate.certificate import certify, envelope_of
from harness.gate.policy import read_policy
from harness.store.chain import CLOCK_SEC
from harness.store.ledger import Ledger
from tests.gate.keys import key_pair
from tests.gate.ledgers import begun, present
from tests.gate.test_certificate import certified, parity

__all__ = ["certified"]

Certified = tuple[str, Path, Path]


@pytest.fixture
def no_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Certified:
    """A ledger's address, a signed certificate that is none of a go, and the public key."""
    url, out = begun(tmp_path), tmp_path / "c.json"
    private, public = key_pair(tmp_path)
    assert parity(capsys, "gate", "certify", "--ledger", url, "--key", str(private), "--out", str(out))[0] == 1
    return url, out, public


def twice_the_verdict(text: str) -> str:
    return text.replace('  "verdict": "cannot tell"', '  "verdict": "go",\n  "verdict": "cannot tell"')


def twice_the_certificate(text: str) -> str:
    other = json.dumps({**json.loads(text)["certificate"], "verdict": "go"}, indent=1)
    return text.replace("{", f'{{\n "certificate": {other},', 1)


def twice_a_signature(text: str) -> str:
    return text.replace('"keyid": ', '"keyid": "other", "keyid": ')


def in_one_line(text: str) -> str:
    return json.dumps(json.loads(text))


@pytest.mark.parametrize("edited", [twice_the_verdict, twice_the_certificate, twice_a_signature, in_one_line])
@pytest.mark.parametrize("offline", [True, False])
def test_a_file_that_two_readers_read_differently_does_not_hold(
    edited: Callable[[str], str], offline: bool, no_go: Certified, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out, public = no_go
    text = out.read_text(encoding="utf-8")
    words = ["gate", "verify", str(out), "--key", str(public), *(["--offline"] if offline else ["--ledger", url])]
    assert parity(capsys, *words)[0] == 0
    assert edited(text) != text
    out.write_text(edited(text), encoding="utf-8")
    code, said, err = parity(capsys, *words)
    assert (code, said) == (1, "")
    assert "is not spelled as certificates are" in err


@pytest.mark.parametrize("offline", [True, False])
def test_the_page_for_readers_is_verified_too(offline: bool, no_go: Certified, capsys: pytest.CaptureFixture[str]) -> None:
    url, out, public = no_go
    page = out.with_suffix(".md")
    words = ["gate", "verify", str(out), "--key", str(public), *(["--offline"] if offline else ["--ledger", url])]
    assert "beside it" not in parity(capsys, *words)[1]
    page.write_text(page.read_text(encoding="utf-8").replace("# Gate: cannot tell", "# Gate: go"), encoding="utf-8")
    code, said, err = parity(capsys, *words)
    assert (code, said) == (1, "")
    assert f"{page}: does not hold: it is not the page of c.json" in err
    page.unlink()
    code, said, _ = parity(capsys, *words)
    assert code == 0
    assert "; its page for readers, c.md, is not beside it" in said
    page.mkdir()
    code, _, err = parity(capsys, *words)
    assert (code, "cannot be read" in err) == (1, True)


@pytest.mark.parametrize("words", [["gate"], ["gate", "explain", "0.freeze"], ["gate", "certify", "--out", "c.json"],
                                   ["dashboard", "--out", "site"]], ids=" ".join)  # fmt: skip
def test_a_time_that_is_still_to_come_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begun(tmp_path)
    monkeypatch.chdir(tmp_path)
    at = stamp(time.time() + CLOCK_SEC + 30.0)
    code, out, err = parity(capsys, *words, "--at", at, "--ledger", url)
    assert (code, out) == (2, "")
    assert f"--at {at}: is still to come" in err
    assert not (tmp_path / "c.json").exists()
    assert not (tmp_path / "site").exists()
    assert "is still to come" not in parity(capsys, *words, "--at", stamp(time.time() + CLOCK_SEC - 30.0), "--ledger", url)[2]


@pytest.mark.parametrize("offline", [True, False])
def test_a_certificate_of_a_time_that_is_still_to_come_does_not_hold(
    offline: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out = begun(tmp_path), tmp_path / "c.json"
    private, public = key_pair(tmp_path)
    ledger = Ledger(url)
    now = time.time()
    made = certify(read_policy(), *ledger.evidence(), present(now + 86_400.0, now), None)
    ledger.close()
    out.write_text(envelope_of(made.text(), private), encoding="utf-8")
    words = ["gate", "verify", str(out), "--key", str(public), *(["--offline"] if offline else ["--ledger", url])]
    code, said, err = parity(capsys, *words)
    assert (code, said) == (1, "")
    assert "which is still to come" in err


@pytest.mark.parametrize("at", ["yesterday", "2026-02-16T12:00:00"])
def test_a_certificate_without_a_time_is_none(at: str, no_go: Certified, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, public = no_go
    data = json.loads(out.read_text(encoding="utf-8"))["certificate"]
    out.write_text(envelope_of(canonical({**data, "at": at}), out.with_name("key.pem")), encoding="utf-8")
    code, _, err = parity(capsys, "gate", "verify", str(out), "--key", str(public), "--offline")
    assert (code, err.count("\n")) == (1, 1)
    assert "is no certificate" in err
