"""A certificate is the same byte for byte when it is made again, and whatever is tampered with is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from harness.cli.main import main
from harness.evidence.statement import Figure, stamp
from harness.gate.certificate import CertificateError, certify, check_signature, envelope_of, first_difference
from harness.gate.policy import DEFAULT_FILE, read_policy
from harness.store.ledger import Ledger
from tests.gate.keys import key_pair
from tests.gate.ledgers import NOW, fill, gate, present, record, satisfying


def filled(url: str) -> Ledger:
    """A ledger with evidence of everything."""
    ledger = Ledger(url)
    fill(ledger, satisfying(read_policy()))
    return ledger


def parity(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `parity …`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_both_databases_give_the_same_certificate(ledger_url: str, tmp_path: Path) -> None:
    here, other = filled(ledger_url), filled(f"sqlite:///{tmp_path / 'other.sqlite'}")
    one, two = gate(*here.evidence()), gate(*other.evidence())
    assert one.verdict == "go"
    assert (one.text(), one.markdown()) == (two.text(), two.markdown())
    here.close()
    other.close()


def test_records_that_came_later_change_nothing(tmp_path: Path) -> None:
    ledger = filled(f"sqlite:///{tmp_path / 'l.sqlite'}")
    before = gate(*ledger.evidence()).text()
    found = {"divergent": Figure(1)}
    fill(ledger, [record("fuzz", "reducer", ident="later", ended_at=NOW + 60.0, exit_code=1, figures=found)])
    assert gate(*ledger.evidence()).text() == before
    assert gate(*ledger.evidence(), now=NOW + 100.0).verdict != "go"
    ledger.close()


@pytest.fixture
def certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, Path, Path]:
    """A ledger's address, a signed certificate on it, and the public key."""
    url, out = f"sqlite:///{tmp_path / 'l.sqlite'}", tmp_path / "certificate.json"
    filled(url).close()
    private, public = key_pair(tmp_path)
    code, said, _ = parity(
        capsys, "gate", "certify", "--ledger", url, "--at", stamp(NOW), "--key", str(private), "--out", str(out)
    )
    assert code == 0, said
    return url, out, public


def test_a_certificate_made_again_is_the_same_bytes(
    certified: tuple[str, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out, _ = certified
    again = tmp_path / "again.json"
    parity(
        capsys, "gate", "certify", "--ledger", url, "--at", stamp(NOW), "--key", str(tmp_path / "key.pem"), "--out", str(again)
    )
    assert again.read_bytes() == out.read_bytes()
    assert again.with_suffix(".md").read_bytes() == out.with_suffix(".md").read_bytes()


def test_a_certificate_that_holds_is_verified(
    certified: tuple[str, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out, public = certified
    assert parity(capsys, "gate", "verify", str(out), "--key", str(public), "--ledger", url)[0] == 0
    assert parity(capsys, "gate", "verify", str(out), "--key", str(public), "--offline")[0] == 0
    _, other = key_pair(tmp_path, "other")
    code, _, err = parity(capsys, "gate", "verify", str(out), "--key", str(other), "--offline")
    assert (code, err.count("\n")) == (1, 1)
    assert "is not signed by" in err


def edit(change: Callable[[dict[str, Any]], None]) -> Callable[[str, Path], None]:
    """A change of the certificate's file."""

    def edited(url: str, out: Path) -> None:
        del url
        data = json.loads(out.read_text(encoding="utf-8"))
        change(data["certificate"])
        out.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    return edited


def sql(statement: str) -> Callable[[str, Path], None]:
    """A change of the ledger."""

    def edited(url: str, out: Path) -> None:
        del out
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    return edited


TAMPERED = {
    "the verdict": (edit(lambda each: each.update(verdict="no-go")), "changed"),
    "a status": (edit(lambda each: each["criteria"][3].update(status="no-go")), "criterion"),
    "a criterion removed": (edit(lambda each: each["criteria"].pop(3)), "criterion"),
    "a ledger that is none": (edit(lambda each: each.update(ledger=[])), "$.ledger"),
    "a digest": (edit(lambda each: each["digests"]["reducer"].update(reference="0" * 64)), "$.digests"),
    "a record removed from the ledger": (sql("DELETE FROM evidence WHERE number = 5"), "ledger"),
    "a record edited in the ledger": (sql("UPDATE evidence SET statement = '{}' WHERE number = 5"), "ledger"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_noticed(what: str, certified: tuple[str, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    url, out, public = certified
    change, said = TAMPERED[what]
    change(url, out)
    code, _, err = parity(capsys, "gate", "verify", str(out), "--ledger", url)
    assert (code, err.count("\n")) == (1, 1)
    assert said in err
    signed = parity(capsys, "gate", "verify", str(out), "--key", str(public), "--offline")[0] == 0
    assert signed == ("in the ledger" in what or "from the ledger" in what)


def test_another_time_is_noticed_by_the_signature(
    certified: tuple[str, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, out, public = certified
    edit(lambda each: each.update(at=stamp(NOW + 5.0)))(url, out)
    code, _, err = parity(capsys, "gate", "verify", str(out), "--ledger", url, "--key", str(public))
    assert (code, "is not signed by" in err) == (1, True)


def test_a_loosened_policy_is_noticed(
    certified: tuple[str, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out, _ = certified
    loose = tmp_path / "loose.toml"
    loose.write_text(DEFAULT_FILE.read_text(encoding="utf-8").replace("100000", "10"), encoding="utf-8")
    code, _, err = parity(capsys, "gate", "verify", str(out), "--ledger", url, "--policy", str(loose))
    assert code == 1
    assert "$.policy is not what it was" in err


def test_a_certificate_without_its_signature_holds_for_nobody(tmp_path: Path) -> None:
    _, public = key_pair(tmp_path)
    file = tmp_path / "c.json"
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    certificate = certify(read_policy(), *ledger.evidence(), present(), None)
    ledger.close()
    file.write_text(envelope_of(certificate.text(), None), encoding="utf-8")
    with pytest.raises(CertificateError, match="is not signed by"):
        check_signature(file, public)


def test_the_same_certificate_has_no_difference(tmp_path: Path) -> None:
    ledger = filled(f"sqlite:///{tmp_path / 'l.sqlite'}")
    data = json.loads(gate(*ledger.evidence()).text())
    ledger.close()
    assert first_difference(data, data) is None
