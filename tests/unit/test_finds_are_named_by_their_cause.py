"""Two bugs are two finds, and one bug is one: breakdowns are named by cause and event, the detector's cases by stage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.table import Table

from generators.reducer.bulk import generate_cases
from harness.cli.output import console_for
from harness.comparators.divergence import Divergence, event_type
from harness.comparators.path import path_of
from harness.panel import Availability, Depth
from harness.subjects.detector.judging.stages import STAGES, stage_of, staged
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Port, PortError
from harness.subjects.reducer.ports.python import PythonPort

SEED, CASES = 11, 40


class Breaking(Port):
    """The reference, which gives no answer to some events: by a cause for each type."""

    name = "breaking"

    def __init__(self, causes: dict[str, str]) -> None:
        self._causes, self._port = causes, PythonPort()

    def availability(self) -> Availability:
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        request = json.loads(line)
        for event in request.get("events", [request.get("event")]):
            cause = self._causes.get(event_type(event))
            if cause == "refused":
                return b'{"error": "not now", "kind": "ValueError"}'
            if cause:
                raise PortError(f"{cause}: {len(line)} bytes were too many", cause)
        return self._port.answer(line)


def finds_of(causes: dict[str, str]) -> set[tuple[str, str, str]]:
    """Fingerprint, event and cause of the first divergence of many cases."""
    panel = ReducerPanel([PythonPort(), Breaking(causes)], {})
    found = set()
    for case in generate_cases(SEED, CASES):
        panel.forgive()
        judgement = panel.judge("breaking", case, panel.expect(case), Depth.PLAIN)
        for first in judgement.divergences[:1]:
            found.add((first.fingerprint, first.event_type, first.cause))
    return found


def test_breakdowns_are_named_by_cause_and_event() -> None:
    causes = {"RecoveryFillEvent": "died by SIGSEGV", "RecoveryCancelEvent": "died by SIGSEGV", "FillEvent": "timeout"}
    found = finds_of(causes)
    assert {(event, cause) for _, event, cause in found} == set(causes.items())
    assert len(found) == len(causes)


def test_a_refusal_is_named_by_its_kind_and_event() -> None:
    found = finds_of({"FillEvent": "refused", "TimerTick": "refused"})
    # Where the reference refuses as well, in other words, the words differ.
    assert {(event, cause) for _, event, cause in found if cause} == {
        ("FillEvent", "refused (ValueError)"), ("TimerTick", "refused (ValueError)")
    }  # fmt: skip


def at(path: str, kind: Any = "value") -> Divergence:
    return Divergence(path=path_of(path), kind=kind, reference=1, candidate=2)


def test_a_case_of_the_detector_is_named_by_the_first_stage_at_which_it_differs() -> None:
    late = [at("$.inference.updates[3].value.confidence"), at("$.same_seed.trainings[0].trained.value.means[1][2]")]
    first = at("$.same_seed.trainings[0].start.value.centres[0][1]")
    found = staged([*late, first])
    assert [each.path for each in found] == [first.path, late[1].path, late[0].path]
    assert {each.stage for each in found} == {"centres (value)"}
    # The same root cause in another kind of case, in which less follows from it.
    alone = staged([at("$.same_seed.start.value.centres[2][0]")])
    assert alone[0].fingerprint == found[0].fingerprint == found[2].fingerprint
    assert staged(late)[0].fingerprint != found[0].fingerprint


def test_what_follows_from_no_stage_keeps_its_own_name() -> None:
    touched, features = at("$.touched.random"), at("$.features.rows.value[0][1]")
    found = staged([touched, features])
    assert [each.stage for each in found] == ["features (value)", ""]
    assert found[1].fingerprint == touched.fingerprint
    assert staged([touched]) == [touched]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("$.features.rows.value[0][0]", "features"), ("$.same_seed.trainings[0].deviation.value[1]", "mean and deviation"),
        ("$.same_seed.start.value.draws.transmat[0][0]", "draws"), ("$.same_seed.start.value.covars[0][0]", "start"),
        ("$.em.rounds[0].value.history", "rounds"), ("$.same_seed.trained.value.iterations", "trained"),
        ("$.same_seed.trainings[1].returned.value", "trained"), ("$.same_seed.labels.value[0]", "labels"),
        ("$.same_seed.path.value[7]", "path"), ("$.same_seed.posteriors.value[0][0]", "posteriors and score"),
        ("$.inference.path.value[0]", "path"), ("$.inference.updates[0].value.confidence", "inference"),
        ("$.functions.steps[0].value", None), ("$.errors.steps[0].error.words", None), ("$.touched.random", None),
        ("$", None),
    ],
)  # fmt: skip
def test_every_part_of_an_outcome_has_its_stage(path: str, stage: str | None) -> None:
    assert stage_of(path_of(path)) == stage
    assert stage is None or stage in STAGES


def test_a_name_between_colons_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("port")
    table.add_row("exe:two:")
    console = console_for(as_data=False)
    console.print(table)
    console.print("exe:two: diverges")
    assert capsys.readouterr().out.count("exe:two:") == 2
