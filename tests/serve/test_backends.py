"""The live page says which backend answers here, and why it is not the one that was wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.serve.backends import Backends, environment, run_apart
from harness.serve.metrics import exposition
from harness.subjects.registry import names, subject_called
from tests.serve.servers import serving, wait_for

# The answer of an adapter, with a backend's name as JSON.
ANSWER = '{"answered": %s, "configured": "x", "shadow": false, "more": 1}'
GOOD, LONE, SPACED = '"x"', r'"\ud800"', '"a b"'
WITH_ADAPTER = [name for name in names() if "adapter" in subject_called(name).parts]


def asked(backends: Backends) -> dict[str, dict[str, Any]]:
    backends.ask()
    return {each["subject"]: each for each in backends.status()}


def test_the_compiled_ports_answer_where_they_are() -> None:
    found = asked(Backends())
    assert list(found) == WITH_ADAPTER
    assert {name: each["answered"] for name, each in found.items()} == {"reducer": "haskell", "detector": "rust"}
    assert not any(each["said"] for each in found.values())


@pytest.mark.parametrize("broken", ["/bin/true", "/no/such"])
def test_python_answers_where_the_executable_is_broken_and_it_is_said_why(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", broken)
    found = asked(Backends())["reducer"]
    assert found["answered"] == "python"
    assert any(broken in line for line in found["said"]) or "no executable found" in found["said"][0]


def test_a_shadow_answers_with_python_and_no_call_of_the_server_is_in_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for core in ("CORE", "HMM"):
        monkeypatch.setenv(f"DOGE_{core}_SHADOW", "1")
        monkeypatch.setenv(f"DOGE_{core}_SHADOW_DIR", str(tmp_path))
    found = asked(Backends())
    assert {each["answered"] for each in found.values()} == {"python"}
    assert all(each["shadow"] for each in found.values())
    lines = [json.loads(line) for path in tmp_path.rglob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    assert not any(line.get("seen") for line in lines)


def test_no_call_of_the_server_is_in_a_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for core in ("CORE", "HMM"):
        monkeypatch.setenv(f"DOGE_{core}_TELEMETRY", str(tmp_path / f"{core}.jsonl"))
    assert {each["answered"] for each in asked(Backends()).values()} == {"haskell", "rust"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise SystemExit('no such thing')", "ended with 1"),
        ("print('nonsense')", "its answer makes no sense"),
        ("print('{}')", "its answer makes no sense"),
        ("print('[' * 200000)", "its answer makes no sense"),
        (f"print(' ' * 70000 + {ANSWER % GOOD!r})", "its answer makes no sense"),
        (f"print({ANSWER % 'NaN'!r})", "its answer makes no sense"),
        (f"print({ANSWER % LONE!r})", "its answer makes no sense"),
        (f"print({ANSWER % SPACED!r})", "its answer makes no sense"),
    ],
)
def test_an_adapter_that_cannot_tell_is_an_error(code: str, sentence: str) -> None:
    def run(_: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    found = asked(Backends(run))
    assert list(found) == WITH_ADAPTER
    assert all(sentence in each["error"] and "answered" not in each for each in found.values())
    assert b"parity_backend{" not in exposition({"backends": list(found.values())})


def test_an_adapter_that_hangs_is_an_error() -> None:
    def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(list(argv), 30.0)

    assert all("timed out" in each["error"] for each in asked(Backends(run)).values())


def test_the_server_tells_them(url: str) -> None:
    with serving(url) as served:
        wait_for(lambda: len(served.status()["backends"]) == len(WITH_ADAPTER))
        text = served.get("/metrics")[1]
    assert 'parity_backend{backend="haskell",subject="reducer"} 1.0' in text


def test_what_an_adapter_says_is_cut_to_what_a_reader_can_use() -> None:
    def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(list(argv), 0, ANSWER % GOOD, "y" * 10**6)

    for each in asked(Backends(run)).values():
        assert sorted(each) == ["answered", "asked_at", "configured", "said", "shadow", "subject"]
        assert [len(line) for line in each["said"]] == [300]


def test_the_server_s_secrets_are_not_an_adapter_s() -> None:
    here = {"PARITY_TOKEN": "t", "PARITY_LEDGER": "postgresql://u:p@h/n", "DOGE_CORE_TELEMETRY": "f", "PATH": "/bin"}
    assert environment(here) == {"PATH": "/bin"}


def test_an_executable_that_hangs_does_not_hold_up_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n", encoding="utf-8")
    hanging.chmod(0o755)
    monkeypatch.setenv("DOGE_CORE_EXE", str(hanging))
    monkeypatch.setenv("DOGE_CORE_TIMEOUT_SEC", "1000")
    found = asked(Backends())["reducer"]
    assert found["answered"] == "python"
    assert any("no answer within" in line for line in found["said"])


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = f"61{tmp_path.stat().st_ino}"
    monkeypatch.setattr("harness.serve.backends.TIMEOUT_SEC", 2.0)
    with pytest.raises(subprocess.TimeoutExpired):
        run_apart(["sh", "-c", f"sleep {number} & sleep {number}"])
    wait_for(lambda: not any(number in (each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])))


def test_an_adapter_is_asked_again_whatever_it_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.serve.backends.ASK_SEC", 0.05)
    asked_for: list[str] = []

    def run(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        asked_for.append(argv[-1])
        return subprocess.CompletedProcess(list(argv), 0, "[" * 200_000, "")

    Backends(run).start()
    wait_for(lambda: len(asked_for) >= 3 * len(WITH_ADAPTER))
