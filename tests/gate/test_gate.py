"""The gate on the command line, its policy, the freeze and sign-offs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.evidence.statement import stamp
from harness.gate.freeze import HistoryError, frozen_since, meaning_of
from harness.gate.policy import DEFAULT_FILE, SIGN_OFF, PolicyError, read_policy
from harness.store.ledger import Ledger
from tests.gate.ledgers import NOW, begun, fill, satisfying
from tests.gate.test_certificate import parity


def without_a_command(folder: Path) -> Path:
    """A policy of one's own that names no command for the baseline."""
    own = folder / "policy.toml"
    [line] = [line for line in POLICY.splitlines() if "--side reference" in line]
    own.write_text(POLICY.replace(line, ""), encoding="utf-8")
    return own


def test_an_empty_ledger_lists_what_is_missing_with_its_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    code, out, _ = parity(capsys, "gate", "--ledger", url)
    assert code == 1
    assert out.splitlines()[-1].startswith("CANNOT TELL: 1 go, 0 no-go, ")
    assert "cannot tell 2.night/reducer: parity fuzz --subject reducer --sequences 100000" in out
    code, out, _ = parity(capsys, "gate", "--ledger", url, "--json")
    data = json.loads(out)
    assert (code, data["exit_code"], data["verdict"]) == (1, 1, "cannot tell")
    assert {each["status"] for each in data["criteria"]} == {"go", "cannot tell"}


def test_a_phase_asks_for_itself_and_for_those_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    _, out, _ = parity(capsys, "gate", "--phase", "1", "--ledger", url, "--json")
    assert {each["phase"] for each in json.loads(out)["criteria"]} == {0, 1}


def test_every_criterion_has_a_source_and_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    fill(ledger, satisfying(read_policy()))
    ledger.close()
    for criterion in read_policy().criteria:
        _, out, _ = parity(capsys, "gate", "explain", criterion.id, "--ledger", url)
        assert criterion.source in out
        for rule in criterion.rules:
            assert f"rule       {rule.text}" in out
        assert "why        " in out
    code, _, err = parity(capsys, "gate", "explain", "9.nothing", "--ledger", url)
    assert code == 2
    assert "the policy has no such criterion" in err


def test_a_sign_off_counts_once_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = begun(tmp_path)
    assert parity(capsys, "gate", "explain", "0.agreed", "--ledger", url)[0] == 1
    given = ["gate", "sign-off", "0.agreed", "--name", "Ada", "--reason", "read both contracts", "--ledger", url]
    code, out, _ = parity(capsys, *given)
    assert code == 0
    assert "0.agreed/reducer: signed off by Ada\n" in out
    code, out, _ = parity(capsys, "gate", "explain", "0.agreed", "--ledger", url)
    assert code == 0
    assert "why        signed off by Ada: read both contracts\n" in out
    assert parity(capsys, "gate", "explain", "0.questions", "--ledger", url)[0] == 1


def test_one_subject_alone_is_signed_off_by_the_name_that_the_gate_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    given = ["gate", "sign-off", "0.agreed/detector", "--name", "Ada", "--reason", "read it", "--ledger", url]
    assert parity(capsys, *given)[0] == 0
    assert parity(capsys, "gate", "explain", "0.agreed/detector", "--ledger", url)[0] == 0
    assert parity(capsys, "gate", "explain", "0.agreed/reducer", "--ledger", url)[0] == 1


def test_an_explanation_has_the_values_of_rules_and_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    fill(ledger, satisfying(read_policy()))
    ledger.close()
    at = ["--at", stamp(NOW), "--ledger", url]
    _, out, _ = parity(capsys, "gate", "explain", "0.freeze/reducer", *at)
    assert "  evidence   freeze, at most 1 day old\n" in out
    assert "  rule       frozen_since at least 14 days ago: 15.0 days ago\n" in out
    _, out, _ = parity(capsys, "gate", "explain", "2.night", *at)
    assert "  rule       divergent at most 0: 0\n" in out
    assert "  sample     cases at least 100,000: 100,000\n" in out
    _, out, _ = parity(capsys, "gate", "explain", "0.baseline", *at, "--policy", str(without_a_command(tmp_path)))
    assert "  command    no command makes this evidence yet\n" in out


def test_what_is_left_names_the_ledger_that_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = begun(tmp_path)
    _, out, _ = parity(capsys, "gate", "--ledger", url, "--policy", str(without_a_command(tmp_path)))
    assert "cannot tell 0.baseline: no command makes this evidence yet\n" in out
    assert f"Give these commands --ledger {url}, or set PARITY_LEDGER.\n" in out
    monkeypatch.setenv("PARITY_LEDGER", url)
    assert "--ledger" not in parity(capsys, "gate")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["0.freeze", "--name", "Ada", "--reason", "x"], "is none of the criteria that people answer for: 0.incidents"),
        (["0.agreed", "--name", " ", "--reason", "x"], "must say something"),
        (["0.agreed", "--reason", "x"], "--name"),
    ],
)
def test_a_sign_off_that_says_nothing_is_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = parity(capsys, "gate", "sign-off", *arguments, "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert code == 2
    assert said in err


POLICY = DEFAULT_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 1", "version = 2", "version"),
        ('id = "1.critical"', 'id = "0.freeze"', "two of this id"),
        ("phase = 0", "phase = 9", "phase 9 is none of 0 to 6"),
        ("max_age_days = 1\n", "max_age_days = 0\n", "above 0"),
        ('rules = [{ figure = "frozen_since", days_at_least = 14 }]\n', "", "no rule"),
        ("days_at_least = 14", "days_at_least = 14, at_most = 3", "one of at_most"),
        ("days_at_least = 14", "days_at_leats = 14", "days_at_leats"),
        (POLICY, "version = 1\ncriterion = []", "no criterion"),
        (POLICY, "version = [", "is no policy"),
    ],
)
def test_a_policy_with_a_mistake_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    assert old in POLICY
    file.write_text(POLICY.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        read_policy(file)


def test_a_policy_names_a_command_for_whatever_a_machine_can_make() -> None:
    assert {each.id for each in read_policy().criteria if not each.command} == set()
    assert all(each.command.startswith("parity gate sign-off ") for each in read_policy().criteria if each.kind == SIGN_OFF)


@pytest.mark.parametrize("at", ["yesterday", "2026-02-16T12:00:00", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_time_that_is_none_is_refused(at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["gate"], ["dashboard", "--out", str(tmp_path / "site")]):
        code, _, err = parity(capsys, *words, "--at", at, "--ledger", begun(tmp_path))
        assert (code, err.count("\n")) == (2, 1)
        assert f"--at {at}: " in err


def test_comments_and_docstrings_mean_nothing() -> None:
    one = meaning_of('"""Doc."""\n\ndef f(x):\n    """Doc."""\n    return x  # why\n')
    assert one == meaning_of("def f(x):\n    return x\n")
    assert one != meaning_of("def f(x):\n    return x + 1\n")


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with three commits: made, changed in meaning, changed in a comment."""
    monkeypatch.setattr("harness.gate.freeze.ROOT", tmp_path)
    git(tmp_path, 0, "init", "-q")
    for number, source in enumerate(["x = 1\n", "x = 2\n", "x = 2  # why\n"], start=1):
        (tmp_path / "core.py").write_text(source, encoding="utf-8")
        git(tmp_path, number, "add", "-A")
        git(tmp_path, number, "commit", "-qm", f"c{number}")
    return tmp_path / "core.py"


def git(folder: Path, number: int, *arguments: str) -> None:
    who = {
        f"GIT_{role}_{what}": f"{role.lower()}@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    date = {f"GIT_{role}_DATE": f"{1_700_000_000 + number} +0000" for role in ("AUTHOR", "COMMITTER")}
    subprocess.run(["git", *arguments], cwd=folder, env={"PATH": "/usr/bin:/bin", **who, **date}, check=True)


def test_the_freeze_begins_with_the_last_change_of_meaning(history: Path) -> None:
    assert frozen_since([history])[0] == 1_700_000_002.0


def test_a_change_that_was_not_committed_is_no_freeze(history: Path) -> None:
    history.write_text("x = 3\n", encoding="utf-8")
    with pytest.raises(HistoryError, match="was changed and not committed"):
        frozen_since([history])


def test_a_history_that_was_cut_off_cannot_tell(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, 9, "clone", "-q", "--depth", "1", f"file://{tmp_path}", str(shallow))
    monkeypatch.setattr("harness.gate.freeze.ROOT", shallow)
    with pytest.raises(HistoryError, match="is cut off"):
        frozen_since([shallow / history.name])
