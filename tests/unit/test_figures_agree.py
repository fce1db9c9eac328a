"""The figures of a run agree with each other, and what can be told at once costs no run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from harness.engine.outcome import GENERATED, GOLDEN, RunReport
from harness.engine.report import notes_of, print_report, summary, to_json, verdict
from harness.engine.run import RunOptions, run_parity
from harness.engine.runner import Runner, unseen
from harness.panel import UNANSWERED, Availability, Examined, Judgement, PortRequest
from harness.subject import Measures
from harness.words import counted
from tests.unit.test_exact_comparator import _at

HERE, GONE = Availability(available=True), Availability(available=False, reason="it is not here", remedy="get it")


def case(name: str) -> Any:
    return SimpleNamespace(name=name, metadata={}, to_json=lambda: {"name": name})


class TinyPanel:
    """A panel whose candidates differ from the reference in every case."""

    def __init__(self, candidates: dict[str, Availability], excused: str | None = None) -> None:
        self.rows = {"python": HERE, **candidates}
        self.candidates = tuple(candidates)
        self.asked: list[str] = []
        self.judgement = Judgement(divergences=[] if excused else [_at("$.x"), _at("$.y")], excused=excused)

    def examine(self) -> list[Examined]:
        return [Examined(name=name, availability=available) for name, available in self.rows.items()]

    def expect(self, case: Any) -> None:
        self.asked.append(case.name)

    def expect_seen(self, case: Any, _seen: None) -> None:
        self.expect(case)

    def judge(self, *_: Any) -> Judgement:
        return self.judgement

    def recheck(self, *_: Any) -> list[Any]:
        return []

    def sample_every(self, _port: str) -> int:
        return 1

    def candidate_of(self, _port: str) -> None:
        return None

    def __enter__(self) -> TinyPanel:
        return self

    def __exit__(self, *_: object) -> None:
        return


def tiny(panel: TinyPanel, fixtures: Sequence[str] = ()) -> Any:
    """A subject with this panel; each of its fixtures is answered otherwise by every port but the reference."""
    golden = SimpleNamespace(
        folder=Path("nowhere"),
        holds_calls=True,
        read=lambda _folder: [SimpleNamespace(name=name) for name in fixtures],
        first_divergence=lambda _panel, port, _fixture: None if port == "python" else _at("$.calls[0]"),
    )
    tally = SimpleNamespace(steps=lambda *_: 1, met=lambda *_: iter(()), wanted=lambda _cases: {}, values_wanted=lambda _: {})
    return SimpleNamespace(
        name="tiny", golden=golden, tally=tally, measures=Measures, candidate_option="", versions=dict,
        defaults=SimpleNamespace(run_thorough_every=1), open=lambda _request: panel,
    )  # fmt: skip


def ran(panel: TinyPanel, folder: Path, fixtures: Sequence[str] = ()) -> RunReport:
    subject = tiny(panel, fixtures)
    runner: Runner = Runner(subject, panel, folder)  # type: ignore[arg-type]
    runner.run(GOLDEN, [case("a"), case("b")])
    runner.run(GENERATED, [case("a"), case("0"), case("1")])
    runner.check_recorded()
    return runner.report


def test_a_case_that_diverges_on_two_ports_is_one_divergent_case(tmp_path: Path) -> None:
    report = ran(TinyPanel({"one": HERE, "two": HERE}), tmp_path)
    assert len(report.findings) == 10
    assert ", 5 divergent, 0 excused" in summary(report)
    assert to_json(report)["divergent_cases"] == 5
    for port in report.ports[1:]:
        assert sum(port.divergent.values()) == sum(port.cases.values()) == 5


def test_a_fixture_of_calls_is_no_case(tmp_path: Path) -> None:
    report = ran(TinyPanel({"one": HERE, "two": HERE}), tmp_path, ["a", "calls_1", "calls_2"])
    assert ", 5 divergent, 0 excused, 2 fixtures of calls are answered otherwise" in summary(report)
    for port in report.ports[1:]:
        assert (sum(port.divergent.values()), port.fixtures_divergent) == (5, 2)
        assert verdict(port, report) == "DIVERGES"
    report = ran(TinyPanel({"one": HERE}, excused="statistics"), tmp_path, ["calls"])
    assert (report.word, report.exit_code) == ("DIVERGENCE", 1)
    assert ", 0 divergent, 5 excused, 1 fixture of calls is answered otherwise" in summary(report)


def test_a_recorded_case_that_only_the_recording_convicts_is_a_divergent_case(tmp_path: Path) -> None:
    report = ran(TinyPanel({"one": HERE}, excused="statistics"), tmp_path, ["a"])
    assert (report.divergent_cases, report.divergent_fixtures) == ({(GOLDEN, "a")}, set())


def test_a_case_that_two_ports_are_excused_is_excused_once(tmp_path: Path) -> None:
    report = ran(TinyPanel({"one": HERE, "two": HERE}, excused="statistics"), tmp_path)
    assert re.search(r": 5 cases, 5 steps, .* 0 divergent, 5 excused$", summary(report))


@pytest.mark.parametrize("available", [True, False])
def test_nothing_is_sent_where_nothing_can_be_compared(available: bool, tmp_path: Path) -> None:
    panel = TinyPanel({"one": HERE if available else GONE, "two": GONE})
    options = RunOptions(ports=PortRequest(), reports_dir=tmp_path)
    report = run_parity(tiny(panel), [(GENERATED, unseen([case("0"), case("1")]))], options, None)
    assert sorted({*panel.asked}) == (["0", "1"] if available else [])
    assert report.word == ("DIVERGENCE" if available else "INCOMPLETE")
    said = notes_of(report)
    assert "MISSING: port two: it is not here; get it" in said
    assert ("Nothing can be compared, so no case was sent" in said) is not available
    print_report(report, Console(quiet=True))


def test_a_port_that_was_given_up_has_cases_that_were_not_compared() -> None:
    report = ran(TinyPanel({"one": HERE}, excused="statistics"), Path("nowhere"))
    for times, sentence in ((1, "1 case was not compared"), (7, "7 cases were not compared")):
        report.ports[1].not_compared[UNANSWERED] = times
        assert f"GIVEN UP: port one: it failed too often; {sentence}" in notes_of(report)


def test_a_number_has_the_noun_that_it_takes() -> None:
    assert [counted(number, "case") for number in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]
    assert [counted(number, "batch") for number in (1, 2)] == ["1 batch", "2 batches"]
    assert counted(1, "path", ("differs", "differ")) == "1 path differs"
    assert counted(2, "path", ("differs", "differ")) == "2 paths differ"


def test_no_text_of_the_harness_leaves_the_plural_to_its_reader() -> None:
    root = Path(__file__).resolve().parents[2]
    texts = [path for folder in ("harness", "doge_core") for path in (root / folder).rglob("*.py")]
    assert [str(path) for path in texts if "(s)" in path.read_text(encoding="utf-8")] == []
