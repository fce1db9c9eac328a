"""A repro becomes a fixture: defined, recorded from the reference, and in the manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness.subjects.detector.repro import write_detector_repro

from generators.detector.bulk import generate_case as generate_series
from generators.reducer.bulk import generate_case
from golden import manifest, promoted
from golden.detector import corpus as detector_corpus
from golden.reducer import corpus
from harness.comparators.divergence import Divergence
from harness.engine.promote import promote
from harness.engine.repro import ReproError, write_repro

FOUND = [Divergence(path="$.state.market_price", kind="value", reference=1.0, candidate=2.0)]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fixtures and manifests of its own."""
    for module, name in ((corpus, "reducer"), (detector_corpus, "detector")):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.json").write_text(json.dumps({"fixtures": {"other.json": "00"}}))
        monkeypatch.setattr(module, "FIXTURES_DIR", tmp_path / name)
    monkeypatch.setattr(manifest, "MANIFEST_FILE", tmp_path / "reducer.json")
    monkeypatch.setattr(detector_corpus, "MANIFEST_FILE", tmp_path / "detector.json")
    monkeypatch.setattr(promoted, "PROMOTED_DIR", tmp_path / "promoted")
    return tmp_path


@pytest.fixture(params=["reducer", "detector"])
def repro(request: pytest.FixtureRequest, folders: Path) -> tuple[str, Path]:
    """A repro of either subject."""
    if request.param == "reducer":
        given: dict[str, Any] = {"case": generate_case(1, 3), "exe": None, "described": {}}
        return "reducer", write_repro(folders, divergences=FOUND, port="haskell", **given)
    return "detector", write_detector_repro(folders, case=generate_series(7, 0), divergences=FOUND, port="rust", real=False)


def test_a_promoted_repro_is_defined_recorded_and_in_the_manifest(repro: tuple[str, Path], folders: Path) -> None:
    subject, file = repro
    defined, fixture = promote(file, "market_moved")
    assert (defined.parent.name, fixture.parent.name) == (subject, subject)
    [(about, case)] = promoted.read_promoted(subject, folders / "promoted")
    assert "$.state.market_price" in about
    assert case["name"] == "market_moved"
    recorded = json.loads((folders / f"{subject}.json").read_text())["fixtures"]
    assert recorded == {"market_moved.json": manifest.sha256_of(fixture.read_bytes()), "other.json": "00"}
    outcome = json.loads(fixture.read_text())["outcome"]
    assert outcome


def test_the_outcome_is_the_references_not_the_ports(repro: tuple[str, Path]) -> None:
    _, file = repro
    document = json.loads(file.read_text())
    document["divergence"]["candidate"] = "anything"
    file.write_text(json.dumps(document))
    before = promote(file, "first_one")[1].read_text()
    document["divergence"]["candidate"] = "something else"
    file.write_text(json.dumps(document))
    assert promote(file, "other_one")[1].read_text() == before.replace("first_one", "other_one")


@pytest.mark.parametrize("name", ["", "Upper", "../etc", "a b", "x" * 61])
def test_a_name_that_is_none_is_refused(repro: tuple[str, Path], name: str) -> None:
    with pytest.raises(ReproError, match="small letters"):
        promote(repro[1], name)


def test_a_name_that_is_taken_is_refused(repro: tuple[str, Path]) -> None:
    promote(repro[1], "taken_name")
    with pytest.raises(ReproError, match="choose another name"):
        promote(repro[1], "taken_name")
