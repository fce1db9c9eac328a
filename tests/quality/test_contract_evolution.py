"""The worked example of `docs/contract.md`, carried out step by step on a copy of the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT

PAGE = ROOT / "docs" / "contract.md"
COPIED = ("doge_core", "doge_shadow", "doge_telemetry", "reducer", "state_machine.py", "detector", "doge_detector",
          "hmm_regime_detector.py", "generators", "golden", "harness", "doge-core", "waivers.toml")  # fmt: skip
PATCH = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# As doge-core.cabal compiles them, without code.
GHC = (
    *("ghc", "-v0", "-fno-code", "-isrc", "-isrc-posix", "-itest"),
    *("-XHaskell2010", "-XBangPatterns", "-XLambdaCase", "-XOverloadedStrings", "-XTupleSections", "test/Gen.hs"),
)
HEADING = re.compile(r"^### (\d)\. ", re.MULTILINE)


def sections() -> dict[int, str]:
    """The text of each step of the example."""
    parts = HEADING.split(PAGE.read_text(encoding="utf-8"))
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def patches(text: str) -> list[str]:
    return PATCH.findall(text)


def quoted(text: str) -> list[str]:
    """The lines that the page says a command prints."""
    return [line[4:] for line in PATCH.sub("", text).splitlines() if line.startswith("    ") and line.strip()]


class Copy:
    """A copy of the checkout that the example is carried out on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def apply(self, patch: str) -> None:
        done = subprocess.run(
            ["git", "apply", "-p0", "--unidiff-zero", "-"],
            cwd=self.folder,
            input=patch,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def parity(self, *words: str) -> tuple[int, str]:
        path = os.pathsep.join([str(self.folder), str(ROOT / "doge-hmm" / "python")])
        environment = {name: value for name, value in os.environ.items() if name != "DOGE_CORE_EXE"}
        # Of its own: what other tests of this worker failed to do on purpose would count, because the copy's build is the same.
        environment["PARITY_LEDGER"] = f"sqlite:///{self.folder / 'ledger.sqlite'}"
        done = subprocess.run(
            [sys.executable, "-m", "harness", *words],
            cwd=self.folder, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    def build(self) -> tuple[int, str]:
        said = ""
        for script in ("build", "inproc/build"):
            command = [self.folder / "doge-core" / script]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
            said += done.stdout + done.stderr
            if done.returncode:
                break
        return done.returncode, " ".join(said.split())

    def examples_said(self) -> str:
        """What the compiler says of the examples' generators; nothing is built."""
        done = subprocess.run(GHC, cwd=self.folder / "doge-core", capture_output=True, text=True, check=False, timeout=300)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, executable: Path) -> Copy:
    assert executable.is_relative_to(ROOT), "the example is carried out on the port of this checkout"
    if shutil.which("cabal") is None:
        pytest.skip("MISSING: cabal; run ./build.sh")
    folder = tmp_path_factory.mktemp("evolution") / "copy"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "check", "static"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return Copy(folder)


def names_all(said: str, text: str) -> None:
    missing = [line for line in quoted(text) if line not in said]
    assert not missing, said


CYCLE = {
    "trade_id": "A", "cycle": 1, "entry_price": 0.1, "exit_price": 0.11, "volume": 13.0, "gross_profit": 0.1, "fees": 0.0,
    "net_profit": 0.1,
}  # fmt: skip
SNAPSHOT = json.dumps({"market_price": 0.1, "now": 5.0, "completed_cycles": [CYCLE]})
READ = "import json, sys, doge_core as sm; print(json.dumps(sm.to_dict(sm.from_dict(json.loads(sys.argv[1])))))"


def test_every_place_that_has_not_followed_is_named_in_the_order_of_the_page(copy: Copy) -> None:
    steps = sections()
    assert sorted(steps) == [1, 2, 3, 4, 5, 6, 7]
    code, _ = copy.parity("golden", "verify", "--subject", "reducer")
    assert code == 0
    assert copy.parity("gate", "explain", "0.contract/reducer")[1].startswith("0.contract/reducer: go")

    [patch] = patches(steps[1])
    copy.apply(patch)
    code, said = copy.parity("doctor", "--subject", "reducer")
    assert code == 1
    names_all(said, steps[1])
    # What was verified under the contract of before does not count.
    code, said = copy.parity("gate", "explain", "0.contract/reducer")
    assert code == 1
    names_all(said, steps[7])

    [patch] = patches(steps[2])
    copy.apply(patch)
    code, said = copy.parity("doctor", "--subject", "reducer")
    assert (code, "CONTRACT python" in said, "CONTRACT haskell at $.types.PairState[30]" in said) == (1, False, True)
    code, said = copy.parity("golden", "verify", "--subject", "reducer")
    assert code == 1
    names_all(said, steps[2])

    assert copy.parity("golden", "record", "--subject", "reducer")[0] == 0
    the_port_follows(copy, steps[4])
    the_cases_follow(copy, steps[5])
    the_worlds_follow(copy, steps[6])
    old_snapshots_load(copy)
    code, said = copy.parity("gate", "explain", "0.contract/reducer")
    assert code == 0, "the verification of the new contract counts"


def the_port_follows(copy: Copy, text: str) -> None:
    types, rest, digest, examples = patches(text)
    copy.apply(types)
    code, said = copy.build()
    assert code != 0
    assert "does not have the required strict field(s): psFundingPaid" in said
    copy.apply(rest)
    code, said = copy.build()
    assert code == 0, said
    code, said = copy.parity("golden", "verify", "--subject", "reducer")
    assert code == 1
    assert "$.steps[0].digest: port haskell answers otherwise at $.steps[0].digest" in said
    assert copy.parity("gate", "explain", "0.contract/reducer")[1].startswith("0.contract/reducer: no-go")
    copy.apply(digest)
    code, said = copy.build()
    assert code == 0, said
    code, said = copy.parity("golden", "verify", "--subject", "reducer")
    assert code == 0, said
    assert copy.parity("doctor", "--subject", "reducer")[0] == 0
    assert "test/Gen.hs" in copy.examples_said()
    copy.apply(examples)
    assert copy.examples_said() == ""


def the_cases_follow(copy: Copy, text: str) -> None:
    run = ("run", "--subject", "reducer", "--sequences", "1000", "--market-windows", "0")
    [patch] = patches(text)
    copy.apply(patch)
    code, said = copy.parity(*run)
    assert code == 0, said


def the_worlds_follow(copy: Copy, text: str) -> None:
    exhaust = ("exhaust", "--world", "refresh once", "--no-evidence", "--reports", str(copy.folder / "reports"))
    code, said = copy.parity(*exhaust)
    assert code == 2
    names_all(said, text)
    [patch] = patches(text)
    copy.apply(patch)
    code, said = copy.parity(*exhaust)
    assert code == 0, said


def old_snapshots_load(copy: Copy) -> None:
    """A snapshot of before has neither field."""
    environment = {**os.environ, "PYTHONPATH": str(copy.folder)}
    done = subprocess.run(
        [sys.executable, "-c", READ, SNAPSHOT], cwd=copy.folder, env=environment, capture_output=True, text=True, check=True
    )
    read = json.loads(done.stdout)
    assert (read["funding_paid"], read["completed_cycles"][0]["slippage"]) == (0.0, 0.0)
    request = {"method": "replay", "state": json.loads(SNAPSHOT), "config": {}, "order_size_usd": 2.0, "events": []}
    line = json.dumps(request) + "\n"
    executable = copy.folder / "doge-core" / "bin" / "doge-core-exe"
    theirs = json.loads(subprocess.run([executable], input=line, capture_output=True, text=True, check=True).stdout)
    assert theirs["state"] == read
