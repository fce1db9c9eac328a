"""A repro becomes a fixture: defined, recorded from the reference, and in the manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generators.detector.bulk import generate_case as generate_series
from generators.reducer.bulk import generate_case
from golden import manifest, promoted
from harness.comparators.divergence import Divergence
from harness.engine.promote import promote
from harness.engine.repro import ReproError, read_repro, write_repro
from tests.subjects import DETECTOR, REDUCER, golden_of

FOUND = [Divergence(path="$.state.market_price", kind="value", reference=1.0, candidate=2.0)]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fixtures and manifests of its own."""
    for subject in (REDUCER, DETECTOR):
        folder = tmp_path / subject.name
        (folder / "fixtures").mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"fixtures": {"other.json": "00"}}))
        monkeypatch.setattr(golden_of(subject), "folder", folder)
    monkeypatch.setattr(promoted, "PROMOTED_DIR", tmp_path / "promoted")
    return tmp_path


@pytest.fixture(params=["reducer", "detector"])
def repro(request: pytest.FixtureRequest, folders: Path) -> tuple[str, Path]:
    """A repro of either subject."""
    given: dict[str, Any] = {"divergences": FOUND, "candidate": None}
    if request.param == "reducer":
        return "reducer", write_repro(folders, subject=REDUCER, case=generate_case(1, 3), port="haskell", **given)
    return "detector", write_repro(folders, subject=DETECTOR, case=generate_series(7, 0), port="rust", **given)


def promoted_as(file: Path, name: str) -> tuple[Path, Path]:
    return promote(read_repro(file), name)


def test_a_promoted_repro_is_defined_recorded_and_in_the_manifest(repro: tuple[str, Path], folders: Path) -> None:
    subject, file = repro
    defined, fixture = promoted_as(file, "market_moved")
    assert (defined.parent.name, fixture.parent.parent.name) == (subject, subject)
    [(about, case)] = promoted.read_promoted(subject, folders / "promoted")
    assert "$.state.market_price" in about
    assert case["name"] == "market_moved"
    recorded = json.loads((folders / subject / "manifest.json").read_text())["fixtures"]
    assert recorded == {"market_moved.json": manifest.sha256_of(fixture.read_bytes()), "other.json": "00"}
    outcome = json.loads(fixture.read_text())["outcome"]
    assert outcome


def test_the_outcome_is_the_references_not_the_ports(repro: tuple[str, Path]) -> None:
    _, file = repro
    document = json.loads(file.read_text())
    document["divergence"]["candidate"] = "anything"
    file.write_text(json.dumps(document))
    before = promoted_as(file, "first_one")[1].read_text()
    document["divergence"]["candidate"] = "something else"
    file.write_text(json.dumps(document))
    assert promoted_as(file, "other_one")[1].read_text() == before.replace("first_one", "other_one")


@pytest.mark.parametrize("name", ["", "Upper", "../etc", "a b", "x" * 61])
def test_a_name_that_is_none_is_refused(repro: tuple[str, Path], name: str) -> None:
    with pytest.raises(ReproError, match="small letters"):
        promoted_as(repro[1], name)


def test_a_name_that_is_taken_is_refused(repro: tuple[str, Path]) -> None:
    promoted_as(repro[1], "taken_name")
    with pytest.raises(ReproError, match="choose another name"):
        promoted_as(repro[1], "taken_name")
