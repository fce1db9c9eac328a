"""Records that a key did not sign do not count where it is asked for; a certificate knows of records that were lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from harness.evidence.signing import signatures_of, signer_of
from harness.evidence.statement import Evidence, Figure, stamp
from harness.gate.policy import SIGN_OFF, read_policy
from harness.store import chain
from harness.store.ledger import Ledger
from tests.gate.keys import key_pair
from tests.gate.ledgers import NOW, fill, record, satisfying
from tests.gate.test_certificate import parity

NIGHT = "2.night/reducer"
AT = ["--at", stamp(NOW)]


def kept(ledger: Ledger, records: list[Evidence], key: Path | None) -> None:
    """Add records, signed by a key if there is one."""
    for each in records:
        signatures = signatures_of(each.text(), signer_of(key))
        chain.append(ledger._engine, each.id, each.text(), signatures, now=each.ended_at + 1.0)


@pytest.mark.parametrize(("kind", "criterion"), [("fuzz", NIGHT), (SIGN_OFF, "0.questions")])
def test_a_record_counts_where_the_key_signed_it(
    kind: str, criterion: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, (private, public), (_, other) = f"sqlite:///{tmp_path / 'l'}", key_pair(tmp_path), key_pair(tmp_path, "other")
    ledger, records = Ledger(url), satisfying(read_policy())
    kept(ledger, [each for each in records if each.kind != kind], private)
    kept(ledger, [each for each in records if each.kind == kind], None)
    ledger.close()
    where = ["--ledger", url, *AT]
    assert parity(capsys, "gate", *where)[0] == 0
    code, out, _ = parity(capsys, "gate", "explain", criterion, *where, "--signed-by", str(public))
    assert (code, "cannot tell" in out, "why        not signed by this key" in out) == (1, True, True)
    code, out, _ = parity(capsys, "gate", *where, "--signed-by", str(public))
    assert (code, out.splitlines()[-1].startswith("CANNOT TELL: ")) == (1, True)
    assert parity(capsys, "gate", "explain", "1.critical", *where, "--signed-by", str(public))[0] == 0
    assert parity(capsys, "gate", "explain", "1.critical", *where, "--signed-by", str(other))[0] == 1


def test_what_nobody_signed_takes_nothing_from_what_the_key_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, (private, public) = f"sqlite:///{tmp_path / 'l.sqlite'}", key_pair(tmp_path)
    ledger = Ledger(url)
    kept(ledger, satisfying(read_policy()), private)
    failing = record("fuzz", "reducer", ident="bad", exit_code=1, verdict="DIVERGENCE", figures={"divergent": Figure(1)})
    kept(ledger, [failing], None)
    ledger.close()
    where = ["--ledger", url, *AT]
    assert parity(capsys, "gate", *where)[0] == 1
    assert parity(capsys, "gate", *where, "--signed-by", str(public))[0] == 0


def test_a_certificate_names_the_key_that_it_was_made_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, (private, public) = f"sqlite:///{tmp_path / 'l.sqlite'}", key_pair(tmp_path)
    ledger = Ledger(url)
    kept(ledger, satisfying(read_policy()), private)
    ledger.close()
    out, where = str(tmp_path / "c.json"), ["--ledger", url]
    assert parity(capsys, "gate", "certify", "--out", out, *where, *AT, "--signed-by", str(public))[0] == 0
    assert parity(capsys, "gate", "verify", out, *where, "--signed-by", str(public))[0] == 0
    code, _, err = parity(capsys, "gate", "verify", out, *where)
    assert (code, err.count("\n"), "--signed-by" in err) == (1, 1, True)


@pytest.mark.parametrize("command", [["gate"], ["gate", "explain", NIGHT], ["gate", "certify", "--out", "c.json"]])
def test_a_key_that_is_none_is_a_sentence(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, (private, _) = f"sqlite:///{tmp_path / 'l.sqlite'}", key_pair(tmp_path)
    Ledger(url).close()
    for key in (private, tmp_path / "none"):
        code, out, err = parity(capsys, *command, "--ledger", url, "--signed-by", str(key))
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_certificate_knows_of_records_that_were_cut_off_by_who_knows_the_code(
    ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, out = Ledger(ledger_url), str(tmp_path / "c.json")
    fill(ledger, satisfying(read_policy()))
    rows, _ = ledger.evidence()
    assert parity(capsys, "gate", "certify", "--out", out, "--ledger", ledger_url, *AT)[0] == 0
    engine, end = create_engine(ledger_url), chain.Head.at(rows[-2].number, rows[-2].chain)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM evidence WHERE number = {rows[-1].number}")
        connection.exec_driver_sql(
            f"UPDATE evidence_head SET number = {end.number}, chain = '{end.chain}', digest = '{end.digest}'"
        )
    engine.dispose()
    assert list(chain.faults(*ledger.evidence())) == []
    ledger.close()
    code, _, err = parity(capsys, "gate", "verify", out, "--ledger", ledger_url)
    assert (code, err.count("\n")) == (1, 1)
    assert f"the ledger has {end.number} records of the {end.number + 1} that it had: it lost some" in err
