"""Every port that is here is in the digests, and a failure of any of them is a no-go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.comparators.divergence import Divergence
from harness.comparators.path import ROOT_PATH
from harness.drill import Step
from harness.engine.builds import builds_of
from harness.engine.plan import FuzzPlan
from harness.evidence.book import read_book
from harness.evidence.digests import built_in, digests_of
from harness.evidence.statement import Evidence, Figure
from harness.gate.certificate import certify
from harness.gate.judge import Finding, Present, Status
from harness.gate.policy import SIGN_OFF, read_policy
from harness.panel import PortRequest
from harness.parts import SubjectError
from harness.store.ledger import Ledger
from harness.subject import Subject
from harness.subjects.reducer.contract import examine_port
from harness.subjects.reducer.drills.drills import ReducerDrills
from harness.subjects.registry import names, subject_called
from tests.gate.ledgers import NOW, digests, fill, named, record, satisfying
from tests.gate.test_certificate import parity

HERE = {"port haskell": "1" * 64, "port haskell-oneshot": "1" * 64, "port haskell-inproc": "2" * 64}


def of_ports(subject: str, ports: Mapping[str, str]) -> dict[str, str]:
    """The digests of this checkout with these ports in place of its own."""
    return {**{name: digest for name, digest in digests()[subject].items() if not name.startswith("port ")}, **ports}


def judged(tmp_path: Path, *more: Evidence) -> Mapping[str, Finding]:
    """The findings of a checkout with three ports, where everything was found in order before these records."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    records = [
        replace(each, digests=of_ports("reducer", HERE)) if each.subject == "reducer" else each
        for each in satisfying(read_policy())
    ]
    fill(ledger, [*records, *more])
    here = Present(digests={**digests(), "reducer": of_ports("reducer", HERE)}, now=NOW, clock=NOW)
    found = named(certify(read_policy(), *ledger.evidence(), here, None))
    ledger.close()
    return found


def failed(kind: str, ports: Mapping[str, str], **figures: int) -> Evidence:
    """A small record that found something, of these ports alone."""
    return record(
        kind,
        "reducer",
        ident="failed",
        exit_code=1,
        verdict="DIVERGENCE",
        digests=of_ports("reducer", ports),
        figures={name: Figure(value) for name, value in figures.items()},
    )


def test_a_whole_set_of_records_is_a_go(tmp_path: Path) -> None:
    assert judged(tmp_path)["1.critical/reducer"].status is Status.GO


@pytest.mark.parametrize(
    ("ports", "status"),
    [
        ({"port haskell-inproc": "2" * 64}, Status.NO_GO),
        ({"port haskell-oneshot": "1" * 64}, Status.NO_GO),
        # The same file, asked under a name of one's own.
        ({"port exe:doge-core-exe": "1" * 64}, Status.NO_GO),
        ({"port haskell": "1" * 64, "port exe:liar": "9" * 64}, Status.NO_GO),
        # Another library, a port that was mended since, a candidate of one's own, none at all.
        ({"port haskell-inproc": "3" * 64}, Status.GO),
        ({"port haskell": "1" * 64, "port haskell-inproc": "3" * 64}, Status.GO),
        ({"port exe:liar": "9" * 64}, Status.GO),
        ({"port haskell": ""}, Status.GO),
        ({}, Status.GO),
    ],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, dict) else value.value,
)
def test_a_failure_of_any_port_that_is_here_counts(ports: dict[str, str], status: Status, tmp_path: Path) -> None:
    assert judged(tmp_path, failed("run", ports, findings=1))["1.critical/reducer"].status is status


@pytest.mark.parametrize(("kind", "criterion"), [("fuzz", "2.night/reducer"), ("exhaust", "2.worlds/reducer")])
def test_a_criterion_of_one_port_hears_of_the_failure_of_another(kind: str, criterion: str, tmp_path: Path) -> None:
    found = judged(tmp_path, failed(kind, {"port haskell-inproc": "2" * 64}, divergent=1))
    assert found[criterion].status is Status.NO_GO


def test_a_pass_has_to_be_of_every_port_that_is_here(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    few = {name: digest for name, digest in HERE.items() if name != "port haskell-inproc"}
    fill(
        ledger,
        [
            replace(each, digests=of_ports("reducer", few)) if each.subject == "reducer" else each
            for each in satisfying(read_policy())
        ],
    )
    here = Present(digests={**digests(), "reducer": of_ports("reducer", HERE)}, now=NOW, clock=NOW)
    found = named(certify(read_policy(), *ledger.evidence(), here, None))
    ledger.close()
    assert found["1.critical/reducer"].status is Status.CANNOT_TELL
    assert "says nothing of port haskell-inproc" in found["1.critical/reducer"].reason
    assert found["2.night/reducer"].status is Status.GO


def test_a_shadow_and_a_drill_are_of_the_ports_that_the_adapter_asks(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = Step(name="killed", calls=10, lost=0, doubled=0, unequal=0, slowest_sec=0.1, asked=10, answered=10)
    monkeypatch.setattr(ReducerDrills, "rollback", lambda _self, _sec: iter([step]))
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    parity(capsys, "drill", "rollback", "--ledger", url)
    shadows = tmp_path / "shadow"
    shadows.mkdir()
    parity(capsys, "shadow", "report", "--dir", str(shadows), "--ledger", url)
    ledger = Ledger(url)
    kinds = {each.evidence.kind: each.evidence.digests for each in read_book(ledger).entries if each.evidence is not None}
    ledger.close()
    ports = {kind: [name for name in digests if "port " in name] for kind, digests in kinds.items()}
    assert ports["drill"] == ["reducer port haskell"]
    assert ports.get("shadow", ["port haskell"]) == ["port haskell"]


def test_no_criterion_about_the_bot_is_of_ports_that_the_adapter_does_not_ask() -> None:
    asked = {f"port {name}" for about in map(subject_called, names()) for name in about.defaults.night_ports}
    found = {
        each.id: set(each.match) for each in read_policy().criteria if each.kind in ("shadow", "drill", "telemetry-compare")
    }
    assert found
    assert all({name for name in match if name.startswith("port")} <= asked for match in found.values())


def test_nobody_can_call_a_rollout_stable_that_was_never_begun() -> None:
    [stable] = [each for each in read_policy().criteria if each.id == "5.stable"]
    assert {"3.accepted", "3.rollback", "4.accepted"} <= set(stable.needs)


def test_somebody_accepts_each_shadow_period() -> None:
    criteria = read_policy().criteria
    signed = [each for each in criteria if each.kind == SIGN_OFF]
    periods = [each for each in criteria if each.kind == "shadow"]
    assert periods
    for period in periods:
        assert [each.id for each in signed if period.id in each.needs and each.subjects == period.subjects], period.id


def third(monkeypatch: pytest.MonkeyPatch) -> Subject[Any]:
    """The subject that lives in the tests."""
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "third_subject"))
    subject: Subject[Any] = import_module("bucket_subject").SUBJECT
    return subject


@pytest.mark.parametrize("name", [*names(), "bucket"])
def test_every_port_that_a_subject_opens_has_its_files_in_the_digests(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    about = third(monkeypatch) if name == "bucket" else subject_called(name)
    with about.open(PortRequest()) as panel:
        there = {f"port {row.name}" for row in panel.examine()[1:] if row.availability.available}
    assert there
    assert {each for each, digest in digests_of(about, built_in(about)).items() if each.startswith("port ") and digest} == there


def test_a_night_is_of_the_ports_that_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    for about in (subject_called("reducer"), third(monkeypatch)):
        monkeypatch.setattr(FuzzPlan, "about", lambda _self, about=about: about)
        monkeypatch.setattr("harness.engine.builds._sources", lambda _subject: {})
        plan = FuzzPlan(subject=about.name, seed=1, sequences=1, batch_size=1, timeout_sec=1.0)
        assert list(builds_of(plan)) == [f"port {name}" for name in about.defaults.night_ports]


def test_a_subject_that_names_no_files_of_a_port_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    about = third(monkeypatch)
    monkeypatch.setattr(type(about), "port_files", lambda _self, _candidates: {"bucket_swift": []})
    with pytest.raises(SubjectError, match="names no files of its port 'swift'"):
        built_in(about)


def test_a_run_that_is_interrupted_is_one_of_the_ports_that_it_asked(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.run.run_parity", interrupted)
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    code, _, _ = parity(capsys, "run", "--ports", "haskell", "--sequences", "1", "--ledger", url)
    ledger = Ledger(url)
    [entry] = read_book(ledger).entries
    ledger.close()
    assert code == 130
    assert entry.evidence is not None
    assert (entry.evidence.verdict, "port haskell" in entry.evidence.digests) == ("INTERRUPTED", True)


@pytest.mark.parametrize("words", [("golden", "verify"), ("run", "--ports", "haskell", "--sequences", "1")], ids=" ".join)
def test_a_failure_by_another_contract_is_one_of_the_port(
    words: tuple[str, ...],
    tmp_path: Path,
    executable: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = Divergence(path=ROOT_PATH, kind="value", reference=1, candidate=2)
    monkeypatch.setattr(
        "harness.subjects.reducer.panel.examine_port",
        lambda port, known: replace(examine_port(port, known), divergences=() if port.name == "python" else (other,)),
    )
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    code, _, _ = parity(capsys, *words, "--subject", "reducer", "--ledger", url)
    ledger = Ledger(url)
    [entry] = read_book(ledger).entries
    ledger.close()
    assert code == 1
    assert entry.evidence is not None
    assert (entry.evidence.exit_code, "port haskell" in entry.evidence.digests) == (1, True)
