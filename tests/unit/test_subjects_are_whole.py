"""What a subject lacks is one sentence, whatever it is, and the guide lists what it must have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import harness.subjects.registry as registry
from generators.errors import ParityError
from harness.cli.main import main
from harness.parts import MAY, MUST, SubjectError
from harness.shrinking import Shrinking
from harness.subject import Cases, Golden, Measures, Subject, Tally
from tests.subjects import DETECTOR, REDUCER

HERE = "tests.unit.test_subjects_are_whole"
PARTS = {"cases": f"{HERE}:Whole", "tally": f"{HERE}:Whole", "shrinking": f"{HERE}:Whole"}
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "adding_a_subject.md"


class Whole:
    """A part that lacks nothing."""


class NoWanted(Tally[Any]):
    """A tally that does not say what cases must meet."""

    def met(self, case: Any, expected: Any) -> Any:
        return iter(())


class NoAbsorb(Measures):
    """Measures that count, and cannot be put together."""

    def add(self, case: Any, judgement: Any) -> None:
        del case, judgement


class Tiny(Subject[Any]):
    """A subject with the parts that it is given."""

    name = "tiny"
    options = frozenset()
    defaults: Any = SimpleNamespace(sequences=1)

    def __init__(self, parts: Mapping[str, str], **others: Any) -> None:
        self.parts = dict(parts)  # type: ignore[misc]
        vars(self).update(others)

    def open(self, request: Any) -> Any:
        raise AssertionError(request)

    def sources(self) -> Any:
        return {}

    def port_files(self, candidates: Any) -> Any:
        return {}


def loaded(monkeypatch: pytest.MonkeyPatch, load: Any) -> Subject[Any]:
    """A subject of another package, as its entry point loads it."""
    point = SimpleNamespace(load=load, value="tiny_subject:SUBJECT")
    monkeypatch.setattr(registry, "_installed", lambda: {"tiny": point})
    registry.subject_called.cache_clear()
    try:
        return registry.subject_called("tiny")
    finally:
        registry.subject_called.cache_clear()


def without(name: str) -> dict[str, str]:
    return {part: cls for part, cls in PARTS.items() if part != name}


@pytest.mark.parametrize("name", MUST)
def test_a_subject_without_a_part_that_it_must_have_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SubjectError, match=f"^the subject tiny has no {name}, which every subject must have in its parts "):
        loaded(monkeypatch, lambda: Tiny(without(name)))


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (lambda: Tiny({}), "has no cases and no tally and no shrinking, which every subject must have"),
        (lambda: Tiny({**PARTS, "shrinks": "x:Y"}), "names a part 'shrinks', and there are only cases, tally, shrinking"),
        (lambda: Tiny(PARTS, name="small"), "calls itself 'small'; give it the name that it is registered under"),
        (lambda: Tiny(PARTS, candidate_option="candidate_exes"), "names candidates by 'candidate_exes', which is none of"),
        (lambda: SimpleNamespace(name="tiny", defaults=None, options=()), "has no attribute 'parts'"),
        (lambda: SimpleNamespace().SUBJECT, "cannot be loaded from tiny_subject:SUBJECT: "),
        (lambda: Subject(), "cannot be loaded from tiny_subject:SUBJECT: Can't instantiate abstract class"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_subject_is_a_sentence(subject: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SubjectError) as caught:
        loaded(monkeypatch, subject)
    assert str(caught.value).startswith(f"the subject tiny {said}")
    assert str(caught.value).endswith("(docs/adding_a_subject.md lists what it must have)")


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        ("NoWanted", "has NoWanted as its tally, which lacks wanted"),
        ("Gone", f"names '{HERE}:Gone' as its tally, which cannot be loaded: "),
    ],
)
def test_a_part_that_is_not_whole_is_a_sentence(cls: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = loaded(monkeypatch, lambda: Tiny({**PARTS, "tally": f"{HERE}:{cls}"}))
    with pytest.raises(SubjectError, match=f"^the subject tiny {re.escape(said)}"):
        subject.tally  # noqa: B018


def test_a_command_says_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(registry.BUILT_IN, "reducer", f"{HERE}:SHORT")
    registry.subject_called.cache_clear()
    with pytest.raises(SystemExit) as ended:
        main(["fuzz", "--subject", "reducer"])
    registry.subject_called.cache_clear()
    assert ended.value.code == ParityError.exit_code == 2
    assert "parity: the subject reducer has no shrinking, which every subject must have" in capsys.readouterr().err


def test_the_built_in_subjects_are_whole() -> None:
    for subject in (REDUCER, DETECTOR):
        assert {*MUST} <= subject.parts.keys() <= {*MUST, *MAY}


def test_the_guide_lists_every_part_and_every_method_that_must_be_written() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    must = [name for cls in (Cases, Tally, Shrinking) for name in cls.__abstractmethods__]
    for name in must:
        assert re.search(rf"\*\*`{name}[`(]", text), name
    for name in (*MAY, "Cases", "Tally", "Shrinking", "candidates", "defaults", "options", "parts"):
        assert f"`{name}`" in text, name
    assert Golden.__abstractmethods__


SHORT = Tiny(without("shrinking"), name="reducer")


def test_measures_that_several_processes_could_not_put_together_are_refused() -> None:
    with pytest.raises(SubjectError, match="tiny has NoAbsorb as its measures, which lacks absorb"):
        Tiny({**PARTS, "measures": f"{HERE}:NoAbsorb"}).measures()
    assert type(Tiny(PARTS).measures()) is Measures
    assert DETECTOR.measures() is not DETECTOR.measures()
