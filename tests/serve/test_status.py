"""How runs stand: what is counted, what the clock says, and what is not believed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness.serve.metrics import exposition
from harness.serve.shadows import Shadows
from harness.serve.status import RUNS_MAX, SILENT_SEC, UNREADABLE, Watcher
from harness.store.ledger import DONE, STOPPED, Ledger
from harness.subjects.registry import names, subject_called
from tests.gate.test_certificate import parity
from tests.serve.servers import batch, find, plan_of, run_in, serving
from tests.shadow.test_report import journal, minutes

SUBJECT = names()[0]


def test_a_run_that_goes_on_says_how_far_it_is(ledger_url: str) -> None:
    run = run_in(ledger_url, SUBJECT, batch(0), batch(1), batch(2))
    [shown] = Watcher(ledger_url).status(time.time())["runs"]
    assert (shown["id"], shown["state"], shown["cases"], shown["planned"], shown["steps"]) == (run, "running", 300, 1000, 3000)
    assert shown["bound"] == pytest.approx(0.01)
    assert shown["rate"] > 0.0
    assert shown["left_sec"] == pytest.approx(700 / shown["rate"])
    assert shown["finds"] == []


def test_the_pace_is_that_of_the_last_minute(ledger_url: str) -> None:
    run = run_in(ledger_url, SUBJECT, *(batch(number) for number in range(4)))
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        # The first batch long ago, then one every 10 seconds: 100 cases in 10 seconds.
        for number, age in enumerate((900.0, 25.0, 15.0, 5.0)):
            connection.execute(
                text("UPDATE batches SET recorded_at = :at WHERE number = :number AND run_id = :run"),
                {"at": 1e9 - age, "number": number, "run": run},
            )
    engine.dispose()
    [shown] = Watcher(ledger_url).status(1e9)["runs"]
    assert shown["rate"] == pytest.approx(10.0)
    assert shown["left_sec"] == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("started", "ages", "rate"),
    [
        (10.0, (0.1, 0.0), 20.0),  # workers that record their first batches at once
        (10.0, (5.0,), 20.0),
        (900.0, (0.1, 0.0), None),  # later, or after a run was taken up again
        (900.0, (5.0,), None),
    ],
)
def test_batches_that_are_recorded_at_once_are_no_pace(
    started: float, ages: tuple[float, ...], rate: float | None, ledger_url: str
) -> None:
    run_in(ledger_url, SUBJECT, *(batch(number) for number in range(len(ages))))
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE runs SET started_at = :at"), {"at": 1e9 - started})
        for number, age in enumerate(ages):
            connection.execute(
                text("UPDATE batches SET recorded_at = :at WHERE number = :number"), {"at": 1e9 - age, "number": number}
            )
    engine.dispose()
    [shown] = Watcher(ledger_url).status(1e9)["runs"]
    assert shown["rate"] == (None if rate is None else pytest.approx(rate))


def test_a_run_has_no_verdict_before_its_end_unless_it_diverges(ledger_url: str) -> None:
    run = run_in(ledger_url, SUBJECT, batch(0))
    watcher = Watcher(ledger_url)
    [shown] = watcher.status(time.time())["runs"]
    assert (shown["word"], shown["exit_code"]) == (None, None)
    ledger = Ledger(ledger_url)
    ledger.record(run, batch(1, find("$.orders[0].price")))
    ledger.close()
    [shown] = watcher.status(time.time())["runs"]
    assert (shown["word"], shown["exit_code"]) == ("DIVERGENCE", 1)


def test_a_run_that_was_killed_is_silent_and_no_longer_running(ledger_url: str) -> None:
    run_in(ledger_url, SUBJECT, batch(0))
    now, watcher = time.time(), Watcher(ledger_url)
    assert watcher.status(now)["runs"][0]["state"] == "running"
    later = watcher.status(now + SILENT_SEC + 5.0)["runs"][0]
    assert (later["state"], later["rate"], later["left_sec"]) == ("silent", None, None)


def test_a_batch_from_before_batches_had_times_is_counted(ledger_url: str) -> None:
    run_in(ledger_url, SUBJECT, batch(0))
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE batches SET recorded_at = NULL"))
    engine.dispose()
    [shown] = Watcher(ledger_url).status(time.time())["runs"]
    assert (shown["cases"], shown["last_at"], shown["rate"]) == (100, None, None)


def test_a_divergence_is_there_with_its_batch(ledger_url: str) -> None:
    run = run_in(ledger_url, SUBJECT, batch(0))
    watcher = Watcher(ledger_url)
    assert watcher.status(time.time())["runs"][0]["divergent"] == 0
    ledger = Ledger(ledger_url)
    ledger.record(run, batch(1, find("$.orders[0].price")))
    ledger.close()
    [shown] = watcher.status(time.time())["runs"]
    assert (shown["divergent"], shown["bound"], shown["finds_count"]) == (2, None, 1)
    assert shown["finds"][0] == {
        "port": "swift",
        "fingerprint": "f00d",
        "count": 2,
        "first_index": 17,
        "path": "$.orders[0].price",
        "kind": "value",
        "waived": False,
    }


@pytest.mark.parametrize("state", [DONE, STOPPED])
def test_a_run_that_ended_has_no_pace(ledger_url: str, state: str) -> None:
    run = run_in(ledger_url, SUBJECT, batch(0), batch(1))
    ledger = Ledger(ledger_url)
    ledger.end(run, state=state)
    ledger.close()
    [shown] = Watcher(ledger_url).status(time.time() + 2.0 * SILENT_SEC)["runs"]
    assert (shown["state"], shown["rate"], shown["left_sec"], shown["cases"]) == (state, None, None, 200)
    assert shown["ended_at"] is not None


def test_a_plan_of_another_version_is_said_and_hides_no_other_run(ledger_url: str) -> None:
    run_in(ledger_url, SUBJECT, batch(0))
    run_in(ledger_url, SUBJECT, plan={"subject": SUBJECT, "of": "another version"})
    run_in(ledger_url, "no_such_subject", plan=plan_of("no_such_subject"))
    states = [run["state"] for run in Watcher(ledger_url).status(time.time())["runs"]]
    assert sorted(states) == ["running", "unreadable", "unreadable"]


def test_only_the_newest_runs_are_read(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/many.sqlite"
    ids = [run_in(url, SUBJECT) for _ in range(RUNS_MAX + 3)]
    assert [run["id"] for run in Watcher(url).status(time.time())["runs"]] == ids[: -RUNS_MAX - 1 : -1]


def test_metrics_hold_the_same_figures(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/one.sqlite"
    run = run_in(url, SUBJECT, batch(0), batch(1, find()))
    text_of = exposition(Watcher(url).status(time.time())).decode()
    labels = f'{{run="{run}",state="running",subject="{SUBJECT}"}}'
    assert f"parity_run_cases{labels} 200.0" in text_of
    assert f"parity_run_divergent_cases{labels} 2.0" in text_of
    assert "parity_ledger_readable 1.0" in text_of
    assert "parity_ledger_readable 0.0" in exposition({"error": "gone", "runs": []}).decode()


@pytest.mark.parametrize("plan", ["[" * 40_000 + "]" * 40_000, "{bad", "[1]", "5", "ÿ"])
def test_a_plan_that_cannot_be_read_is_that_runs_alone(plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    whole = run_in(url, SUBJECT, batch(0))
    damaged = run_in(url, SUBJECT, batch(0))
    engine = create_engine(url)
    with engine.begin() as connection:
        cell = "CAST(x'ff41' AS TEXT)" if plan == "ÿ" else ":plan"
        connection.execute(text(f"UPDATE runs SET plan = {cell} WHERE id = :run"), {"plan": plan, "run": damaged})
    engine.dispose()
    states = {each["id"]: each["state"] for each in Watcher(url).status(time.time())["runs"]}
    assert states == {whole: "running", damaged: UNREADABLE}
    code, _, err = parity(capsys, "fuzz", "--resume", damaged, "--ledger", url, "--reports", str(tmp_path))
    assert (code, err.count("\n"), err.startswith("parity: --")) == (2, 1, True), err


def test_metrics_hold_the_shadows_figures(tmp_path: Path) -> None:
    here = dict(subject_called("reducer").shadowed() or {})
    journal(tmp_path, "one", minutes(0, 60, high=2), digests=here)
    told = exposition({"shadows": Shadows(tmp_path).status()}).decode()
    assert 'parity_shadow_covered_hours{subject="reducer"} 1.0' in told
    assert 'parity_shadow_high{subject="reducer"} 120.0' in told
    assert 'parity_shadow_last_line_timestamp_seconds{subject="reducer"} ' in told
    # Of a folder that is not there nothing is known.
    assert "parity_shadow_high{" not in exposition({"shadows": Shadows(tmp_path / "nowhere").status()}).decode()


def test_a_folder_of_shadows_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    Ledger(url).close()
    with serving(url, "--shadow", str(tmp_path / "mistyped")) as served:
        assert served.get("/healthz")[0] == 200
        served.stop()
        assert any("mistyped: is no folder yet" in each for each in served.said)
