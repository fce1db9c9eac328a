"""Every bug planted in a candidate is caught by `parity run`, with its path, its step and its event."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main

PLANTED = Path(__file__).with_name("planted.py")
CANDLES = Path(__file__).with_name("candles.csv")


def exit_code_of(*arguments: str) -> int:
    """How `parity` ends."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def run_against(
    bug: str, reports: Path, capsys: pytest.CaptureFixture[str], *, sequences: int = 150
) -> tuple[int, dict[str, Any]]:
    """`parity run` with a planted candidate: exit code and report."""
    exe = shlex.join([sys.executable, str(PLANTED), bug])
    arguments = ["run", "--sequences", str(sequences), "--seed", "3", "--candles", str(CANDLES), "--reports", str(reports)]
    code = exit_code_of(*arguments, "--timeout-sec", "2", "--json", "--candidate-exe", exe)
    return code, json.loads(capsys.readouterr().out)


def test_a_candidate_without_a_bug_is_at_parity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against("parity", tmp_path, capsys)
    assert report["findings"] == []
    assert code == 0
    assert [port["verdict"] for port in report["ports"]] == ["reference", "parity"]
    assert not list(tmp_path.iterdir())


# The bug, and what has to be in the path of its first divergence.
BY_STEP = {
    "naive_rounding": ".price",
    "other_constant": ".price",
    "lost_cooldown_maximum": "cooldown_until",
    "fill_moves_market": ".market_price",
    "forgets_quote_fee": ".total_settled_usd",
    "reassociated_profit": "profit",
    "swapped_actions": ".actions[0]",
    "drops_minus_zero": ".",
    "ints_for_floats": ".",
    "wrong_digest": ".digest",
    "wrong_violations": ".violations",
    "wrong_session": ".session",
}
# A zero with a sign is rare in ordinary traffic, so its fixtures stand guard.
BY_FIXTURES = ("drops_minus_zero",)


@pytest.mark.parametrize("bug", BY_STEP)
def test_a_bug_is_caught_with_path_step_and_event(bug: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against(bug, tmp_path, capsys)
    assert code == 1
    located = [finding["divergence"] for finding in report["findings"] if finding["divergence"]["step"] is not None]
    assert any(BY_STEP[bug] in divergence["path"] for divergence in located), [item["path"] for item in located][:10]
    assert all(divergence["event"] is not None or divergence["path"].endswith("error") for divergence in located[:5])
    assert all(port["divergent"] == {} for port in report["ports"] if port["name"] == "python")
    if bug not in BY_FIXTURES:
        assert any(finding["source"] == "generated" for finding in report["findings"]), "generated cases alone find it"
    repro = next(finding["repro"] for finding in report["findings"] if finding["repro"])
    assert exit_code_of("replay", repro) == 1, "a repro holds all that its divergence needs"


# What any reader of JSON forgives, and where it shows.
BY_SPELLING = {"duplicate_keys": ".phase", "type_last": "._type", "seventeen_digits": "."}


@pytest.mark.parametrize("bug", BY_SPELLING)
def test_an_answer_that_only_reads_alike_is_caught(bug: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against(bug, tmp_path, capsys, sequences=20)
    assert code == 1
    divergences = [finding["divergence"] for finding in report["findings"]]
    assert {divergence["kind"] for divergence in divergences} == {"wire"}
    assert all(BY_SPELLING[bug] in divergence["path"] for divergence in divergences)
    assert any(finding["source"] == "generated" for finding in report["findings"]), "generated cases alone find it"


BY_FIXTURE = {
    "composed_texts": "unicode_decomposed",
    "one_session": "session_64_are_kept",
    "index_from_the_end": "session_patches_refused",
    "last_for_too_large_index": "session_patches_refused",
    "pct_over_100_early": "order_of_entry_price",
}


@pytest.mark.parametrize("bug", BY_FIXTURE)
def test_a_bug_that_ordinary_cases_seldom_meet_has_its_fixture(
    bug: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = run_against(bug, tmp_path, capsys, sequences=0)
    assert code == 1
    assert BY_FIXTURE[bug] in {finding["case"] for finding in report["findings"]}


def test_generated_cases_find_composed_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, report = run_against("composed_texts", tmp_path, capsys)
    assert any(finding["source"] == "generated" for finding in report["findings"])


def test_a_tie_broken_the_other_way_is_caught_by_its_fixture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against("tie_takes_buy_exit", tmp_path, capsys, sequences=0)
    assert code == 1
    assert "s2_tie_orphans_sell_exit" in {finding["case"] for finding in report["findings"]}


def test_a_method_beyond_replay_is_compared_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against("wrong_volume", tmp_path, capsys, sequences=0)
    assert code == 1
    assert report["findings"][0]["divergence"]["path"] == "$.compute_order_volume.volume"


def test_another_contract_is_caught_before_any_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run_against("other_contract", tmp_path, capsys, sequences=10)
    assert code == 1
    candidate = report["ports"][1]
    assert "$.types.EngineConfig[3][2]" in [divergence["path"] for divergence in candidate["contract_divergences"]]
    assert "$.contract_hash" in [divergence["path"] for divergence in candidate["contract_divergences"]]
    assert candidate["cases"] == {}


@pytest.mark.parametrize(("bug", "said"), [("dies", "died"), ("hangs", "timeout"), ("prints_garbage", "not JSON")])
def test_a_candidate_that_fails_is_a_divergence_and_the_run_goes_on(
    bug: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = run_against(bug, tmp_path, capsys, sequences=20)
    assert code == 1
    failures = [finding["divergence"] for finding in report["findings"]]
    assert failures[0]["kind"] == "error"
    assert said in failures[0]["candidate"]
    reference, candidate = report["ports"]
    assert reference["cases"]["generated"] == 20
    # It was started again and answered until it failed once more.
    assert sum(candidate["cases"].values()) > sum(candidate["divergent"].values()) or candidate["not_compared"]


def test_a_repro_replays_until_the_bug_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, report = run_against("fill_moves_market", tmp_path, capsys, sequences=0)
    repro = report["findings"][0]["repro"]
    for bug, expected in (("fill_moves_market", 1), ("parity", 0)):
        assert exit_code_of("replay", repro, "--candidate-exe", shlex.join([sys.executable, str(PLANTED), bug])) == expected


def test_golden_verify_convicts_a_planted_bug_by_name_and_path(capsys: pytest.CaptureFixture[str]) -> None:
    exe = shlex.join([sys.executable, str(PLANTED), "lost_cooldown_maximum"])
    assert exit_code_of("golden", "verify", "--subject", "reducer", "--json", "--candidate-exe", exe) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert ("reentry_cooldown_blocks_both", "$.steps[0].digest") in {(item["fixture"], item["where"]) for item in problems}
