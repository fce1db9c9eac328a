"""`parity mutants --compiled`: bugs are built into copies of the compiled ports, and the ports themselves stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.cli.main import main
from harness.comparators.divergence import Divergence
from harness.mutants.build import LazyCases, ask, hunt_compiled, own
from harness.mutants.compiled import CompiledBug
from harness.mutants.historical import GoneError
from harness.mutants.hunt import Hunted, prepare
from harness.mutants.report import Row, exit_code_of
from harness.mutants.sandbox import MissingToolError, Toolchain, sandbox
from harness.panel import REFERENCE, Judgement, PortRequest
from harness.subject import Subject
from harness.subjects.detector.mutants.mutations import TOOLCHAIN as OF_RUST
from harness.subjects.detector.mutants.rust import RUST
from harness.subjects.reducer.mutants.haskell import HASKELL
from harness.subjects.reducer.mutants.mutations import TOOLCHAIN as OF_HASKELL
from harness.subjects.reducer.panel import ReducerPanel
from tests.subjects import DETECTOR, REDUCER

_haskell = partial(CompiledBug, operator="haskell", file="src/DogeCore/Pricing.hs", change="")
# The same rule written another way round, and one that is no Haskell.
HARMLESS = _haskell(name="harmless", old="lossCount < cfgLossBackoffStart cfg", new="cfgLossBackoffStart cfg > lossCount")
BROKEN = _haskell(name="broken", old="lossCount < cfgLossBackoffStart cfg", new="lossCount <")


def sources() -> dict[Path, bytes]:
    folders = [ROOT / "doge-core" / "src", ROOT / "doge-hmm" / "src"]
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def fates(subject: Subject[Any], toolchain: Toolchain, bugs: list[CompiledBug], sequences: int) -> dict[str, Hunted]:
    found = hunt_compiled(subject, toolchain, bugs, seed=0, sequences=sequences)
    return {bug.name: hunted for bug, hunted in found}


@pytest.fixture(scope="module")
def haskell() -> Iterator[dict[str, Hunted]]:
    before = sources()
    yield fates(REDUCER, OF_HASKELL, [HASKELL[0], BROKEN, HARMLESS], 30)
    assert sources() == before


def test_naive_rounding_is_built_into_the_haskell_port_found_and_made_small(haskell: dict[str, Hunted]) -> None:
    hunted = haskell["naive_rounding"]
    assert hunted.fate == "killed", hunted.path
    assert hunted.seconds < 30.0
    assert hunted.size_after is not None
    assert hunted.size_after <= 2


def test_a_bug_that_does_not_compile_is_not_found(haskell: dict[str, Hunted]) -> None:
    assert haskell["broken"].fate == "stillborn"
    assert exit_code_of([Row(mutant=BROKEN, hunted=haskell["broken"])]) == 1


def test_an_equivalent_change_survives_and_fails_the_run(haskell: dict[str, Hunted]) -> None:
    hunted = haskell["harmless"]
    assert (hunted.fate, hunted.sequences) == ("survived", 30), hunted.path
    assert exit_code_of([Row(mutant=HARMLESS, hunted=hunted)]) == 1


def test_a_prior_of_zero_is_built_into_the_rust_port_and_found() -> None:
    before = sources()
    hunted = fates(DETECTOR, OF_RUST, [RUST[0]], 6)["prior_of_zero"]
    assert (hunted.fate, RUST[0].name) == ("killed", "prior_of_zero"), hunted.path
    assert "same_seed" in hunted.path or "em" in hunted.path
    assert sources() == before


@pytest.mark.parametrize("bug", [*HASKELL, *RUST], ids=lambda bug: bug.id)
def test_every_compiled_bug_has_a_place(bug: CompiledBug) -> None:
    folder = ROOT / {"haskell": OF_HASKELL, "rust": OF_RUST}[bug.operator].folder
    assert bug.source(folder) != (folder / bug.file).read_text(encoding="utf-8")


def test_there_are_enough_of_each_with_an_id_of_its_own() -> None:
    assert len(HASKELL) >= 8
    assert len(RUST) >= 6
    assert len({bug.id for bug in (*HASKELL, *RUST)}) == len(HASKELL) + len(RUST)


def test_a_bug_that_the_port_no_longer_has_a_place_for_is_refused() -> None:
    gone = _haskell(name="gone", old="no such line", new="")
    with pytest.raises(GoneError, match=r"haskell:gone: doge-core/src/DogeCore/Pricing.hs does not contain"):
        gone.source(ROOT / "doge-core")


def test_a_divergence_that_the_port_itself_has_is_not_the_bugs() -> None:
    known, new = (Divergence(path=path, kind="value", reference=1, candidate=2) for path in ("$.a[3].b", "$.a[3].c"))
    elsewhere = Divergence(path="$.a[7].b", kind="value", reference=5, candidate=6)
    assert own([known, new], [elsewhere]) == [new]
    assert own([known], [known]) == []


def test_the_port_itself_is_asked_before_a_bug_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    exe = ROOT / "doge-core" / "bin" / "doge-core-exe"
    found = [Divergence(path="$.state", kind="value", reference=1, candidate=2)]
    # Whoever is asked, it diverges: so nobody's bug has been found.
    monkeypatch.setattr(ReducerPanel, "judge", lambda *_: Judgement(divergences=found))
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        assert ask(REDUCER, OF_HASKELL, exe, exe, LazyCases(prepare(REDUCER, panel, 0, 3))).fate == "survived"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("haskell:naive_*", "ghc is not on the PATH; run ./build.sh"),
        ("rust:prior_*", "cargo is not on the PATH; run ./build.sh"),
    ],
)
def test_a_toolchain_that_is_missing_is_missing(
    pattern: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit) as ended:
        main(["mutants", "--compiled", "--only", pattern, "--sequences", "2"])
    out = capsys.readouterr().out
    assert ended.value.code == 3
    assert "MISSING" in out
    assert said in out
    assert "0 of 1 historical bugs were found" in out


def a_port(folder: Path, script: str) -> Path:
    (folder / "doge-core" / "src").mkdir(parents=True)
    (folder / "doge-core" / "build").write_text(script, encoding="utf-8")
    return folder


def test_a_port_that_cannot_be_built_as_it_is_is_missing(tmp_path: Path) -> None:
    root = a_port(tmp_path, "echo no double-conversion; exit 1\n")
    wanted = r"doge-core cannot be built here \(no double-conversion\); run ./build.sh"
    with pytest.raises(MissingToolError, match=wanted), sandbox(OF_HASKELL, root=root):
        pass


def test_a_port_that_is_not_there_is_missing(tmp_path: Path) -> None:
    wanted = "is not there; check out the whole repository"
    with pytest.raises(MissingToolError, match=wanted), sandbox(OF_HASKELL, root=tmp_path):
        pass
