"""Nothing hides a no from the gate: no clock, no mistake in a policy, no port that is not here, no name of a file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli.asked import asked_for
from harness.evidence.statement import Evidence, Figure, stamp
from harness.gate.certificate import Certificate, certify
from harness.gate.judge import Status
from harness.gate.policy import DEFAULT_FILE, Policy, PolicyError, read_policy
from harness.store import chain
from harness.store.ledger import Ledger
from harness.subjects.registry import names, subject_called
from tests.gate.ledgers import DAY, NOW, digests, fill, gate, named, present, record, satisfying
from tests.gate.test_certificate import parity

SUBJECT = names()[0]
POLICY = DEFAULT_FILE.read_text(encoding="utf-8")
CONTRACT = 'match = ["reference", "contract", "fixtures", "ports"]'


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a ledger that has evidence of everything."""
    address = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ledger = Ledger(address)
    fill(ledger, satisfying(read_policy()))
    ledger.close()
    return address


def add(url: str, evidence: Evidence, at: float | None) -> None:
    """Record something at a time."""
    ledger = Ledger(url)
    chain.append(ledger._engine, evidence.id, evidence.text(), now=at)
    ledger.close()


def asked(url: str, now: float, clock: float, policy: Policy | None = None) -> Certificate:
    """The certificate at a moment, by a clock."""
    ledger = Ledger(url)
    rows, head = ledger.evidence()
    ledger.close()
    return certify(policy or read_policy(), rows, head, present(now, clock), None)


def night_that_failed(ident: str = "bad", ended_at: float = NOW - 100.0) -> Evidence:
    """A night that said no."""
    figures = {"cases": Figure(100_000), "divergent": Figure(5)}
    return record("fuzz", SUBJECT, ident=ident, ended_at=ended_at, verdict="DIVERGENCE", exit_code=1, figures=figures)


def test_a_record_of_the_future_hides_none_that_follows_it(url: str) -> None:
    assert asked(url, NOW, NOW).verdict == "go"
    add(url, record("doctor", SUBJECT, ident="future", ended_at=NOW - 200.0), NOW + 3.0 * DAY)
    add(url, night_that_failed(), NOW - 90.0)
    for clock in (NOW, NOW + 365.0 * DAY):
        found = asked(url, NOW, clock)
        assert found.verdict == "no-go"
        assert "the clock was moved" in named(found)["ledger"].reason


def test_a_record_of_the_future_is_said_though_nothing_follows_it(url: str) -> None:
    add(url, night_that_failed(), NOW + 3.0 * DAY)
    assert "was recorded in the future" in named(asked(url, NOW, NOW))["ledger"].reason
    # Asked for a moment of the past, a record of a moment since then is no fault.
    assert asked(url, NOW, NOW + 4.0 * DAY).verdict == "go"


def test_a_no_that_a_machine_recorded_whose_clock_is_a_little_ahead_counts(tmp_path: Path) -> None:
    address, now = f"sqlite:///{tmp_path / 'ledger.sqlite'}", time.time()
    add(address, night_that_failed(ended_at=now), now + 30.0)
    found = asked_for(address, None, None)
    made = certify(found.policy, found.rows, found.head, found.present, None)
    assert named(made)[f"2.night/{SUBJECT}"].status is Status.NO_GO
    assert named(made)["ledger"].status is Status.GO
    # And the certificate, made again at the time that it names, is the same.
    again = asked_for(address, None, stamp(made.at))
    assert certify(again.policy, again.rows, again.head, again.present, None).text() == made.text()


def test_explain_judges_the_moment_that_the_gate_judges(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    add(url, night_that_failed(ended_at=NOW + 10.0), NOW + 20.0)
    for ident in ("ledger", f"2.night/{SUBJECT}"):
        code, out, _ = parity(capsys, "gate", "explain", ident, "--at", stamp(NOW), "--ledger", url)
        assert (code, f"{ident}: go" in out) == (0, True), out


def with_policy(tmp_path: Path, old: str, new: str) -> Policy:
    """The policy with a change."""
    assert old in POLICY
    file = tmp_path / "policy.toml"
    file.write_text(POLICY.replace(old, new, 1), encoding="utf-8")
    return read_policy(file)


def of_another_build(evidence: Evidence) -> Evidence:
    """The same evidence of other things."""
    return replace(evidence, digests=dict.fromkeys(evidence.digests, "0" * 64))


def test_a_name_to_match_that_nothing_has_matches_nothing(tmp_path: Path) -> None:
    policy = with_policy(tmp_path, CONTRACT, 'match = ["refrence"]')
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    fill(ledger, [of_another_build(each) for each in satisfying(policy)])
    found = named(gate(*ledger.evidence(), policy=policy))[f"0.contract/{SUBJECT}"]
    assert found.status is Status.CANNOT_TELL
    assert "refrence, of which this checkout has none" in found.reason
    ledger.close()


def test_evidence_about_a_subject_that_is_not_installed_is_foreign(tmp_path: Path) -> None:
    policy = with_policy(tmp_path, 'kind = "golden"', 'kind = "golden"\nsubjects = ["gone"]')
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    records = satisfying(read_policy())
    gone = next(each for each in records if each.kind == "golden")
    fill(ledger, [*records, replace(of_another_build(gone), id="gone", subject="gone")])
    assert named(gate(*ledger.evidence(), policy=policy))["0.contract/gone"].status is Status.CANNOT_TELL
    ledger.close()


def test_evidence_of_ports_is_foreign_where_they_are_not_here(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    about = subject_called(SUBJECT)
    monkeypatch.setattr(type(about), "port_files", lambda _self, _candidates: {"haskell": []})
    found = asked_for(url, None, stamp(NOW))
    # As after a checkout in which nothing was built: all else is what it was.
    kept = {name: {**each, **dict(found.present.digests[name])} for name, each in digests().items()}
    made = certify(found.policy, found.rows, found.head, replace(found.present, digests=kept), None)
    assert named(made)[f"2.night/{SUBJECT}"].status is Status.CANNOT_TELL
    assert "port haskell" in named(made)[f"2.night/{SUBJECT}"].reason


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('figure = "fixtures", at_least = 1 }', 'figure = "fixtures", at_least = nan }', "nan is no limit"),
        ('figure = "problems", at_most = 0', 'figure = "problems", at_most = inf', "inf is no limit"),
        ('figure = "fixtures", at_least = 1 }', 'figure = "fixtures", at_least = 1, of = { x = -inf } }', "-inf is no limit"),
        ("max_age_days = 1\n", "max_age_days = inf\n", "inf is no limit"),
        ('kind = "golden"', 'kind = "golden"\nsubjects = []', "has no subject"),
        (POLICY, "a = " + "[" * 5000, "is no policy"),
        (POLICY, "a = " + "1" * 5000, "is no policy"),
    ],
    ids=range(7),
)
def test_a_limit_that_is_none_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=said):
        with_policy(tmp_path, old, new)


@pytest.mark.parametrize("name", ["c.md", "", "..", "."])
def test_a_certificate_is_not_written_over_by_its_page(
    name: str, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / name) if name == "c.md" else name
    code, _, err = parity(capsys, "gate", "certify", "--out", out, "--ledger", url)
    assert (code, err.count("\n"), err[:14]) == (2, 1, "parity: --out ")
    assert not (tmp_path / "c.md").exists()


def edit(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The certificate with other fields."""
    return lambda kept: {**kept, **changes}


@pytest.mark.parametrize(
    "change",
    [
        edit(at=5), edit(at="yesterday"), edit(phase="x"), edit(phase=[1]), edit(criteria=[5]), edit(criteria=None),
        edit(verdict=5), lambda kept: {"format": kept["format"]}, edit(policy=json.loads("[" * 400 + "]" * 400)),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_hostile_certificate_is_a_sentence(
    change: Callable[[dict[str, Any]], dict[str, Any]], url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.json"
    parity(capsys, "gate", "certify", "--at", stamp(NOW), "--out", str(file), "--ledger", url)
    whole = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**whole, "certificate": change(whole["certificate"])}), encoding="utf-8")
    code, out, err = parity(capsys, "gate", "verify", str(file), "--ledger", url)
    assert (code in (1, 2), out, err.count("\n")) == (True, "", 1)
