"""Numbers take the noun that belongs to them, and a period begins before it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.words import counted
from tests.gate.test_certificate import parity


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("process", "processes"),
        ("batch", "batches"),
        ("missed branch", "missed branches"),
        ("case", "cases"),
        ("more gap", "more gaps"),
        ("box", "boxes"),
    ],
)
def test_nouns_have_their_plural(noun: str, plural: str) -> None:
    assert (counted(1, noun), counted(2, noun), counted(0, noun)) == (f"1 {noun}", f"2 {plural}", f"0 {plural}")
    assert counted(2, noun, ("was", "were")) == f"2 {plural} were"


@pytest.mark.parametrize("until", ["2026-02-16T12:00:00+00:00", "2026-02-16T13:00:00+02:00"])
def test_a_period_that_ends_before_it_begins_is_refused(until: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    since, ledger = "2026-02-16T12:00:00+00:00", tmp_path / "l.sqlite"
    words = ["shadow", "report", "--dir", str(tmp_path), "--ledger", f"sqlite:///{ledger}"]
    code, out, err = parity(capsys, *words, "--since", since, "--until", until)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"--since {since}: is not before --until {until}" in err
    assert not ledger.exists()
    assert parity(capsys, *words, "--since", since, "--until", "2026-02-16T12:00:01+00:00")[0] == 3
