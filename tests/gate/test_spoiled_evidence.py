"""Every way to spoil the evidence keeps the gate from a go, and the gate names the entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from harness.evidence.statement import Evidence, Figure
from harness.gate.judge import Status
from harness.gate.policy import read_policy
from harness.store.ledger import Ledger, LedgerError
from tests.gate.ledgers import DAY, ENDED, NOW, edited, fill, gate, named, record, satisfying

NIGHT = "2.night/reducer"
FREEZE = "0.freeze/reducer"
Records = list[Evidence]


@pytest.fixture
def records() -> Records:
    """Records that make every entry a go."""
    return satisfying(read_policy())


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of an empty ledger."""
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


def judged(url: str, *, now: float = NOW) -> dict[str, tuple[Status, str]]:
    """Status and reason of each entry that is no go; an empty mapping for a go."""
    ledger = Ledger(url)
    certificate = gate(*ledger.evidence(), now=now)
    ledger.close()
    found = {name: (each.status, each.reason) for name, each in named(certificate).items() if each.status is not Status.GO}
    assert (certificate.verdict == "go") == (not found)
    return found


def filled(url: str, records: Records) -> None:
    ledger = Ledger(url)
    fill(ledger, sorted(records, key=lambda each: each.ended_at))
    ledger.close()


def test_evidence_of_everything_is_a_go(url: str, records: Records) -> None:
    filled(url, records)
    assert judged(url) == {}


def night(**figures: float) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, figures={**each.figures, **{name: Figure(value) for name, value in figures.items()}})


def without(name: str) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, figures={key: value for key, value in each.figures.items() if key != name})


def of_another(name: str) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, digests={**each.digests, name: "0" * 64})


def lacking(name: str) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, digests={key: value for key, value in each.digests.items() if key != name})


def ended(days: float) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, started_at=NOW - days * DAY - 60.0, ended_at=NOW - days * DAY)


def with_verdict(verdict: str, exit_code: int) -> Callable[[Evidence], Evidence]:
    return lambda each: replace(each, verdict=verdict, exit_code=exit_code)


SPOILED_BEFORE = {
    "a divergence": ("fuzz", "reducer", night(divergent=1), NIGHT, Status.NO_GO, "divergent is 1"),
    "a divergence that is waived": ("fuzz", "reducer", night(waived=1, divergent=0), NIGHT, Status.NO_GO, "waived is 1"),
    "an expired waiver or another gap": ("fuzz", "reducer", night(gaps=1), NIGHT, Status.NO_GO, "gaps is 1"),
    "too many excuses": ("fuzz", "detector", night(excused_share=0.2), "4.night/detector", Status.NO_GO, "excused_share"),
    "too few cases": ("fuzz", "reducer", night(cases=99_999), NIGHT, Status.CANNOT_TELL, "99,999"),
    "a divergence in too few cases": ("fuzz", "reducer", night(cases=9, divergent=1), NIGHT, Status.NO_GO, "divergent"),
    "a figure left out": ("fuzz", "reducer", without("divergent"), NIGHT, Status.NO_GO, "has no divergent"),
    "a sample left out": ("fuzz", "reducer", without("cases"), NIGHT, Status.CANNOT_TELL, "no cases, needs"),
    "another reference": ("fuzz", "reducer", of_another("reference"), NIGHT, Status.CANNOT_TELL, "another reference"),
    "another port": ("fuzz", "reducer", of_another("port haskell"), NIGHT, Status.CANNOT_TELL, "another port haskell"),
    "another contract": ("fuzz", "reducer", of_another("contract"), NIGHT, Status.CANNOT_TELL, "another contract"),
    "other generators": ("fuzz", "reducer", of_another("generators"), NIGHT, Status.CANNOT_TELL, "another generators"),
    "a port that was not compared": ("fuzz", "reducer", lacking("port haskell"), NIGHT, Status.CANNOT_TELL, "nothing of port"),
    "an old night": ("fuzz", "reducer", ended(2.5), NIGHT, Status.CANNOT_TELL, "at most 2 days old"),
    "a run that crashed": ("fuzz", "reducer", with_verdict("ERROR", 2), NIGHT, Status.CANNOT_TELL, "ERROR"),
    "a run that was interrupted": ("fuzz", "reducer", with_verdict("INTERRUPTED", 130), NIGHT, Status.CANNOT_TELL, "INTERR"),
    "a missing port": ("run", "reducer", with_verdict("INCOMPLETE", 3), "1.critical/reducer", Status.CANNOT_TELL, "INCOMPLETE"),
    "a port given up": ("run", "reducer", night(ports_missing=1), "1.critical/reducer", Status.NO_GO, "ports_missing is 1"),
    "a command that said no": ("fuzz", "reducer", with_verdict("NOT MET", 1), NIGHT, Status.NO_GO, "said no: NOT MET"),
    "a test that failed": ("tests-pytest", "", night(failed=1), "0.suite", Status.NO_GO, "failed is 1"),
    "a test that was skipped": ("tests-pytest", "", night(skipped=1), "0.suite", Status.NO_GO, "skipped is 1"),
    "a file of tests that was not run": ("tests-pytest", "", night(files_missing=1), "0.suite", Status.NO_GO, "files_missing"),
    "a suite of few sequences": (
        "tests-haskell", "", night(**{"property sequences": 99}), "2.invariants", Status.CANNOT_TELL, ": 99 property sequences",
    ),
    "a suite cut short": ("tests-pytest", "", night(passed=20), "0.suite", Status.CANNOT_TELL, ": 20 passed"),
    "a suite of another port": ("tests-pytest", "", of_another("reducer port haskell"), "0.suite", Status.CANNOT_TELL, "port"),
    "a historical bug missed": ("mutants", "reducer", night(bugs_missed=1), "1.power/reducer", Status.NO_GO, "bugs_missed"),
    "some mutants alone": ("mutants", "reducer", night(whole=0), "1.power/reducer", Status.CANNOT_TELL, ": 0 whole"),
    "another machine's speed": ("bench", "reducer", of_another("machine"), "4.compute/reducer", Status.CANNOT_TELL, "machine"),
    "a reference that changed": ("freeze", "reducer", night(frozen_since=NOW - 13.99 * DAY), FREEZE, Status.NO_GO, "13.9 days"),
    "a shadow of few hours": ("shadow", "reducer", night(recent_hours=47), "3.shadow/reducer", Status.CANNOT_TELL, "47"),
    "a start after the end": ("fuzz", "reducer", lambda each: replace(each, started_at=NOW), NIGHT, Status.NO_GO, "clock"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILED_BEFORE)
def test_a_spoiled_record_is_no_go(how: str, url: str, records: Records) -> None:
    kind, subject, change, entry, status, reason = SPOILED_BEFORE[how]
    filled(url, edited(records, kind, subject, change))
    found = judged(url)
    assert found[entry][0] is status
    assert reason in found[entry][1]


def test_a_failing_run_counts_after_a_better_one(url: str, records: Records) -> None:
    night_of = next(each for each in records if (each.kind, each.subject) == ("fuzz", "reducer"))
    bad = replace(night(divergent=1)(night_of), id="bad", ended_at=ENDED - 1000.0, started_at=ENDED - 2000.0)
    filled(url, [bad, *records])
    assert judged(url)[NIGHT] == (Status.NO_GO, "divergent is 1, wanted at most 0")


def test_a_night_of_other_ports_does_not_hide_how_near_an_earlier_one_came(url: str, records: Records) -> None:
    strange = record("fuzz", "reducer", ident="strange", ended_at=ENDED + 60.0)
    filled(url, [*edited(records, "fuzz", "reducer", night(cases=1000)), lacking("port haskell")(strange)])
    assert judged(url)[NIGHT] == (
        Status.CANNOT_TELL,
        "the newest record of today's build is too small: 1,000 cases, needs at least 100,000",
    )


def test_a_crash_after_a_good_run_is_in_doubt(url: str, records: Records) -> None:
    filled(url, [*records, record("fuzz", "reducer", ident="crash", ended_at=ENDED + 60.0, verdict="ERROR", exit_code=2)])
    status, reason = judged(url)[NIGHT]
    assert status is Status.CANNOT_TELL
    assert "ended with ERROR" in reason


def test_a_sign_off_lapses_with_what_it_covers(url: str, records: Records) -> None:
    def other(each: Evidence) -> Evidence:
        return of_another("contract")(each) if each.details.get("criterion") == "0.agreed" else each

    filled(url, [other(each) for each in records])
    assert judged(url)["0.agreed/reducer"] == (Status.CANNOT_TELL, "the newest record is of another contract")


def test_a_sign_off_of_one_criterion_is_none_of_another(url: str, records: Records) -> None:
    filled(url, [each for each in records if each.details.get("criterion") != "0.incidents"])
    assert judged(url) == {"0.incidents": (Status.CANNOT_TELL, "nobody has signed it off")}


SPOILED_AFTER = {
    "a record removed": ("DELETE FROM evidence WHERE number = 3", "record 3 is missing"),
    "the last record removed": ("DELETE FROM evidence WHERE number = (SELECT max(number) FROM evidence)", "removed or added"),
    "a figure edited": ("UPDATE evidence SET statement = replace(statement, '\"divergent\":{\"unit\":\"1\",\"value\":0', "
                        "'\"divergent\":{\"unit\":\"1\",\"value\":7')", "was edited"),
    "a statement and its digest edited": ("UPDATE evidence SET statement = '{}', digest = "
                        "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' WHERE number = 2", "does not fit"),
    "a record cut off": ("UPDATE evidence SET statement = substr(statement, 1, 50) WHERE number = 2", "was edited"),
    "two records exchanged": ("UPDATE evidence SET id = CASE id WHEN '0001' THEN '0002x' ELSE '0001x' END "
                              "WHERE id IN ('0001', '0002')", "does not fit"),
    "a later time of recording": ("UPDATE evidence SET recorded_at = recorded_at + 1 WHERE number = 4", "does not fit"),
    "a signature put on": ("UPDATE evidence SET signatures = '[{\"keyid\":\"a\"}]' WHERE number = 4", "does not fit"),
    "the head forgotten": ("DELETE FROM evidence_head", "removed or added"),
    "everything removed": ("DELETE FROM evidence", "removed or added"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILED_AFTER)
def test_a_ledger_that_was_edited_is_no_go(how: str, url: str, records: Records) -> None:
    filled(url, records)
    change, reason = SPOILED_AFTER[how]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    engine.dispose()
    status, said = judged(url)["ledger"]
    assert status is Status.NO_GO
    assert reason in said


def test_a_duplicate_id_is_refused(url: str, records: Records) -> None:
    filled(url, records)
    ledger = Ledger(url)
    with pytest.raises(LedgerError, match="another record of this id"):
        ledger.append_evidence(records[0].id, record("fuzz", "reducer", ident=records[0].id).text())
    ledger.close()
    assert judged(url) == {}


def test_a_clock_that_went_back_is_no_go(url: str, records: Records) -> None:
    filled(url, records)
    ledger = Ledger(url)
    fill(ledger, [record("run", "reducer", ident="early", ended_at=ENDED - 5 * DAY)])
    ledger.close()
    assert "the clock was moved" in judged(url)["ledger"][1]


def test_a_record_of_the_future_is_no_go(url: str, records: Records) -> None:
    filled(url, edited(records, "drill", "", ended(-1.0)))
    ledger = Ledger(url)
    rows, head = ledger.evidence()
    ledger.close()
    assert rows
    found = named(gate(rows, head, now=NOW))
    assert found["3.rollback"].status is not Status.GO


def test_records_of_a_future_that_has_come_count(url: str, records: Records) -> None:
    filled(url, edited(records, "drill", "", ended(-1.0)))
    assert "3.rollback" not in judged(url, now=NOW + 1.1 * DAY)
