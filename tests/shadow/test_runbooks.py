"""Every command of the runbooks runs, and every metric of the alerts is one that the shadow exports."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from doge_core.settings import SENSELESS
from doge_detector import watching as hmm
from doge_detector.settings import SENSELESS as SENSELESS_OF_DETECTOR
from tests.compiled import PACKAGE
from tests.gate.ledgers import begun
from tests.shadow.watched import ROOT, drained, drive, watching
from tests.shadow.watched_detector import settled, watching_detector

DOCS = ROOT / "docs"
PAGES = sorted([DOCS / "STATE_MACHINE_SHADOW_RUNBOOK.md", *(DOCS / "runbooks").glob("*.md")])


def commands_of(page: Path) -> list[str]:
    """The commands in a page's blocks of code."""
    lines = re.findall(r"^ {4,}((?:parity|python) .*)$", page.read_text(encoding="utf-8"), re.M)
    return [line.strip() for line in lines]


# Each once, though several pages may name it.
COMMANDS = [
    (page, command) for command, page in {command: page.name for page in PAGES for command in commands_of(page)}.items()
]
# Options that make a command shorter, and leave it what it is.
SHORTER = {" drill ": "--step-sec 0.5", " run ": "--market-windows 2 --sequences 30"}


def test_the_runbooks_name_commands() -> None:
    assert {page for page, _ in COMMANDS} >= {"STATE_MACHINE_SHADOW_RUNBOOK.md", "rollback.md", "rollout.md"}


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_of_a_runbook_runs(page: str, command: str, tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 20)
        drained(watched)
    with watching_detector(tmp_path) as beside:
        hmm.compute_blended_idle_target(0.1, 0.1, 0.5, 0.3, 0.2, 0.1, 0.6)
        settled(beside)
    words = command.replace("reports/shadow", str(tmp_path / "shadow"))
    words = words.replace("parity", f"{sys.executable} -m harness", 1) if words.startswith("parity") else words
    words = words.replace("python -c", f"{sys.executable} -c", 1) if words.startswith("python") else words
    words += "".join(f" {option}" for word, option in SHORTER.items() if word in words)
    environment = {
        **os.environ,
        "PARITY_LEDGER": begun(tmp_path),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{PACKAGE.parent}",
    }
    if " serve" in words:
        # It ends when it is told to, which it is once it can be asked.
        words = f"exec {words}"
        ended = served(words, environment, tmp_path / "said")
    else:
        ended = subprocess.run(
            ["sh", "-c", words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
    # A gate of an empty ledger says no, which is an answer.
    assert ended.returncode in ((0, 1) if " gate" in words else (0,)), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def served(words: str, environment: dict[str, str], log: Path) -> subprocess.CompletedProcess[str]:
    """Start a server, tell it to end when it says its address, and return how it ended."""
    with (
        log.open("w", encoding="utf-8") as said,
        subprocess.Popen(["sh", "-c", words], cwd=ROOT, env=environment, stdout=said, stderr=said) as process,
    ):
        give_up = time.monotonic() + 60.0
        while "http://" not in log.read_text(encoding="utf-8") and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(30.0)
    told = log.read_text(encoding="utf-8")
    assert "http://" in told, told
    return subprocess.CompletedProcess(words, code, told, told)


def test_every_metric_of_the_alerts_is_exported() -> None:
    rules = yaml.safe_load((DOCS / "runbooks" / "prometheus-rules.yml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    told = (DOCS / "runbooks" / "alerts.md").read_text(encoding="utf-8")
    source = (ROOT / "doge_shadow" / "prometheus.py").read_text(encoding="utf-8")
    assert len(alerts) == 2 * 6
    for alert in alerts:
        assert alert["alert"] in told
        for name in re.findall(r"(?:state_machine|hmm)_shadow_(\w+)", alert["expr"]):
            assert f'"{name.removesuffix("_total")}"' in source, name


@pytest.mark.parametrize(("prefix", "senseless"), [("state_machine", SENSELESS), ("hmm", SENSELESS_OF_DETECTOR)])
def test_an_alert_watches_every_cause_that_makes_no_sense(prefix: str, senseless: frozenset[str]) -> None:
    rules = (DOCS / "runbooks" / "prometheus-rules.yml").read_text(encoding="utf-8")
    [pattern] = re.findall(rf'{prefix}_shadow_failures_total{{cause=~"([^"]+)"}}', rules)
    assert all(re.fullmatch(pattern, cause) for cause in senseless)
    assert not re.fullmatch(pattern, "resting")
