"""A policy that means something else than it says is refused, or told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.statement import Figure
from harness.gate.judge import _breaks
from harness.gate.policy import DEFAULT_FILE, PolicyError, Rule, read_policy, strangers
from harness.subjects.registry import names
from tests.gate.ledgers import DAY, begun, record
from tests.gate.test_certificate import parity

SIGNED = ["gate", "sign-off", "0.questions", "--name", "Ada", "--reason", "read it"]
POLICY = DEFAULT_FILE.read_text(encoding="utf-8")


def own(folder: Path, old: str, new: str) -> Path:
    file = folder / "own.toml"
    assert old in POLICY
    file.write_text(POLICY.replace(old, new, 1), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "0.incidents"', 'id = "ledger"', "every gate has an entry of this id"),
        ('id = "0.incidents"', 'id = "0.agreed/detector"', "letters, digits"),
        ('id = "0.incidents"', 'id = "0.a\\nb"', "letters, digits"),
        ('id = "0.incidents"', 'id = ""', "letters, digits"),
        ('subjects = ["reducer"]', 'subjects = ["reducer", "reducer"]', "names a subject twice"),
        ("days_at_least = 14", "days_at_least = -1e299", "days_at_least must be from 0"),
        ("days_at_least = 14", "days_at_least = -1", "days_at_least must be from 0"),
        ("days_at_least = 14", "days_at_least = 40000", "days_at_least must be from 0"),
        ("max_age_days = 1\n", "max_age_days = 1e200\n", "max_age_days must be above 0, and at most 36525"),
        ('figure = "findings", at_most = 0', 'figure = "findings", at_most = 1e300', r"1e\+300 is no limit"),
        ('figure = "metrics", at_least = 5 }]\nsample', 'figure = "metrics", at_least = -1e300 }]\nsample', "is no limit"),
        ("at_least = 100, of", "at_least = -100, of", "every record would be large enough"),
        ("of = { reducer = 2000,", "of = { reducer = -2000,", "every record would be large enough"),
        (
            '{ figure = "states", at_least = 100000 }',
            '{ figure = "states", at_least = 1, of = { reducre = 100000 } }',
            "of names reducre, which is none of the criterion's subjects",
        ),
    ],
)
def test_a_criterion_that_asks_for_nothing_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=said) as refused:
        read_policy(own(tmp_path, old, new))
    assert "\n" not in str(refused.value).partition(" (")[0]


def test_a_limit_of_no_days_is_one(tmp_path: Path) -> None:
    assert read_policy(own(tmp_path, "days_at_least = 14", "days_at_least = 0")).criteria


def test_what_only_a_day_can_mend_says_which() -> None:
    rule = Rule(figure="frozen_since", days_at_least=14.0)
    evidence = record("freeze", "", ident="f", figures={"frozen_since": Figure(DAY * 100.5)})
    assert _breaks(rule, evidence, DAY * 110.0) == (
        "frozen_since is 9.5 days ago, wanted at least 14 days ago, which it is from 1970-04-25 on"
    )
    # A figure that is no day of any calendar, as an edited record may have it.
    far = replace(evidence, figures={"frozen_since": Figure(1e300)})
    assert str(_breaks(rule, far, DAY * 110.0)).endswith("wanted at least 14 days ago")
    assert "which it is from" not in str(
        _breaks(Rule(figure="lost", at_most=0.0), replace(evidence, figures={"lost": Figure(1)}), 0.0)
    )


def test_every_subject_of_the_policy_is_installed() -> None:
    assert strangers(read_policy(), names()) == []


@pytest.mark.parametrize(
    ("old", "new", "ident"),
    [
        ('subjects = ["reducer"]', 'subjects = ["redcuer"]', "1.branches"),
        ("of = { reducer = 2000,", "of = { redcuer = 2000,", "1.critical"),
    ],
)
@pytest.mark.parametrize("words", [["gate"], ["gate", "explain", "0.freeze"], SIGNED], ids=lambda words: words[-1])
def test_a_subject_that_is_not_installed_is_told(
    words: list[str], old: str, new: str, ident: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = own(tmp_path, old, new)
    _, _, err = parity(capsys, *words, "--policy", str(policy), "--ledger", begun(tmp_path))
    assert err == f"parity: warning: --policy {policy}: {ident} names the subject redcuer, which is not installed here\n"


def test_a_criterion_about_a_subject_that_is_not_installed_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = own(tmp_path, 'subjects = ["reducer"]', 'subjects = ["redcuer"]')
    code, out, _ = parity(capsys, "gate", "explain", "1.branches", "--policy", str(policy), "--ledger", begun(tmp_path))
    assert code == 1
    assert "why        the subject redcuer is not installed here; there are reducer, detector" in out


def test_a_sign_off_of_a_subject_that_is_not_installed_leaves_no_half(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = 'kind = "sign-off"\nmax_age_days = 365\nmatch = ["contract"]'
    policy = own(tmp_path, old, f'subjects = ["reducer", "gone"]\n{old}')
    words = ["gate", "sign-off", "0.agreed", "--name", "Ada", "--reason", "read it", "--policy", str(policy)]
    code, out, _ = parity(capsys, *words, "--ledger", begun(tmp_path))
    assert (code, out) == (2, "")
