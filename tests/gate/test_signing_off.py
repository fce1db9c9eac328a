"""A sign-off covers the words that were signed, by somebody who can be seen, and of something that is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.book import read_book
from harness.evidence.statement import Evidence, stamp
from harness.gate.judge import Status
from harness.gate.policy import DEFAULT_FILE, SIGN_OFF, PolicyError, read_policy
from harness.store.ledger import Ledger
from tests.gate.ledgers import ENDED, NOW, begun, edited, fill, gate, named, satisfying
from tests.gate.test_certificate import parity

POLICY = DEFAULT_FILE.read_text(encoding="utf-8")
QUESTIONS = "No architecture-blocking question is open."


def own(folder: Path, old: str, new: str) -> Path:
    file = folder / "own.toml"
    assert old in POLICY
    file.write_text(POLICY.replace(old, new), encoding="utf-8")
    return file


def sign(capsys: pytest.CaptureFixture[str], ident: str, url: str, *more: str, name: str = "Ada") -> tuple[int, str, str]:
    return parity(capsys, "gate", "sign-off", ident, "--name", name, "--reason", "looked at it", "--ledger", url, *more)


def test_a_sign_off_of_other_words_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, weather = begun(tmp_path), own(tmp_path, QUESTIONS, "The weather is nice.")
    assert sign(capsys, "0.questions", url, "--policy", str(weather))[0] == 0
    code, out, _ = parity(capsys, "gate", "explain", "0.questions", "--ledger", url)
    assert code == 1
    assert "why        the newest record is of another wording of the criterion, or of what it covers\n" in out
    assert parity(capsys, "gate", "explain", "0.questions", "--ledger", url, "--policy", str(weather))[0] == 0
    assert sign(capsys, "0.questions", url)[0] == 0
    assert parity(capsys, "gate", "explain", "0.questions", "--ledger", url)[0] == 0


def test_a_sign_off_covers_what_its_criterion_covered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    less = own(tmp_path, 'max_age_days = 365\nmatch = ["contract"]', "max_age_days = 365")
    assert sign(capsys, "0.agreed", url, "--policy", str(less))[0] == 0
    assert parity(capsys, "gate", "explain", "0.agreed", "--ledger", url)[0] == 1


def test_the_record_keeps_the_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    sign(capsys, "0.questions", url)
    ledger = Ledger(url, make=False)
    [entry] = read_book(ledger).entries
    ledger.close()
    assert entry.evidence is not None
    [criterion] = [each for each in read_policy().criteria if each.id == "0.questions"]
    assert (entry.evidence.details["text"], entry.evidence.details["signed"]) == (QUESTIONS, criterion.signed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\u200b", "must say something that can be seen"),
        (" \u00a0\u2060\ufeff", "must say something that can be seen"),
        ("\u3164\u2800", "must say something that can be seen"),
        ("\u0301", "must say something that can be seen"),
        ("Ada\x1b[2J\n0.incidents: signed off by Bob", "holds a control sign or a line break (U+001B)"),
        ("Ada\nBob", "holds a control sign or a line break (U+000A)"),
        ("Ada\rBob", "U+000D"),
        ("Ada\u2028Bob", "U+2028"),
        ("Ada\u202eboB", "U+202E"),
        ("Ada\x85Bob", "U+0085"),
        ("NAME", "stands for your own words"),
        (" Reason ", "stands for your own words"),
    ],
)
@pytest.mark.parametrize("option", ["--name", "--reason"])
def test_words_that_a_reader_would_not_see_as_they_are_are_refused(
    option: str, text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {"--name": "--reason", "--reason": "--name"}[option]
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    code, out, err = parity(capsys, "gate", "sign-off", "0.questions", option, text, other, "Ada", "--ledger", url)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"parity: gate sign-off: {option} ")
    assert said in err
    assert err.isprintable() or err.rstrip("\n").isprintable()
    assert not (tmp_path / "l.sqlite").exists()


@pytest.mark.parametrize("name", ["Ada Lovelace", "王小明", "Nuñez, J.", "Zoë 👩‍💻", "O'Brien (night shift)"])
def test_names_of_people_are_accepted(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = sign(capsys, "0.questions", begun(tmp_path), name=name)
    assert (code, f"0.questions: signed off by {name}\n" in out) == (0, True)


def test_what_an_imported_sign_off_holds_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def hostile(evidence: Evidence) -> Evidence:
        return replace(evidence, details={**evidence.details, "name": "Ada\x1b[2J\n0.incidents: signed by Bob", "reason": ""})

    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    fill(ledger, edited(satisfying(read_policy()), SIGN_OFF, "", hostile))
    ledger.close()
    _, out, _ = parity(capsys, "gate", "explain", "0.questions", "--ledger", url)
    assert "\x1b" not in out
    assert "\n0.incidents" not in out


def test_what_a_record_holds_makes_no_line_of_the_gates_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = "no\n0.incidents: go\u20280.freeze: go"
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    changed = edited(satisfying(read_policy()), "bench", "reducer", lambda each: replace(each, exit_code=1, verdict=verdict))
    fill(ledger, changed)
    ledger.close()
    for words in (["gate"], ["gate", "explain", "4.compute/reducer"]):
        out = parity(capsys, *words, "--at", stamp(NOW), "--ledger", url)[1]
        assert "the command said no" in out
        assert not any(line.startswith("0.") for line in out.splitlines())


def test_an_error_that_names_what_was_typed_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["gate", "explain", "\x1b[2J"], ["gate", "--at", "\x1b[2J"]):
        code, _, err = parity(capsys, *words, "--ledger", begun(tmp_path))
        assert (code, "\x1b" in err) == (2, False)


def accepted(tmp_path: Path, keep: Callable[[Evidence], Evidence | None]) -> Any:
    """The finding on the acceptance where records were kept, changed or left out."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    kept = [each for each in map(keep, satisfying(read_policy())) if each is not None]
    fill(ledger, sorted(kept, key=lambda each: each.ended_at))
    found = named(gate(*ledger.evidence()))["3.accepted/reducer"]
    ledger.close()
    return found


def is_shadow(evidence: Evidence) -> bool:
    return (evidence.kind, evidence.subject) == ("shadow", "reducer")


def test_a_shadow_period_is_accepted_once_there_is_one(tmp_path: Path) -> None:
    assert accepted(tmp_path, lambda each: each).status is Status.GO


def test_no_shadow_period_is_not_accepted(tmp_path: Path) -> None:
    found = accepted(tmp_path, lambda each: None if is_shadow(each) else each)
    assert (found.status, found.reason) == (
        Status.CANNOT_TELL,
        "3.shadow/reducer is cannot tell, and this stands on it",
    )


def test_a_period_that_came_after_the_acceptance_was_not_accepted(tmp_path: Path) -> None:
    later = accepted(tmp_path, lambda each: replace(each, ended_at=ENDED + 60.0) if is_shadow(each) else each)
    assert later.status is Status.CANNOT_TELL
    assert later.reason.startswith("was before there was evidence of 3.shadow/reducer")


def test_an_acceptance_of_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    code, out, err = sign(capsys, "3.accepted", url)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "gate sign-off 3.accepted/reducer: 3.shadow/reducer is cannot tell (there is no such evidence)" in err
    assert "parity shadow report --subject reducer" in err


def test_an_acceptance_of_a_period_is_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    [period] = [each for each in satisfying(read_policy()) if is_shadow(each)]
    fill(ledger, [replace(period, ended_at=time.time() - 60.0, started_at=time.time() - 120.0)])
    ledger.close()
    assert sign(capsys, "3.accepted", url)[0] == 0
    assert parity(capsys, "gate", "explain", "3.accepted", "--ledger", url)[0] == 0


@pytest.mark.parametrize("needs", ["3.accepted", "3.rollback", "3.shadwo"])
def test_what_is_needed_has_to_come_before(needs: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=f"needs {needs}, which is none of the criteria before it"):
        read_policy(own(tmp_path, 'needs = ["3.shadow"]', f'needs = ["{needs}"]'))
